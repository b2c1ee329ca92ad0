#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hookcast::contract {

// What speaks Redis' protocol and answers as a test says. Greetings are answered as Redis does,
// unless the test says otherwise.
//
// Thread: any.
class ScriptedRedis {
 public:
  using Words = std::vector<std::string>;
  // The bytes that answer a command; kSound for what a sound Redis with one node says, kEnd to
  // close the connection.
  using Answer = std::function<std::string(const Words& words)>;
  static const std::string kSound;
  static const std::string kEnd;

  explicit ScriptedRedis(Answer answer);
  ~ScriptedRedis();
  ScriptedRedis(const ScriptedRedis&) = delete;
  ScriptedRedis& operator=(const ScriptedRedis&) = delete;

  int port() const { return port_; }
  int connections() const { return connections_; }
  // Waits until so many have come in all.
  bool AwaitConnections(int count);

 private:
  void Run();
  void Serve(int fd);

  const Answer answer_;
  int port_ = 0;
  int listener_ = -1;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::condition_variable connected_;
  std::vector<int> open_;
  int subscriber_ = -1;  // to which messages go
  std::vector<std::thread> serving_;
  std::thread accepting_;
};

}  // namespace hookcast::contract

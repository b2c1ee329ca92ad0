#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/client/child_process.h"
#include "tests/integration/client/held_port.h"

namespace hookcast::testing {

// A redis-server of its own for one test, on a free port of this host, which keeps nothing on disk.
//
// Thread: one at a time; start it, and start it again, from the test's main thread.
class RedisProcess {
 public:
  // `options` are further arguments, such as {"--requirepass", "secret"}. A failure is the test's.
  static std::unique_ptr<RedisProcess> Start(std::vector<std::string> options = {});
  ~RedisProcess();
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  int port() const { return port_.number(); }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port()); }

  // Ends it at once (SIGKILL); the port refuses then.
  void Kill();
  // Starts it again, empty, on the same port. REQUIRES: killed.
  void Restart();
  // Keeps it from doing anything (SIGSTOP): its port takes connections and gives no answer.
  void Pause();
  void Continue();

  // Runs a command and waits for its answer: the text of each value, in order, lists flattened;
  // "(nil)" for nothing, "-ERR …" for an error. A failure of the test where there is no answer.
  std::vector<std::string> Call(const std::vector<std::string>& words);
  // The same for one number, as of PUBLISH or CLIENT KILL.
  long long CallForNumber(const std::vector<std::string>& words);
  // PUBSUB CHANNELS, sorted.
  std::vector<std::string> Subscribed(const std::string& pattern = "*");
  // Waits until so many are subscribed to.
  bool AwaitSubscribed(size_t count, const std::string& pattern = "*",
                       std::chrono::milliseconds within = std::chrono::seconds(10));

 private:
  RedisProcess() = default;
  bool Launch(std::string* why);

  std::vector<std::string> options_;
  std::string folder_;
  HeldPort port_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace hookcast::testing

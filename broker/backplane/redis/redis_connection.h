#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "broker/backplane/redis/redis_reader.h"
#include "broker/backplane/redis/redis_settings.h"

namespace hookcast::backplane {

// One connection to Redis, from the attempt to connect to its end: a socket, the greeting, what is
// written and what is read. It begins anew with nothing: there is another for another attempt.
//
// Thread: that of the loop. Handlers under way keep it; after the end they do nothing.
class RedisConnection : public std::enable_shared_from_this<RedisConnection> {
 public:
  // None is null.
  struct Callbacks {
    // Connected and greeted: commands can be written.
    std::function<void()> ready;
    // Answers to commands come in the order of the commands.
    std::function<void(const RedisReply&)> reply;
    // All replies that came at once were handed over.
    std::function<void()> read;
    // All that was to be written is with the system.
    std::function<void()> written;
    // The last call, which comes once, unless Close was called before. UNAVAILABLE, a part of a
    // sentence.
    std::function<void(const absl::Status& why)> lost;
  };

  // The loop, and what the callbacks use, outlive its Close or `lost`.
  RedisConnection(boost::asio::io_context* loop, const RedisSettings& settings, std::string name,
                  Callbacks callbacks);
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  // Tries the addresses one by one. REQUIRES: called once, and there is one.
  void Open(std::vector<boost::asio::ip::tcp::endpoint> endpoints);
  // Nothing more is called.
  void Close();
  // The same as if the connection had been lost.
  void Lose(const absl::Status& why);

  // Where commands are appended; Flush sends them, with what others append while a write is under
  // way.
  std::string& out() { return out_; }
  void Flush();
  bool writing() const { return writing_; }

  // What it answered, for people: without the password that it was greeted with.
  std::string Shown(std::string_view words) const;

 private:
  void Connect();
  void Greet();
  void OnGreeting(const RedisReply& reply);
  void SetDeadline(std::string_view what);
  void Read();
  void Write();

  RedisSettings settings_;
  const std::string name_;
  const Callbacks callbacks_;
  bool ended_ = false;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  std::vector<boost::asio::ip::tcp::endpoint> endpoints_;
  size_t next_endpoint_ = 0;
  std::vector<std::string> greeting_;  // the commands whose answers are awaited
  size_t greeted_ = 0;
  bool ready_ = false;
  bool writing_ = false;
  std::string out_;
  std::string being_written_;
  std::vector<char> in_;
  RedisReader reader_;
};

}  // namespace hookcast::backplane

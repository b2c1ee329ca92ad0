#include "tests/contract/scripted_redis.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "broker/backplane/redis/redis_command.h"
#include "broker/backplane/redis/redis_reader.h"

namespace hookcast::contract {

const std::string ScriptedRedis::kSound = "(sound)";
const std::string ScriptedRedis::kEnd = "(end)";

ScriptedRedis::ScriptedRedis(Answer answer)
    : answer_(std::move(answer)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(listener_, 64), 0);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { Run(); });
}

ScriptedRedis::~ScriptedRedis() {
  shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : serving_) thread.join();
  close(listener_);
}

void ScriptedRedis::Run() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    ++connections_;
    connected_.notify_all();
    open_.push_back(fd);
    serving_.emplace_back([this, fd] { Serve(fd); });
  }
}

bool ScriptedRedis::AwaitConnections(int count) {
  std::unique_lock lock(mutex_);
  return connected_.wait_for(lock, std::chrono::seconds(10), [&] { return connections_ >= count; });
}

void ScriptedRedis::Serve(int fd) {
  backplane::RedisReader reader;
  std::vector<char> buffer(64 * 1024);
  bool ended = false;
  while (!ended) {
    const ssize_t size = read(fd, buffer.data(), buffer.size());
    if (size <= 0) break;
    const absl::Status status = reader.Feed(
        {buffer.data(), static_cast<size_t>(size)}, [&](const backplane::RedisReply& request) {
          Words words;
          for (const backplane::RedisValue& value : request.values) words.emplace_back(value.text);
          std::string answer = answer_(words);
          if (answer == kEnd) {
            ended = true;
            return false;
          }
          if (answer == kSound) {
            answer.clear();
            if (words[0] == "SUBSCRIBE" || words[0] == "UNSUBSCRIBE") {
              const std::string kind = words[0] == "SUBSCRIBE" ? "subscribe" : "unsubscribe";
              for (size_t i = 1; i < words.size(); ++i) {
                absl::StrAppend(&answer, "*3\r\n$", kind.size(), "\r\n", kind, "\r\n$",
                                words[i].size(), "\r\n", words[i], "\r\n:", i, "\r\n");
              }
              const std::lock_guard lock(mutex_);
              subscriber_ = fd;
            } else if (words[0] == "PUBLISH") {
              std::string message;
              backplane::AppendCommand({"message", words[1], words[2]}, &message);
              const std::lock_guard lock(mutex_);
              if (subscriber_ >= 0) {
                send(subscriber_, message.data(), message.size(), MSG_NOSIGNAL);
              }
              answer = ":1\r\n";
            } else if (words[0] == "PING") {
              answer = "*2\r\n$4\r\npong\r\n$0\r\n\r\n";
            } else {
              answer = "+OK\r\n";
            }
          }
          send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
  }
  const std::lock_guard lock(mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), fd));
  if (subscriber_ == fd) subscriber_ = -1;
  close(fd);
}

}  // namespace hookcast::contract

#include "tests/integration/redis_process.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include "tests/integration/client/ask_until.h"

namespace hookcast::testing {
namespace {

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};

void Flatten(const redisReply& reply, std::vector<std::string>* out) {
  switch (reply.type) {
    case REDIS_REPLY_ARRAY:
      for (size_t i = 0; i < reply.elements; ++i) Flatten(*reply.element[i], out);
      return;
    case REDIS_REPLY_INTEGER:
      out->push_back(std::to_string(reply.integer));
      return;
    case REDIS_REPLY_NIL:
      out->push_back("(nil)");
      return;
    case REDIS_REPLY_ERROR:
      out->push_back("-" + std::string(reply.str, reply.len));
      return;
    default:
      out->emplace_back(reply.str, reply.len);
  }
}

}  // namespace

std::unique_ptr<RedisProcess> RedisProcess::Start(std::vector<std::string> options) {
  std::string folder = ::testing::TempDir() + "hookcast-redis-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) {
    ADD_FAILURE() << "no temporary folder in " << ::testing::TempDir();
    return nullptr;
  }
  std::unique_ptr<RedisProcess> redis(new RedisProcess);
  redis->folder_ = folder;
  redis->options_ = std::move(options);
  std::string why;
  if (redis->Launch(&why)) return redis;
  ADD_FAILURE() << "redis-server did not start: " << why
                << "; scripts/install-packages redis installs it";
  return nullptr;
}

bool RedisProcess::Launch(std::string* why) {
  std::vector<std::string> arguments = {"redis-server",
                                        "--port",
                                        std::to_string(port()),
                                        "--bind",
                                        "127.0.0.1",
                                        "--dir",
                                        folder_,
                                        "--save",
                                        "",
                                        "--appendonly",
                                        "no",
                                        "--daemonize",
                                        "no",
                                        "--tcp-backlog",
                                        "128"};
  arguments.insert(arguments.end(), options_.begin(), options_.end());
  auto started = ChildProcess::Start(std::move(arguments));
  if (!started.ok()) {
    *why = started.status().ToString();
    return false;
  }
  const auto line = (*started)->WaitForLine("Ready to accept connections");
  if (!line.ok()) {
    *why = line.status().ToString();
    return false;
  }
  process_ = *std::move(started);
  return true;
}

RedisProcess::~RedisProcess() {
  process_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RedisProcess::Kill() { process_.reset(); }

void RedisProcess::Restart() {
  std::string why;
  EXPECT_TRUE(Launch(&why)) << why;
}

void RedisProcess::Pause() { process_->Signal(SIGSTOP); }
void RedisProcess::Continue() { process_->Signal(SIGCONT); }

std::vector<std::string> RedisProcess::Call(const std::vector<std::string>& words) {
  const std::unique_ptr<redisContext, FreeContext> context(
      redisConnectWithTimeout("127.0.0.1", port(), {.tv_sec = 5, .tv_usec = 0}));
  std::vector<std::string> answer;
  if (context == nullptr || context->err != 0) {
    ADD_FAILURE() << "Redis cannot be reached";
    return answer;
  }
  redisSetTimeout(context.get(), {.tv_sec = 5, .tv_usec = 0});
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  void* const reply =
      redisCommandArgv(context.get(), static_cast<int>(words.size()), texts.data(), sizes.data());
  if (reply == nullptr) {
    ADD_FAILURE() << "no answer to " << words[0] << ": " << context->errstr;
    return answer;
  }
  Flatten(*static_cast<redisReply*>(reply), &answer);
  freeReplyObject(reply);
  return answer;
}

long long RedisProcess::CallForNumber(const std::vector<std::string>& words) {
  const std::vector<std::string> answer = Call(words);
  if (answer.size() == 1 && !answer[0].empty() && std::isdigit(answer[0][0]) != 0) {
    return std::stoll(answer[0]);
  }
  ADD_FAILURE() << words[0] << " gave no number: " << (answer.empty() ? "" : answer[0]);
  return -1;
}

std::vector<std::string> RedisProcess::Subscribed(const std::string& pattern) {
  std::vector<std::string> names = Call({"PUBSUB", "CHANNELS", pattern});
  std::sort(names.begin(), names.end());
  return names;
}

bool RedisProcess::AwaitSubscribed(size_t count, const std::string& pattern,
                                   std::chrono::milliseconds within) {
  const auto are_so_many = [count](const auto& names) { return names.size() == count; };
  return are_so_many(AskUntil([&] { return Subscribed(pattern); }, are_so_many, within));
}

}  // namespace hookcast::testing

#include "tests/contract/redis_node.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <utility>

#include "tests/integration/client/ask_until.h"

namespace hookcast::contract {
namespace {

constexpr std::chrono::seconds kLongEnough(10);

template <typename Condition>
bool Await(std::chrono::milliseconds within, Condition condition) {
  return testing::AskUntil(std::move(condition), std::identity(), within);
}

}  // namespace

backplane::RedisSettings RedisNode::QuickSettings(int port) {
  backplane::RedisSettings settings;
  settings.port = static_cast<uint16_t>(port);
  settings.connect_timeout = std::chrono::milliseconds(500);
  settings.backoff = {.first = std::chrono::milliseconds(5), .most = std::chrono::milliseconds(50)};
  settings.answer_timeout = std::chrono::milliseconds(1500);
  settings.probe_interval = std::chrono::milliseconds(100);
  settings.role_interval = std::chrono::milliseconds(100);
  return settings;
}

RedisNode::RedisNode(Incarnation incarnation, backplane::RedisSettings settings)
    : incarnation_(incarnation), backplane_(std::move(settings), incarnation, &metrics_) {
  backplane_.Start(&receiver_, [this](std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    announcements_.emplace_back(bytes);
    announced_.notify_all();
  });
}

RedisNode::~RedisNode() { backplane_.Stop(); }

bool RedisNode::AwaitReady(std::chrono::milliseconds within) {
  return Await(within, [this] { return backplane_.Health().ok(); });
}

std::string RedisNode::AwaitUnready(std::chrono::milliseconds within) {
  std::string reason;
  Await(within, [&] {
    reason = std::string(backplane_.Health().message());
    return !reason.empty();
  });
  return reason;
}

bool RedisNode::AwaitReason(const std::string& part, std::chrono::milliseconds within) {
  std::string reason;
  const bool told = Await(within, [&] {
    reason = std::string(backplane_.Health().message());
    return reason.find(part) != std::string::npos;
  });
  EXPECT_TRUE(told) << "it says: " << reason;
  return told;
}

bool RedisNode::AwaitLost(uint64_t links) {
  return Await(kLongEnough, [&] { return metrics_.backplane_links_lost.value() >= links; });
}

bool RedisNode::AwaitOwn(uint64_t envelopes) {
  return Await(kLongEnough, [&] {
    return metrics_.backplane_skipped.value(metrics::BackplaneSkip::kOwn) >= envelopes;
  });
}

bool RedisNode::Hear(const std::vector<std::string>& namespaces) {
  for (const std::string& ns : namespaces) backplane_.Subscribe(ns);
  bool all = AwaitReady();
  for (const std::string& ns : namespaces) all = AwaitHeard(ns) && all;
  return all;
}

bool RedisNode::AwaitHeard(const std::string& ns) {
  std::promise<bool> heard;
  backplane_.AwaitHeard(ns, [&](bool is) { heard.set_value(is); });
  return heard.get_future().get();
}

std::shared_ptr<pubsub::Message> RedisNode::MakeMessage(const std::string& ns,
                                                        const std::string& payload,
                                                        const std::string& key) {
  auto message = std::make_shared<pubsub::Message>();
  message->id = {incarnation_, ++last_};
  message->ns = ns;
  message->topic = "t";
  message->key = key;
  message->data.payload = Bytes::Copy(payload);
  return message;
}

void RedisNode::Post(const std::string& ns, const std::string& payload, const std::string& key,
                     pubsub::TakenCallback taken) {
  backplane_.Publish(MakeMessage(ns, payload, key), std::move(taken));
}

RedisNode::Answer RedisNode::Publish(const std::string& ns, const std::string& payload,
                                     const std::string& key) {
  return PublishAndWait(MakeMessage(ns, payload, key));
}

RedisNode::Answer RedisNode::PublishOnce(const std::string& ns, const std::string& payload) {
  auto message = MakeMessage(ns, payload, "");
  message->once = true;
  return PublishAndWait(std::move(message));
}

RedisNode::Answer RedisNode::PublishAndWait(std::shared_ptr<pubsub::Message> message) {
  const auto answer = std::make_shared<std::promise<Answer>>();
  backplane_.Publish(std::move(message), [answer](absl::Status status, uint64_t local_count) {
    answer->set_value({std::move(status), local_count});
  });
  std::future<Answer> future = answer->get_future();
  if (future.wait_for(kLongEnough) != std::future_status::ready) return {};
  return future.get();
}

std::vector<std::string> RedisNode::Received() const {
  const auto messages = receiver_.messages();
  const auto gaps = receiver_.gaps();
  std::vector<std::string> lines;
  size_t gap = 0;
  for (size_t i = 0; i <= messages.size(); ++i) {
    for (; gap < gaps.size() && gaps[gap].behind == i; ++gap) {
      const std::string& what = gaps[gap].what;
      const size_t space = what.rfind(' ');
      lines.push_back(what.substr(0, space) + " missed" + what.substr(space));
    }
    if (i == messages.size()) break;
    lines.push_back(messages[i]->ns + " " + std::string(messages[i]->data.payload.view()));
  }
  return lines;
}

std::vector<std::string> RedisNode::Announced(size_t count) {
  std::unique_lock lock(mutex_);
  announced_.wait_for(lock, kLongEnough, [&] { return announcements_.size() >= count; });
  return announcements_;
}

}  // namespace hookcast::contract

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "broker/backplane/redis/envelope_codec.h"
#include "tests/contract/redis_node.h"
#include "tests/integration/client/ask_until.h"
#include "tests/integration/redis_process.h"
#include "tests/integration/tcp_proxy.h"

// Two nodes and a Redis, all sound.

namespace hookcast::contract {
namespace {

using backplane::EnvelopeCodec;
using backplane::RedisSettings;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RedisProcess;
using testing::TcpProxy;

constexpr Incarnation kA{0xa};
constexpr Incarnation kB{0xb};

class RedisNodesTest : public ::testing::Test {
 protected:
  RedisSettings Settings() const { return RedisNode::QuickSettings(redis_->port()); }
  void StartBoth(const std::vector<std::string>& namespaces) {
    a_.emplace(kA, Settings());
    b_.emplace(kB, Settings());
    ASSERT_TRUE(a_->Hear(namespaces));
    ASSERT_TRUE(b_->Hear(namespaces));
  }
  // What a node with this incarnation would publish.
  void PublishAs(EnvelopeCodec* codec, const std::string& payload, backplane::StreamPlace place) {
    pubsub::Message message;
    message.id = {Incarnation{0xc}, place.sequence};
    message.ns = "ns";
    message.topic = "t";
    message.data.payload = Bytes::Copy(payload);
    std::string bytes;
    codec->Write(message, place, &bytes);
    redis_->Call({"PUBLISH", "hookcast:ns:ns", bytes});
  }

  const std::unique_ptr<RedisProcess> redis_ = RedisProcess::Start();
  std::optional<RedisNode> a_;
  std::optional<RedisNode> b_;
};

TEST_F(RedisNodesTest, WhatOneNodePublishesEachReceivesOnceAndInItsOrder) {
  StartBoth({"one", "two"});
  constexpr int kEach = 500;
  std::vector<std::string> expected;
  for (int i = 0; i < kEach; ++i) {
    a_->Post("one", std::to_string(i));
    expected.push_back(absl::StrCat("one ", i));
  }
  ASSERT_TRUE(b_->receiver().AwaitCount(kEach));
  EXPECT_EQ(b_->Received(), expected);
  EXPECT_EQ(a_->Received(), expected);
  const RedisNode::Answer answer = b_->Publish("two", "back");
  EXPECT_TRUE(answer.status.ok()) << answer.status;
  EXPECT_EQ(answer.local_count, 1);
  ASSERT_TRUE(a_->receiver().AwaitCount(kEach + 1));
  EXPECT_EQ(a_->Received().back(), "two back");
  EXPECT_EQ(b_->metrics().backplane_received.value(), kEach);
  EXPECT_EQ(b_->metrics().gaps.value(metrics::Gap::kKnown), 0);
}

TEST_F(RedisNodesTest, NobodyHearsWhatItDoesNotWant) {
  StartBoth({"shared"});
  ASSERT_TRUE(b_->Hear({"b"}));
  for (const char* ns : {"other", "a", "B", "b*", "b:", "{b}"}) a_->Post(ns, "x");
  a_->Post("shared", "end");
  ASSERT_TRUE(b_->receiver().AwaitCount(1));
  EXPECT_THAT(b_->Received(), ElementsAre("shared end"));
}

TEST_F(RedisNodesTest, BytesAndTextArriveAsTheyWere) {
  StartBoth({"ns"});
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
  for (const std::string& payload : {bytes, std::string(), std::string("\xff\xfe", 2)}) {
    auto message = std::make_shared<pubsub::Message>();
    message->id = {kA, 1};
    message->ns = "ns";
    message->topic = "t";
    message->data = {.kind = pubsub::DataKind::kBinary, .payload = Bytes::Copy(payload)};
    a_->backplane().Publish(std::move(message), nullptr);
  }
  a_->Post("ns", std::string("a\0\r\n", 4));
  a_->Post("ns", std::string(2 << 20, 'x'));
  ASSERT_TRUE(b_->receiver().AwaitCount(5));
  const auto got = b_->receiver().messages();
  EXPECT_EQ(got[0]->data.kind, pubsub::DataKind::kBinary);
  EXPECT_EQ(got[0]->data.payload.view(), bytes);
  EXPECT_EQ(got[1]->data.kind, pubsub::DataKind::kBinary);
  EXPECT_EQ(got[1]->data.payload.view(), "");
  EXPECT_EQ(got[2]->data.payload.view(), "\xff\xfe");
  EXPECT_EQ(got[3]->data.kind, pubsub::DataKind::kText);
  EXPECT_EQ(got[3]->data.payload.view(), std::string_view("a\0\r\n", 4));
  EXPECT_EQ(got[4]->data.payload.size(), 2 << 20);
}

TEST_F(RedisNodesTest, EachThreadOfEachNodeIsHeardInItsOrderByTheOther) {
  StartBoth({"one", "two"});
  constexpr int kThreads = 4;
  constexpr int kEach = 300;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      RedisNode& node = t % 2 == 0 ? *a_ : *b_;
      for (int i = 0; i < kEach; ++i)
        node.Post(i % 2 == 0 ? "one" : "two", absl::StrCat(t, ":", i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (RedisNode* const node : {&*a_, &*b_}) {
    ASSERT_TRUE(node->receiver().AwaitCount(kThreads * kEach));
    for (int t = 0; t < kThreads; ++t) {
      for (int parity = 0; parity < 2; ++parity) {
        int next = parity;
        for (const auto& message : node->receiver().messages()) {
          const std::string payload(message->data.payload.view());
          if (!payload.starts_with(absl::StrCat(t, ":")) ||
              message->ns != (parity == 0 ? "one" : "two")) {
            continue;
          }
          ASSERT_EQ(payload, absl::StrCat(t, ":", next));
          next += 2;
        }
        EXPECT_GE(next, kEach);
      }
    }
    EXPECT_THAT(node->receiver().gaps(), IsEmpty());
  }
}

TEST_F(RedisNodesTest, AKeyIsDeliveredOnceWhicheverNodesItWasPublishedAt) {
  StartBoth({"ns"});
  EXPECT_TRUE(a_->Publish("ns", "first", "k").status.ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(1));
  // B's publisher would not know the key, as it never published it.
  EXPECT_TRUE(b_->Publish("ns", "again", "k").status.ok());
  EXPECT_EQ(b_->metrics().backplane_skipped.value(metrics::BackplaneSkip::kKey), 1);
  EXPECT_TRUE(a_->Publish("ns", "other", "k2").status.ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(2));
  EXPECT_TRUE(b_->Publish("ns", "end").status.ok());
  ASSERT_TRUE(a_->receiver().AwaitCount(3));
  EXPECT_THAT(a_->Received(), ElementsAre("ns first", "ns other", "ns end"));
  EXPECT_EQ(a_->metrics().backplane_skipped.value(metrics::BackplaneSkip::kKey), 1);
  ASSERT_TRUE(b_->receiver().AwaitCount(3));
  EXPECT_THAT(b_->Received(), ElementsAre("ns first", "ns other", "ns end"));
}

// As clients come back while the publisher tries again.
TEST_F(RedisNodesTest, AKeyThatReachedNobodyMayComeAgainFromAnyNode) {
  StartBoth({"ns"});
  redis_->Kill();
  ASSERT_NE(a_->AwaitUnready(), "");
  a_->receiver().AnswerWith(0);  // nobody is there who would take it
  EXPECT_FALSE(a_->Publish("ns", "1 in vain", "k").status.ok());
  EXPECT_FALSE(a_->Publish("ns", "2 in vain", "l").status.ok());
  a_->receiver().AnswerWith(1);
  EXPECT_FALSE(a_->Publish("ns", "3 for one", "m").status.ok());
  redis_->Restart();
  ASSERT_TRUE(a_->AwaitReady());
  ASSERT_TRUE(b_->AwaitReady());
  EXPECT_TRUE(a_->Publish("ns", "1 again", "k").status.ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(1));
  EXPECT_TRUE(b_->Publish("ns", "2 again", "l").status.ok());
  EXPECT_TRUE(b_->Publish("ns", "3 again", "m").status.ok());
  EXPECT_TRUE(b_->Publish("ns", "end").status.ok());
  ASSERT_TRUE(a_->receiver().AwaitCount(6));
  EXPECT_THAT(a_->Received(), ElementsAre("ns 1 in vain", "ns 2 in vain", "ns 3 for one",
                                          "ns missed ?", "ns 1 again", "ns 2 again", "ns end"));
  EXPECT_THAT(b_->Received(),
              ElementsAre("ns missed ?", "ns 1 again", "ns 2 again", "ns 3 again", "ns end"));
}

// Redis takes publishes there, and gives them to those alone who are connected there.
TEST_F(RedisNodesTest, AReplicaIsNoPlaceForANode) {
  const auto replica =
      RedisProcess::Start({"--replicaof", "127.0.0.1", absl::StrCat(redis_->port())});
  ASSERT_NE(replica, nullptr);
  RedisNode node(kA, RedisNode::QuickSettings(replica->port()));
  EXPECT_TRUE(node.AwaitReason("it is a replica; nodes need the address of the primary"));
  EXPECT_FALSE(node.Publish("ns", "x").status.ok());
  replica->Call({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(node.AwaitReady());
}

TEST_F(RedisNodesTest, ARedisThatBecomesAReplicaIsLeftThoughItCutsNobodyOff) {
  StartBoth({"ns"});
  const auto promoted = RedisProcess::Start();
  ASSERT_NE(promoted, nullptr);
  redis_->Call({"REPLICAOF", "127.0.0.1", absl::StrCat(promoted->port())});
  EXPECT_TRUE(a_->AwaitReason("it is a replica; nodes need the address of the primary"));
  EXPECT_FALSE(a_->Publish("ns", "x").status.ok()) << "others may not get it";
  redis_->Call({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(a_->AwaitReady());
  EXPECT_TRUE(b_->AwaitReady());
}

// Not heard here before anybody wants it.
TEST_F(RedisNodesTest, AKeyWhoseMessageReachedNobodyHereMayComeAgain) {
  StartBoth({"ns"});
  b_->backplane().Unsubscribe("ns");  // it lingers, and is heard still
  EXPECT_TRUE(a_->Publish("ns", "first", "k").status.ok());
  EXPECT_TRUE(a_->Publish("ns", "end").status.ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(2));
  b_->backplane().Subscribe("ns");
  EXPECT_TRUE(b_->Publish("ns", "again", "k").status.ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(3));
  EXPECT_THAT(b_->Received(), ElementsAre("ns first", "ns end", "ns again"));
}

TEST_F(RedisNodesTest, AnAnnouncementReachesEveryNodeAndItsOwn) {
  StartBoth({});
  a_->backplane().Announce("hello");
  a_->backplane().Announce(std::string(4097, 'x'));
  a_->backplane().Announce(std::string("\0\r\n", 3));
  for (RedisNode* const node : {&*a_, &*b_}) {
    // First of all, that some may have been missed.
    EXPECT_THAT(node->Announced(3), ElementsAre("", "hello", std::string("\0\r\n", 3)));
  }
}

TEST_F(RedisNodesTest, NoNamespaceKeepsAHistory) {
  StartBoth({"ns"});
  EXPECT_FALSE(a_->backplane().KeepsHistory("ns"));
  a_->backplane().ReadHead("ns", [](absl::StatusOr<pubsub::Position> head) {
    EXPECT_EQ(head.status().code(), absl::StatusCode::kFailedPrecondition);
  });
  a_->backplane().ReadHistory({.ns = "ns"}, [](absl::StatusOr<pubsub::HistoryPage> page) {
    EXPECT_EQ(page.status().code(), absl::StatusCode::kFailedPrecondition);
  });
}

TEST_F(RedisNodesTest, AHoleInWhatAnotherPublishedIsToldInItsPlace) {
  StartBoth({"ns"});
  EnvelopeCodec codec(Incarnation{0xc});
  PublishAs(&codec, "1", {1, 1, std::nullopt});
  PublishAs(&codec, "4", {1, 4, std::nullopt});
  PublishAs(&codec, "4", {1, 4, std::nullopt});
  PublishAs(&codec, "5", {1, 5, std::nullopt});
  std::string tail;
  codec.WriteTail("ns", {1, 7, std::nullopt}, &tail);
  redis_->Call({"PUBLISH", "hookcast:ns:ns", tail});
  ASSERT_TRUE(b_->receiver().AwaitGaps(2));
  EXPECT_THAT(b_->Received(), ElementsAre("ns 1", "ns missed 2", "ns 4", "ns 5", "ns missed 2"));
  EXPECT_EQ(b_->metrics().backplane_skipped.value(metrics::BackplaneSkip::kOld), 1);
  EXPECT_EQ(b_->metrics().backplane_missed.value(), 4);
}

TEST_F(RedisNodesTest, ATailFollowsTheLastMessageAndAgainALinkThatWasMadeAnew) {
  StartBoth({"ns"});
  EXPECT_TRUE(a_->Publish("ns", "x").status.ok());
  EXPECT_TRUE(a_->AwaitOwn(2)) << "the message and its tail";
  // Redis might have been another, which took the message and had nobody to give it to.
  redis_->Call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  EXPECT_TRUE(a_->AwaitOwn(3));
  EXPECT_EQ(b_->Received(), std::vector<std::string>{"ns x"}) << "which missed nothing";
}

TEST_F(RedisNodesTest, WhatCannotBeReadIsCountedByCauseAndSkipped) {
  StartBoth({"ns", "other"});
  v1::Envelope later;
  later.set_version(2);
  later.set_incarnation(0xc);
  for (const std::string& bytes :
       {std::string("garbage"), std::string(), std::string(100'000, '\xff')}) {
    redis_->Call({"PUBLISH", "hookcast:ns:ns", bytes});
  }
  redis_->Call({"PUBLISH", "hookcast:ns:ns", later.SerializeAsString()});
  redis_->Call({"PUBLISH", "hookcast:nodes", std::string(5000, 'x')});
  EnvelopeCodec codec(Incarnation{0xc});
  std::string tail;
  codec.WriteTail("other", {1, 7, std::nullopt}, &tail);
  redis_->Call({"PUBLISH", "hookcast:ns:ns", tail});
  EXPECT_TRUE(a_->Publish("ns", "end").status.ok());
  ASSERT_TRUE(b_->receiver().AwaitCount(1));
  EXPECT_THAT(b_->Received(), ElementsAre("ns missed ?", "ns end"))
      << "what a later version sends is missed, and what is no envelope is nobody's";
  const auto& skipped = b_->metrics().backplane_skipped;
  EXPECT_EQ(skipped.value(metrics::BackplaneSkip::kMalformed), 4);
  EXPECT_EQ(skipped.value(metrics::BackplaneSkip::kVersion), 1);
  EXPECT_EQ(skipped.value(metrics::BackplaneSkip::kNamespace), 1);
  EXPECT_TRUE(b_->backplane().Health().ok());
}

// B11.
TEST_F(RedisNodesTest, WhatNobodyWantsAnyMoreIsLeftInRedisAfterItLingered) {
  RedisSettings settings = Settings();
  settings.linger = std::chrono::milliseconds(300);
  a_.emplace(kA, settings);
  ASSERT_TRUE(a_->AwaitReady());
  const std::vector<std::string> before = redis_->Subscribed();
  for (int i = 0; i < 1000; ++i) a_->backplane().Subscribe(std::to_string(i));
  ASSERT_TRUE(a_->Hear({"last"}));
  ASSERT_TRUE(redis_->AwaitSubscribed(before.size() + 1001));
  for (int i = 0; i < 1000; ++i) a_->backplane().Unsubscribe(std::to_string(i));
  a_->backplane().Unsubscribe("last");
  EXPECT_TRUE(redis_->AwaitSubscribed(before.size()));
  EXPECT_EQ(redis_->Subscribed(), before);
  EXPECT_EQ(a_->metrics().backplane_subscribed.value(), 0);
  EXPECT_EQ(a_->metrics().backplane_lingering.value(), 0);
  EXPECT_EQ(a_->metrics().backplane_wanted.value(), 0);
}

// B13.
class SlowRedisTest : public RedisNodesTest {
 protected:
  SlowRedisTest() {
    a_.emplace(kA, Settings());
    RedisSettings settings = Settings();
    settings.port = static_cast<uint16_t>(proxy_.port());
    settings.answer_timeout = std::chrono::seconds(3);
    settings.linger = std::chrono::milliseconds(0);
    b_.emplace(kB, settings);
    EXPECT_TRUE(a_->AwaitReady());
    EXPECT_TRUE(b_->AwaitReady());
    proxy_.Delay(std::chrono::milliseconds(250));
  }
  std::future<bool> Heard(const std::string& ns) {
    auto heard = std::make_shared<std::promise<bool>>();
    std::future<bool> future = heard->get_future();
    b_->backplane().AwaitHeard(ns, [heard](bool is) { heard->set_value(is); });
    return future;
  }

  TcpProxy proxy_{redis_->port()};
};

TEST_F(SlowRedisTest, AnUnsubscribeThatComesBeforeTheAnswerWins) {
  proxy_.Hold(true);  // so that the answer comes behind the wish, whatever the machine does
  b_->backplane().Subscribe("ns");
  std::future<bool> heard = Heard("ns");
  b_->backplane().Unsubscribe("ns");
  proxy_.Hold(false);
  EXPECT_FALSE(heard.get());
  // By then the subscribe and the unsubscribe were answered.
  EXPECT_TRUE(b_->Hear({"later"}));
  EXPECT_TRUE(redis_->AwaitSubscribed(0, "hookcast:ns:ns"));
  EXPECT_EQ(b_->metrics().backplane_lingering.value(), 0);
}

TEST_F(SlowRedisTest, OfWishesThatComeAndGoTheLastWins) {
  b_->backplane().Subscribe("ns");
  std::future<bool> first = Heard("ns");
  b_->backplane().Unsubscribe("ns");
  b_->backplane().Subscribe("ns");
  std::future<bool> second = Heard("ns");
  EXPECT_FALSE(first.get());
  EXPECT_TRUE(second.get());
  EXPECT_TRUE(a_->Publish("ns", "x").status.ok());
  EXPECT_TRUE(b_->receiver().AwaitCount(1));
  EXPECT_THAT(b_->Received(), ElementsAre("ns x"));
}

TEST_F(SlowRedisTest, WhatIsPublishedBehindTheAnswerArrives) {
  b_->backplane().Subscribe("ns");
  ASSERT_TRUE(b_->AwaitHeard("ns"));
  EXPECT_TRUE(a_->Publish("ns", "x").status.ok());
  EXPECT_TRUE(b_->receiver().AwaitCount(1));
}

// Who the node is to Redis.
class GuardedRedisTest : public ::testing::Test {
 protected:
  // Ready, or why not.
  std::string Try(RedisSettings settings) {
    RedisNode node(kA, std::move(settings));
    const absl::Status health =
        testing::AskUntil([&] { return node.backplane().Health(); },
                          [](const absl::Status& said) {
                            return said.ok() || absl::StrContains(said.message(), "refuses") ||
                                   absl::StrContains(said.message(), "cannot be");
                          },
                          std::chrono::seconds(5));
    return health.ok() ? "ready" : std::string(health.message());
  }
};

TEST_F(GuardedRedisTest, APasswordIsGivenAndNeverTold) {
  const auto redis = RedisProcess::Start({"--requirepass", "p@ss:w/rd"});
  RedisSettings settings = RedisNode::QuickSettings(redis->port());
  EXPECT_THAT(Try(settings), HasSubstr("NOAUTH"));
  settings.password = "wr0ng-p@ss";
  const std::string why = Try(settings);
  EXPECT_THAT(why, HasSubstr(absl::StrCat("Redis at 127.0.0.1:", redis->port())));
  EXPECT_THAT(why, HasSubstr("refuses AUTH: WRONGPASS"));
  EXPECT_THAT(why, Not(HasSubstr("wr0ng")));
  settings.password = "p@ss:w/rd";
  EXPECT_EQ(Try(settings), "ready");
  settings.database = 3;
  EXPECT_EQ(Try(settings), "ready");
  settings.database = 1000;
  EXPECT_THAT(Try(settings), HasSubstr("refuses SELECT"));
}

TEST_F(GuardedRedisTest, AFileWithThePasswordIsReadForEachAttempt) {
  const auto redis = RedisProcess::Start({"--requirepass", "secret"});
  const std::string path =
      ::testing::TempDir() + "hookcast-redis-password-" + std::to_string(redis->port());
  std::ofstream(path) << "old\n";
  RedisSettings settings = RedisNode::QuickSettings(redis->port());
  settings.password_file = path;
  {
    RedisNode node(kA, settings);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (node.AwaitUnready().find("WRONGPASS") == std::string::npos &&
           std::chrono::steady_clock::now() < until) {
    }
    std::ofstream(path) << "secret\n";
    EXPECT_TRUE(node.AwaitReady());
  }
  std::ofstream(path).close();
  EXPECT_THAT(Try(settings), HasSubstr(path));
  std::remove(path.c_str());
}

TEST_F(GuardedRedisTest, AUserOfItsOwnNeedsItsOwnNamesAlone) {
  const auto redis = RedisProcess::Start();
  redis->Call({"ACL", "SETUSER", "hc", "on", ">pw", "-@all", "+publish", "+subscribe",
               "+unsubscribe", "+ping", "resetchannels", "&hc:*"});
  redis->Call({"ACL", "SETUSER", "default", "off"});
  RedisSettings settings = RedisNode::QuickSettings(redis->port());
  settings.username = "hc";
  settings.password = "pw";
  settings.prefix = "hc";
  EXPECT_EQ(Try(settings), "ready");
  settings.prefix = "other";
  EXPECT_THAT(Try(settings), HasSubstr("NOPERM"));
}

TEST_F(GuardedRedisTest, AMessageThatRedisRefusesIsToldInItsWords) {
  const auto redis = RedisProcess::Start();
  redis->Call({"ACL", "SETUSER", "hc", "on", ">pw", "+@all", "resetchannels", "&hookcast:node*",
               "&hookcast:ns:fine"});
  RedisSettings settings = RedisNode::QuickSettings(redis->port());
  settings.username = "hc";
  settings.password = "pw";
  RedisNode node(kA, settings);
  ASSERT_TRUE(node.AwaitReady());
  const RedisNode::Answer refused = node.Publish("secret", "x");
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(refused.status.message()), HasSubstr("NOPERM"));
  EXPECT_FALSE(pubsub::OthersMayHaveIt(refused.status));
  EXPECT_EQ(refused.local_count, 1) << "this node's own peers have it";
  EXPECT_TRUE(node.Publish("fine", "x").status.ok());
  EXPECT_EQ(node.metrics().backplane_links_lost.value(), 0);
}

TEST_F(GuardedRedisTest, PrefixesKeepClustersApart) {
  const auto redis = RedisProcess::Start();
  RedisSettings settings = RedisNode::QuickSettings(redis->port());
  RedisNode here(kA, settings);
  settings.prefix = "elsewhere";
  RedisNode there(kB, settings);
  ASSERT_TRUE(here.Hear({"ns"}));
  ASSERT_TRUE(there.Hear({"ns"}));
  EXPECT_TRUE(here.Publish("ns", "here").status.ok());
  EXPECT_TRUE(there.Publish("ns", "there").status.ok());
  // By then Redis has given out both.
  EXPECT_TRUE(here.AwaitOwn(1));
  EXPECT_TRUE(there.AwaitOwn(1));
  EXPECT_THAT(there.Received(), ElementsAre("ns there"));
  EXPECT_THAT(here.Received(), ElementsAre("ns here"));
}

}  // namespace
}  // namespace hookcast::contract

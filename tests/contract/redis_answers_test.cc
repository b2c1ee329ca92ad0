#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "broker/backplane/redis/envelope_codec.h"
#include "tests/contract/redis_node.h"
#include "tests/contract/scripted_redis.h"

// One node, and answers that a sound Redis rarely gives.

namespace hookcast::contract {
namespace {

using ::testing::HasSubstr;

constexpr Incarnation kNode{0xa};

bool IsOfNamespace(const ScriptedRedis::Words& words) {
  return words.size() == 3 && words[0] == "PUBLISH" && words[1].starts_with("hookcast:ns:");
}

TEST(RedisAnswersTest, ARedisThatOnlyReadsIsLeftAndTriedAgain) {
  for (const char* words :
       {"READONLY You can't write against a read only replica.",
        "LOADING Redis is loading the dataset in memory", "MASTERDOWN Link with MASTER is down"}) {
    std::atomic<bool> sound = false;
    ScriptedRedis redis([&](const ScriptedRedis::Words& command) {
      return !sound && IsOfNamespace(command) ? "-" + std::string(words) + "\r\n"
                                              : ScriptedRedis::kSound;
    });
    RedisNode node(kNode, RedisNode::QuickSettings(redis.port()));
    ASSERT_TRUE(node.AwaitReady());
    const RedisNode::Answer refused = node.Publish("ns", "x");
    EXPECT_EQ(refused.status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(std::string(refused.status.message()), HasSubstr(words));
    EXPECT_FALSE(pubsub::OthersMayHaveIt(refused.status));
    EXPECT_EQ(refused.local_count, 1);
    sound = true;
    EXPECT_TRUE(redis.AwaitConnections(3));
    ASSERT_TRUE(node.AwaitReady());
    EXPECT_TRUE(node.Publish("ns", "y").status.ok());
    EXPECT_EQ(redis.connections(), 3) << "two links, and one of them again";
  }
}

TEST(RedisAnswersTest, OfWhatIsUnderWayTogetherOneIsRefusedAndTheOthersStand) {
  std::atomic<int> publishes = 0;
  ScriptedRedis redis([&](const ScriptedRedis::Words& command) {
    if (!IsOfNamespace(command)) return ScriptedRedis::kSound;
    return ++publishes == 2 ? std::string("-OOM command not allowed\r\n") : ScriptedRedis::kSound;
  });
  RedisNode node(kNode, RedisNode::QuickSettings(redis.port()));
  ASSERT_TRUE(node.AwaitReady());
  std::atomic<int> refused = 0;
  std::atomic<int> taken = 0;
  std::counting_semaphore<> answered(0);
  for (int i = 0; i < 10; ++i) {
    node.Post("ns", "x", "", [&](const absl::Status& status, uint64_t) {
      ++(status.ok() ? taken : refused);
      answered.release();
    });
  }
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(answered.try_acquire_for(std::chrono::seconds(10)));
  EXPECT_EQ(taken, 9);
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(node.metrics().backplane_links_lost.value(), 0);
  EXPECT_EQ(node.metrics().backplane_published.value(metrics::BackplanePublish::kRefused), 1);
}

TEST(RedisAnswersTest, AStreamOfWhichAMessageWasRefusedIsReplaced) {
  std::atomic<int> publishes = 0;
  std::mutex mutex;
  std::vector<backplane::StreamPlace> places;
  backplane::EnvelopeCodec codec(Incarnation{0xff});
  ScriptedRedis redis([&](const ScriptedRedis::Words& command) {
    if (!IsOfNamespace(command)) return ScriptedRedis::kSound;
    const std::lock_guard lock(mutex);
    backplane::Received received;
    EXPECT_EQ(codec.Read(command[2], &received), backplane::EnvelopeCodec::Fault::kNone);
    places.push_back(received.place);
    return ++publishes == 2 ? std::string("-OOM command not allowed\r\n") : ScriptedRedis::kSound;
  });
  RedisNode node(kNode, RedisNode::QuickSettings(redis.port()));
  ASSERT_TRUE(node.AwaitReady());
  for (const char* payload : {"a", "b", "c", "d"}) node.Publish("ns", payload);
  const std::lock_guard lock(mutex);
  ASSERT_GE(places.size(), 4);
  EXPECT_EQ(places[0].sequence, 1);
  EXPECT_EQ(places[1].sequence, 2);
  EXPECT_GT(places[2].stream, places[0].stream);
  EXPECT_EQ(places[2].sequence, 1);
  EXPECT_EQ(places[2].replaces, (backplane::ReplacedStream{places[0].stream, 1}));
  EXPECT_EQ(places[3].sequence, 2);
  EXPECT_EQ(places[3].replaces, std::nullopt);
}

TEST(RedisAnswersTest, ALinkThatBreaksAmidAnAnswerLeavesItUnknown) {
  std::atomic<bool> sound = false;
  ScriptedRedis redis([&](const ScriptedRedis::Words& command) {
    return !sound && IsOfNamespace(command) ? ScriptedRedis::kEnd : ScriptedRedis::kSound;
  });
  RedisNode node(kNode, RedisNode::QuickSettings(redis.port()));
  ASSERT_TRUE(node.AwaitReady());
  const RedisNode::Answer answer = node.Publish("ns", "x");
  EXPECT_TRUE(pubsub::OthersMayHaveIt(answer.status)) << answer.status;
  sound = true;
  ASSERT_TRUE(node.AwaitReady());
}

TEST(RedisAnswersTest, WhatSpeaksAnotherProtocolIsToldSo) {
  ScriptedRedis redis(
      [](const ScriptedRedis::Words&) { return std::string("HTTP/1.1 400 Bad Request\r\n\r\n"); });
  RedisNode node(kNode, RedisNode::QuickSettings(redis.port()));
  EXPECT_TRUE(node.AwaitReason("what came is not Redis' protocol"));
}

TEST(RedisAnswersTest, AnAnswerThatNobodyAskedForEndsTheLink) {
  std::atomic<bool> sound = false;
  ScriptedRedis redis([&](const ScriptedRedis::Words& command) {
    if (sound || !IsOfNamespace(command)) return ScriptedRedis::kSound;
    sound = true;
    return std::string(":1\r\n:1\r\n");
  });
  RedisNode node(kNode, RedisNode::QuickSettings(redis.port()));
  ASSERT_TRUE(node.AwaitReady());
  EXPECT_TRUE(node.Publish("ns", "x").status.ok());
  EXPECT_TRUE(node.AwaitLost(1));
  EXPECT_EQ(node.metrics().backplane_links_lost.value(), 1);
  ASSERT_TRUE(node.AwaitReady());
}

TEST(RedisAnswersTest, ARedisThatRefusesToSubscribeIsNamedInTheReason) {
  ScriptedRedis redis([](const ScriptedRedis::Words& command) {
    return command[0] == "SUBSCRIBE" ? std::string("-NOPERM no access\r\n") : ScriptedRedis::kSound;
  });
  RedisNode node(kNode, RedisNode::QuickSettings(redis.port()));
  EXPECT_TRUE(node.AwaitReason("it refuses to subscribe: NOPERM no access"));
  EXPECT_TRUE(node.Publish("ns", "x").status.ok()) << "others may hear";
}

TEST(RedisAnswersTest, ALinkWhoseFirstSubscribeIsNotAnsweredIsMadeAgain) {
  std::atomic<bool> sound = false;
  ScriptedRedis redis([&](const ScriptedRedis::Words& command) {
    return !sound && command[0] == "SUBSCRIBE" ? "" : ScriptedRedis::kSound;
  });
  RedisNode node(kNode, RedisNode::QuickSettings(redis.port()));
  EXPECT_TRUE(node.AwaitLost(1));
  sound = true;
  ASSERT_TRUE(node.AwaitReady());
}

TEST(RedisAnswersTest, NeitherAPublisherNorTheReasonIsShownAPasswordOrWhatIsNotReadable) {
  std::atomic<bool> refuses_publishes = true;
  ScriptedRedis redis([&](const ScriptedRedis::Words& command) {
    const bool refused = refuses_publishes ? IsOfNamespace(command) : command[0] == "SUBSCRIBE";
    return refused ? "-OOM s3cr3t \x1b[31m\xff\r\n" : ScriptedRedis::kSound;
  });
  backplane::RedisSettings settings = RedisNode::QuickSettings(redis.port());
  settings.password = "s3cr3t";
  RedisNode node(kNode, settings);
  ASSERT_TRUE(node.AwaitReady());
  EXPECT_THAT(std::string(node.Publish("ns", "x").status.message()),
              HasSubstr("refuses the message: OOM ***  [31m "));
  refuses_publishes = false;
  node.backplane().Subscribe("ns");
  EXPECT_TRUE(node.AwaitReason("it refuses to subscribe: OOM ***  [31m "));
}

TEST(RedisAnswersTest, ARedisThatRepeatsAPasswordOrAPartOfItIsNotQuoted) {
  ScriptedRedis redis([](const ScriptedRedis::Words& command) {
    return command[0] == "AUTH" ? "-ERR unknown command `AUTH`, with args beginning with: `" +
                                      command.back().substr(0, 128) + "`\r\n"
                                : ScriptedRedis::kSound;
  });
  backplane::RedisSettings settings = RedisNode::QuickSettings(redis.port());
  settings.password = std::string(200, 's');
  RedisNode node(kNode, settings);
  EXPECT_TRUE(node.AwaitReason("it refuses AUTH: ERR unknown command"));
  EXPECT_THAT(node.AwaitUnready(), testing::Not(testing::HasSubstr("sss")));
}

}  // namespace
}  // namespace hookcast::contract

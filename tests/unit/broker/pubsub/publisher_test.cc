#include "broker/pubsub/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "tests/fakes/recording_backplane.h"

namespace hookcast::pubsub {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr Incarnation kNode{0xabc};

class PublisherTest : public testing::Test {
 protected:
  // Publishes and returns the one answer.
  Published Publish(Publication publication) {
    std::optional<Published> got;
    publisher_.Publish(std::move(publication), [&](Published published) {
      EXPECT_FALSE(got.has_value()) << "answered twice";
      got = std::move(published);
    });
    EXPECT_TRUE(got.has_value());
    return got.value_or(Published{});
  }

  fakes::RecordingBackplane backplane_;
  metrics::Catalogue metrics_;
  Publisher publisher_{kNode, &backplane_, &metrics_};
};

TEST_F(PublisherTest, HandsTheWholeMessageToTheBackplaneAndTheAnswerBack) {
  backplane_.Answer(absl::OkStatus(), 12);
  const PeerId excluded{kNode, ShardId{1}, 7};
  const Bytes payload = Bytes::Copy("payload");
  const Published published = Publish({.ns = "ns",
                                       .topic = "topic",
                                       .data = {.kind = DataKind::kBinary, .payload = payload},
                                       .exclude = excluded});
  EXPECT_TRUE(published.status.ok()) << published.status;
  EXPECT_EQ(published.local_count, 12);
  ASSERT_THAT(backplane_.published(), SizeIs(1));
  const Message& message = *backplane_.published()[0];
  EXPECT_EQ(message.id, published.id);
  EXPECT_EQ(message.id.incarnation, kNode);
  EXPECT_EQ(message.ns, "ns");
  EXPECT_EQ(message.topic, "topic");
  EXPECT_EQ(message.data.kind, DataKind::kBinary);
  EXPECT_EQ(message.data.payload, payload) << "the payload was copied";
  EXPECT_EQ(message.exclude, excluded);
  EXPECT_EQ(metrics_.published.value(), 1);
}

TEST_F(PublisherTest, WhatTheBackplaneDidNotTakeIsToldWithItsLocalCount) {
  backplane_.Answer(absl::UnavailableError("no Redis"), 3);
  const Published published = Publish({.ns = "ns", .topic = "topic"});
  EXPECT_EQ(published.status, absl::UnavailableError("no Redis"));
  EXPECT_EQ(published.local_count, 3);
  EXPECT_EQ(published.id, backplane_.published()[0]->id);
}

TEST_F(PublisherTest, NamesAgainstTheLimitsAreRefusedAndNothingIsPublished) {
  const Publication refused[] = {
      {.ns = "ns", .topic = ""},
      {.ns = "ns", .topic = std::string(256, 't')},
      {.ns = std::string(1025, 'n'), .topic = "topic"},
      {.ns = "ns", .topic = "\xff"},
      {.ns = "ns", .topic = "topic", .key = std::string(256, 'k')},
  };
  for (const Publication& publication : refused) {
    const Published published = Publish(publication);
    EXPECT_EQ(published.status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(published.local_count, 0);
    publisher_.Publish(publication, nullptr);
  }
  EXPECT_THAT(backplane_.published(), IsEmpty());
  EXPECT_EQ(metrics_.published.value(), 0);
}

TEST_F(PublisherTest, NamesAtTheLimitsAndTheEmptyNamespacePass) {
  EXPECT_TRUE(Publish({.ns = "", .topic = "t"}).status.ok());
  EXPECT_TRUE(Publish({.ns = std::string(1024, 'n'), .topic = std::string(255, 't')}).status.ok());
  EXPECT_THAT(backplane_.published(), SizeIs(2));
}

TEST_F(PublisherTest, APublishWithoutACallbackGoesOutToo) {
  publisher_.Publish({.ns = "ns", .topic = "topic"}, nullptr);
  EXPECT_THAT(backplane_.published(), SizeIs(1));
}

TEST_F(PublisherTest, ARepeatOfAKeyInItsNamespaceIsAnsweredAsTheFirstAndNotPublished) {
  backplane_.Answer(absl::OkStatus(), 3);
  const Published first = Publish({.ns = "ns", .topic = "t", .key = "k"});
  backplane_.Answer(absl::OkStatus(), 99);
  const Published again = Publish({.ns = "ns", .topic = "u", .key = "k"});
  EXPECT_TRUE(again.status.ok());
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.local_count, 3);
  publisher_.Publish({.ns = "ns", .topic = "t", .key = "k"}, nullptr);
  EXPECT_THAT(backplane_.published(), SizeIs(1));
  EXPECT_EQ(backplane_.published()[0]->key, "k");
  EXPECT_EQ(metrics_.published.value(), 1);
  EXPECT_EQ(metrics_.publish_repeats.value(), 2);
  EXPECT_NE(Publish({.ns = "other", .topic = "t", .key = "k"}).id, first.id);
  EXPECT_NE(Publish({.ns = "ns", .topic = "t", .key = "kk"}).id, first.id);
  EXPECT_NE(Publish({.ns = "ns", .topic = "t"}).id, first.id);
  EXPECT_THAT(backplane_.published(), SizeIs(4));
}

TEST_F(PublisherTest, AKeyWhosePublishFailedIsTriedAgainPastThePeersThatHaveIt) {
  backplane_.Answer(absl::UnavailableError("no Redis"), 0);
  const Published nobody = Publish({.ns = "ns", .topic = "t", .key = "k"});
  EXPECT_EQ(nobody.status.code(), absl::StatusCode::kUnavailable);
  backplane_.Answer(absl::UnavailableError("no Redis"), 2);
  const Published some = Publish({.ns = "ns", .topic = "t", .key = "k"});
  EXPECT_EQ(some.local_count, 2);
  backplane_.Answer(absl::OkStatus(), 0);
  const Published taken = Publish({.ns = "ns", .topic = "t", .key = "k"});
  EXPECT_TRUE(taken.status.ok());
  EXPECT_EQ(taken.local_count, 2);
  EXPECT_EQ(taken.id, nobody.id);
  EXPECT_EQ(some.id, nobody.id);
  EXPECT_EQ(Publish({.ns = "ns", .topic = "t", .key = "k"}).local_count, 2);
  const auto published = backplane_.published();
  ASSERT_THAT(published, SizeIs(3));
  EXPECT_FALSE(published[1]->delivered_here);
  EXPECT_TRUE(published[2]->delivered_here);
  EXPECT_EQ(published[2]->id, nobody.id);
}

TEST_F(PublisherTest, NoTwoMessagesShareAnIdWhicheverThreadPublishes) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) publisher_.Publish({.ns = "ns", .topic = "t"}, nullptr);
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> ids;
  for (const MessageRef& message : backplane_.published()) ids.insert(message->id.ToString());
  EXPECT_EQ(ids.size(), 4000);
  EXPECT_EQ(metrics_.published.value(), 4000);
}

TEST_F(PublisherTest, OneThreadsIdsGrowInTheOrderOfItsPublishes) {
  uint64_t last = 0;
  for (int i = 0; i < 100; ++i) {
    const Published published = Publish({.ns = "ns", .topic = "t"});
    EXPECT_GT(published.id.sequence, last);
    last = published.id.sequence;
  }
}

}  // namespace
}  // namespace hookcast::pubsub

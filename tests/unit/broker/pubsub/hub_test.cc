#include "broker/pubsub/hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "tests/fakes/recording_backplane.h"
#include "tests/fakes/recording_peer.h"

namespace hookcast::pubsub {
namespace {

using fakes::RecordingPeer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Incarnation kNode{0xabc};

class HubTest : public testing::Test {
 protected:
  // Delivers and returns to how many.
  size_t Deliver(std::string ns, std::string topic, std::string_view payload,
                 std::optional<PeerId> exclude = std::nullopt) {
    Message message;
    message.id = {kNode, ++last_message_};
    message.ns = std::move(ns);
    message.topic = std::move(topic);
    message.data.payload = Bytes::Copy(payload);
    message.exclude = exclude;
    return hub_.Deliver(message);
  }

  void ExpectGauges(int64_t peers, int64_t namespaces, int64_t topics, int64_t subscriptions) {
    EXPECT_EQ(metrics_.peers.value(), peers);
    EXPECT_EQ(metrics_.namespaces.value(), namespaces);
    EXPECT_EQ(metrics_.topics.value(), topics);
    EXPECT_EQ(metrics_.subscriptions.value(), subscriptions);
  }

  fakes::RecordingBackplane backplane_;
  InterestTable interest_{&backplane_};
  metrics::Catalogue metrics_;
  Hub hub_{kNode, ShardId{3}, &interest_, &metrics_};
  uint64_t last_message_ = 0;
};

TEST_F(HubTest, IdsNameNodeAndShardAndAreNeverGivenTwice) {
  std::set<uint64_t> sequences;
  for (int i = 0; i < 1000; ++i) {
    const PeerId id = hub_.NextPeerId();
    EXPECT_EQ(id.incarnation, kNode);
    EXPECT_EQ(id.shard, ShardId{3});
    sequences.insert(id.sequence);
  }
  EXPECT_EQ(sequences.size(), 1000);
}

TEST_F(HubTest, FindsAPeerFromAddToRemove) {
  RecordingPeer peer(hub_.NextPeerId());
  EXPECT_EQ(hub_.Find(peer.id()), nullptr);
  hub_.Add(&peer, "ns");
  EXPECT_EQ(hub_.Find(peer.id()), &peer);
  EXPECT_EQ(hub_.peer_count(), 1);
  const PeerId other_node{Incarnation{0xdef}, peer.id().shard, peer.id().sequence};
  EXPECT_EQ(hub_.Find(other_node), nullptr);
  const PeerId other_shard{kNode, ShardId{2}, peer.id().sequence};
  EXPECT_EQ(hub_.Find(other_shard), nullptr);
  hub_.Remove(&peer);
  EXPECT_EQ(hub_.Find(peer.id()), nullptr);
  EXPECT_EQ(hub_.peer_count(), 0);
}

TEST_F(HubTest, DeliversToTheSubscribersOfTheTopicInTheNamespaceAlone) {
  RecordingPeer a(hub_.NextPeerId());
  RecordingPeer b(hub_.NextPeerId());
  RecordingPeer other_topic(hub_.NextPeerId());
  RecordingPeer other_namespace(hub_.NextPeerId());
  RecordingPeer silent(hub_.NextPeerId());
  for (RecordingPeer* peer : {&a, &b, &other_topic, &silent}) hub_.Add(peer, "ns");
  hub_.Add(&other_namespace, "other");
  ASSERT_TRUE(hub_.Subscribe(&a, "t").ok());
  ASSERT_TRUE(hub_.Subscribe(&b, "t").ok());
  ASSERT_TRUE(hub_.Subscribe(&other_topic, "u").ok());
  ASSERT_TRUE(hub_.Subscribe(&other_namespace, "t").ok());

  EXPECT_EQ(Deliver("ns", "t", "1"), 2);
  EXPECT_EQ(Deliver("ns", "t", "2"), 2);
  EXPECT_EQ(Deliver("ns", "nobody", "3"), 0);
  EXPECT_EQ(Deliver("nobody", "t", "4"), 0);
  EXPECT_THAT(a.Payloads(), ElementsAre("1", "2"));
  EXPECT_THAT(b.Payloads(), ElementsAre("1", "2"));
  EXPECT_THAT(other_topic.Payloads(), IsEmpty());
  EXPECT_THAT(other_namespace.Payloads(), IsEmpty());
  EXPECT_THAT(silent.Payloads(), IsEmpty());
  EXPECT_EQ(metrics_.delivered.value(), 4);

  for (RecordingPeer* peer : {&a, &b, &other_topic, &other_namespace, &silent}) hub_.Remove(peer);
}

TEST_F(HubTest, TheExcludedPeerAloneIsLeftOut) {
  RecordingPeer a(hub_.NextPeerId());
  RecordingPeer b(hub_.NextPeerId());
  for (RecordingPeer* peer : {&a, &b}) {
    hub_.Add(peer, "ns");
    ASSERT_TRUE(hub_.Subscribe(peer, "t").ok());
  }
  EXPECT_EQ(Deliver("ns", "t", "1", a.id()), 1);
  EXPECT_THAT(a.Payloads(), IsEmpty());
  EXPECT_THAT(b.Payloads(), ElementsAre("1"));
  // The same sequence on another shard, at another node, or a peer that is gone, is nobody here.
  EXPECT_EQ(Deliver("ns", "t", "2", PeerId{kNode, ShardId{0}, a.id().sequence}), 2);
  EXPECT_EQ(Deliver("ns", "t", "3", PeerId{Incarnation{1}, ShardId{3}, a.id().sequence}), 2);
  EXPECT_EQ(Deliver("ns", "t", "4", PeerId{kNode, ShardId{3}, 999}), 2);
  hub_.Remove(&a);
  hub_.Remove(&b);
}

TEST_F(HubTest, APeerThatTakesNothingIsNotCounted) {
  RecordingPeer closing(hub_.NextPeerId());
  RecordingPeer healthy(hub_.NextPeerId());
  for (RecordingPeer* peer : {&closing, &healthy}) {
    hub_.Add(peer, "ns");
    ASSERT_TRUE(hub_.Subscribe(peer, "t").ok());
  }
  closing.TakeNoMore();
  EXPECT_EQ(Deliver("ns", "t", "1"), 1);
  EXPECT_THAT(healthy.Payloads(), ElementsAre("1"));
  EXPECT_EQ(metrics_.delivered.value(), 1);
  hub_.Remove(&closing);
  hub_.Remove(&healthy);
}

TEST_F(HubTest, SubscribingTwiceIsSubscribingOnce) {
  RecordingPeer peer(hub_.NextPeerId());
  hub_.Add(&peer, "ns");
  EXPECT_TRUE(hub_.Subscribe(&peer, "t").ok());
  EXPECT_TRUE(hub_.Subscribe(&peer, "t").ok());
  ExpectGauges(1, 1, 1, 1);
  EXPECT_EQ(Deliver("ns", "t", "1"), 1);
  hub_.Unsubscribe(&peer, "t");
  hub_.Unsubscribe(&peer, "t");
  hub_.Unsubscribe(&peer, "never");
  EXPECT_EQ(Deliver("ns", "t", "2"), 0);
  ExpectGauges(1, 1, 0, 0);
  hub_.Remove(&peer);
}

TEST_F(HubTest, APeerHoldsAsManyTopicsAsItsLimitAndNoMore) {
  RecordingPeer peer(hub_.NextPeerId(), 2);
  hub_.Add(&peer, "ns");
  EXPECT_TRUE(hub_.Subscribe(&peer, "a").ok());
  EXPECT_TRUE(hub_.Subscribe(&peer, "b").ok());
  const absl::Status status = hub_.Subscribe(&peer, "c");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("2"));
  EXPECT_TRUE(hub_.Subscribe(&peer, "a").ok()) << "what it holds already is no new topic";
  EXPECT_THAT(peer.membership().Topics(), ElementsAre("a", "b"));
  EXPECT_EQ(Deliver("ns", "c", "1"), 0);
  hub_.Unsubscribe(&peer, "a");
  EXPECT_TRUE(hub_.Subscribe(&peer, "c").ok());
  hub_.Remove(&peer);
}

TEST_F(HubTest, ABadTopicIsRefusedAndLeavesNoTrace) {
  RecordingPeer peer(hub_.NextPeerId());
  hub_.Add(&peer, "ns");
  for (const std::string& topic : {std::string(), std::string(256, 't'), std::string("\xff")}) {
    EXPECT_EQ(hub_.Subscribe(&peer, topic).code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_TRUE(hub_.Subscribe(&peer, std::string(255, 't')).ok());
  ExpectGauges(1, 1, 1, 1);
  hub_.Remove(&peer);
}

TEST_F(HubTest, WantsANamespaceFromItsFirstSubscriptionToItsLast) {
  RecordingPeer a(hub_.NextPeerId());
  RecordingPeer b(hub_.NextPeerId());
  hub_.Add(&a, "ns");
  hub_.Add(&b, "ns");
  EXPECT_THAT(interest_.ShardsOf("ns"), IsEmpty()) << "a peer without a topic wants nothing";
  ASSERT_TRUE(hub_.Subscribe(&a, "t").ok());
  EXPECT_THAT(interest_.ShardsOf("ns"), ElementsAre(ShardId{3}));
  ASSERT_TRUE(hub_.Subscribe(&b, "u").ok());
  hub_.Unsubscribe(&a, "t");
  EXPECT_THAT(interest_.ShardsOf("ns"), ElementsAre(ShardId{3}));
  hub_.Remove(&b);
  EXPECT_THAT(interest_.ShardsOf("ns"), IsEmpty());
  EXPECT_THAT(backplane_.interest(), ElementsAre("+ns", "-ns"));
  ASSERT_TRUE(hub_.Subscribe(&a, "t").ok());
  hub_.UnsubscribeAll(&a);
  EXPECT_THAT(backplane_.interest(), ElementsAre("+ns", "-ns", "+ns", "-ns"));
  hub_.Remove(&a);
  EXPECT_THAT(backplane_.interest(), ElementsAre("+ns", "-ns", "+ns", "-ns"));
}

TEST_F(HubTest, UnsubscribeAllLeavesThePeerInItsNamespace) {
  RecordingPeer peer(hub_.NextPeerId());
  hub_.Add(&peer, "ns");
  for (const char* topic : {"a", "b", "c"}) ASSERT_TRUE(hub_.Subscribe(&peer, topic).ok());
  hub_.UnsubscribeAll(&peer);
  EXPECT_THAT(peer.membership().Topics(), IsEmpty());
  EXPECT_EQ(peer.membership().ns(), "ns");
  EXPECT_EQ(hub_.Find(peer.id()), &peer);
  ExpectGauges(1, 1, 0, 0);
  hub_.Remove(&peer);
}

TEST_F(HubTest, RemovingAPeerThatIsNotHereHasNoEffect) {
  RecordingPeer here(hub_.NextPeerId());
  hub_.Add(&here, "ns");
  ASSERT_TRUE(hub_.Subscribe(&here, "t").ok());
  RecordingPeer never_added(hub_.NextPeerId());
  hub_.Remove(&never_added);

  // Another shard's peer, whose sequence is the same.
  Hub other(kNode, ShardId{4}, &interest_, &metrics_);
  RecordingPeer elsewhere(other.NextPeerId());
  ASSERT_EQ(elsewhere.id().sequence, here.id().sequence);
  other.Add(&elsewhere, "ns");
  hub_.Remove(&elsewhere);
  EXPECT_EQ(hub_.Find(here.id()), &here);
  EXPECT_EQ(other.Find(elsewhere.id()), &elsewhere);
  EXPECT_EQ(Deliver("ns", "t", "1"), 1);
  ExpectGauges(2, 2, 1, 1);

  other.Remove(&elsewhere);
  hub_.Remove(&here);
  hub_.Remove(&here);
  ExpectGauges(0, 0, 0, 0);
}

TEST_F(HubTest, ACursorBeginsAtTheHeadAndPassesOverWhatStandsBeforeIt) {
  backplane_.KeepHistory({7, 10});
  RecordingPeer peer(hub_.NextPeerId());
  hub_.Add(&peer, "ns");
  EXPECT_EQ(hub_.Cursor("ns"), std::nullopt) << "nobody wants it";
  ASSERT_TRUE(hub_.Subscribe(&peer, "t").ok());
  EXPECT_EQ(hub_.Cursor("ns"), (Position{7, 10}));
  const auto deliver = [&](Position position, std::string topic, std::string_view payload) {
    Message message;
    message.ns = "ns";
    message.topic = std::move(topic);
    message.data.payload = Bytes::Copy(payload);
    message.position = position;
    return hub_.Deliver(message);
  };
  EXPECT_EQ(deliver({7, 9}, "t", "before"), 0);
  EXPECT_EQ(deliver({7, 10}, "t", "head"), 0);
  EXPECT_EQ(deliver({7, 11}, "t", "next"), 1);
  EXPECT_EQ(deliver({7, 11}, "t", "again"), 0);
  EXPECT_EQ(deliver({7, 12}, "u", "other topic"), 0);
  EXPECT_EQ(hub_.Cursor("ns"), (Position{7, 12}));
  EXPECT_EQ(deliver({8, 1}, "t", "another epoch"), 1);
  EXPECT_EQ(deliver({7, 13}, "t", "of the old one"), 0);
  EXPECT_THAT(peer.Payloads(), ElementsAre("next", "another epoch"));
  hub_.Unsubscribe(&peer, "t");
  EXPECT_EQ(hub_.Cursor("ns"), std::nullopt);
  ASSERT_TRUE(hub_.Subscribe(&peer, "t").ok());
  EXPECT_EQ(hub_.Cursor("ns"), (Position{7, 10})) << "read anew";
  hub_.Remove(&peer);
}

TEST_F(HubTest, SinceIsForNamespacesWithAHistoryAndTopicsThatAreNotHeld) {
  RecordingPeer peer(hub_.NextPeerId(), 1);
  hub_.Add(&peer, "ns");
  const absl::Status refused = hub_.SubscribeSince(&peer, "t", {1, 2});
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("history.size"));
  EXPECT_THAT(peer.membership().Topics(), IsEmpty());
  backplane_.KeepHistory({7, 10});
  EXPECT_TRUE(hub_.SubscribeSince(&peer, "t", {1, 2}).ok());
  EXPECT_TRUE(hub_.SubscribeSince(&peer, "t", {1, 1}).ok());
  EXPECT_EQ(hub_.SubscribeSince(&peer, "u", {1, 1}).code(), absl::StatusCode::kResourceExhausted);
  hub_.Unsubscribe(&peer, "never");
  hub_.Unsubscribe(&peer, "t");
  EXPECT_THAT(peer.replays(), ElementsAre("t since 1.2", "-t"));
  hub_.Remove(&peer);
}

TEST_F(HubTest, EveryCountIsBackAtZeroWhenAllPeersHaveGone) {
  std::deque<RecordingPeer> peers;
  for (int i = 0; i < 200; ++i) {
    RecordingPeer& peer = peers.emplace_back(hub_.NextPeerId());
    hub_.Add(&peer, "ns" + std::to_string(i % 7));
    for (int topic = 0; topic < i % 5; ++topic) {
      ASSERT_TRUE(hub_.Subscribe(&peer, "t" + std::to_string(topic)).ok());
    }
  }
  // 7 namespaces, each with the topics t0 to t3; 40 times 0 + 1 + 2 + 3 + 4 subscriptions.
  ExpectGauges(200, 7, 28, 400);
  for (size_t i = 0; i < peers.size(); i += 2) hub_.Remove(&peers[i]);
  for (size_t i = 1; i < peers.size(); i += 2) hub_.Remove(&peers[i]);
  ExpectGauges(0, 0, 0, 0);
  EXPECT_EQ(hub_.peer_count(), 0);
  EXPECT_EQ(hub_.index().namespace_count(), 0);
  for (int i = 0; i < 7; ++i) EXPECT_THAT(interest_.ShardsOf("ns" + std::to_string(i)), IsEmpty());
}

TEST_F(HubTest, EveryPeerSharesThePayloadOfTheMessage) {
  std::deque<RecordingPeer> peers;
  for (int i = 0; i < 10; ++i) {
    RecordingPeer& peer = peers.emplace_back(hub_.NextPeerId());
    hub_.Add(&peer, "ns");
    ASSERT_TRUE(hub_.Subscribe(&peer, "t").ok());
  }
  EXPECT_EQ(Deliver("ns", "t", "shared"), 10);
  for (RecordingPeer& peer : peers) {
    EXPECT_EQ(peer.deliveries()[0].payload, peers[0].deliveries()[0].payload);
    hub_.Remove(&peer);
  }
}

#ifndef NDEBUG
using HubDeathTest = HubTest;

TEST_F(HubDeathTest, ABackplaneThatDoesNotAnswerWithTheHeadAtOnceIsFoundOut) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  backplane_.KeepHistory({7, 10});
  backplane_.LeaveHeadsUnanswered();
  RecordingPeer peer(hub_.NextPeerId());
  hub_.Add(&peer, "ns");
  EXPECT_DEATH(hub_.Subscribe(&peer, "t").IgnoreError(), "answer");
  hub_.Remove(&peer);
}

TEST_F(HubDeathTest, AThreadThatIsNotItsShardsDies) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  RecordingPeer peer(hub_.NextPeerId());
  hub_.Add(&peer, "ns");
  EXPECT_DEATH(std::thread([&] { hub_.Unsubscribe(&peer, "t"); }).join(), "Held");
  EXPECT_DEATH(std::thread([&] { hub_.Find(peer.id()); }).join(), "Held");
  hub_.Remove(&peer);
}
#endif

}  // namespace
}  // namespace hookcast::pubsub

#include "broker/pubsub/topic_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/recording_peer.h"

namespace hookcast::pubsub {
namespace {

using fakes::RecordingPeer;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<Peer*> SubscribersOf(const TopicIndex& index, std::string_view ns,
                                 std::string_view topic) {
  std::vector<Peer*> peers;
  index.VisitSubscribers(ns, topic, [&](Peer* peer) { peers.push_back(peer); });
  return peers;
}

std::vector<Peer*> PeersOf(const TopicIndex& index, std::string_view ns) {
  std::vector<Peer*> peers;
  index.VisitPeers(ns, [&](Peer* peer) { peers.push_back(peer); });
  return peers;
}

std::vector<Peer*> AllPeersOf(const TopicIndex& index) {
  std::vector<Peer*> peers;
  index.VisitPeers([&](Peer* peer) { peers.push_back(peer); });
  return peers;
}

class TopicIndexTest : public testing::Test {
 protected:
  static PeerId Id(uint64_t sequence) { return {Incarnation{1}, ShardId{0}, sequence}; }

  RecordingPeer a_{Id(1)};
  RecordingPeer b_{Id(2)};
  RecordingPeer c_{Id(3)};
  TopicIndex index_;
};

TEST_F(TopicIndexTest, NamespacesAndTopicsAreVisitedWithTheirCounts) {
  using Counts = std::map<std::string, std::pair<size_t, size_t>>;
  const auto namespaces = [&] {
    Counts counts;
    index_.VisitNamespaces([&](const std::string& ns, size_t peers, size_t topics) {
      EXPECT_TRUE(counts.emplace(ns, std::pair(peers, topics)).second);
    });
    return counts;
  };
  const auto topics = [&](std::string_view ns) {
    std::map<std::string, size_t> counts;
    index_.VisitTopics(ns, [&](const std::string& topic, size_t subscribers) {
      EXPECT_TRUE(counts.emplace(topic, subscribers).second);
    });
    return counts;
  };
  index_.Join(&a_, "one");
  index_.Join(&b_, "one");
  index_.Join(&c_, "two");
  index_.Subscribe(&a_, "t");
  index_.Subscribe(&b_, "t");
  index_.Subscribe(&b_, "u");
  EXPECT_EQ(namespaces(), (Counts{{"one", {2, 2}}, {"two", {1, 0}}}));
  EXPECT_EQ(topics("one"), (std::map<std::string, size_t>{{"t", 2}, {"u", 1}}));
  EXPECT_THAT(topics("two"), IsEmpty());
  EXPECT_THAT(topics("three"), IsEmpty());
  index_.Leave(&b_);
  index_.Leave(&c_);
  EXPECT_EQ(namespaces(), (Counts{{"one", {1, 1}}}));
  EXPECT_EQ(topics("one"), (std::map<std::string, size_t>{{"t", 1}}));
}

TEST_F(TopicIndexTest, KnowsNothingAtTheStart) {
  EXPECT_THAT(SubscribersOf(index_, "ns", "t"), IsEmpty());
  EXPECT_THAT(PeersOf(index_, "ns"), IsEmpty());
  EXPECT_THAT(AllPeersOf(index_), IsEmpty());
  EXPECT_EQ(index_.namespace_count(), 0);
  EXPECT_EQ(index_.topic_count(), 0);
  EXPECT_EQ(index_.subscription_count(), 0);
  EXPECT_EQ(index_.SubscriptionsIn("ns"), 0);
}

TEST_F(TopicIndexTest, OneTopicsNameInTwoNamespacesIsTwoTopics) {
  index_.Join(&a_, "one");
  index_.Join(&b_, "two");
  EXPECT_TRUE(index_.Subscribe(&a_, "t"));
  EXPECT_TRUE(index_.Subscribe(&b_, "t"));
  EXPECT_THAT(SubscribersOf(index_, "one", "t"), ElementsAre(&a_));
  EXPECT_THAT(SubscribersOf(index_, "two", "t"), ElementsAre(&b_));
  EXPECT_THAT(SubscribersOf(index_, "", "t"), IsEmpty());
  EXPECT_EQ(index_.topic_count(), 2);
}

TEST_F(TopicIndexTest, SubscribingTwiceIsSubscribingOnce) {
  index_.Join(&a_, "ns");
  EXPECT_TRUE(index_.Subscribe(&a_, "t"));
  EXPECT_FALSE(index_.Subscribe(&a_, "t"));
  EXPECT_THAT(SubscribersOf(index_, "ns", "t"), ElementsAre(&a_));
  EXPECT_TRUE(index_.Unsubscribe(&a_, "t"));
  EXPECT_FALSE(index_.Unsubscribe(&a_, "t"));
  EXPECT_THAT(SubscribersOf(index_, "ns", "t"), IsEmpty());
}

TEST_F(TopicIndexTest, TopicsOfAPeerStayInTheOrderOfSubscription) {
  index_.Join(&a_, "ns");
  for (const char* topic : {"d", "a", "c", "b"}) index_.Subscribe(&a_, topic);
  EXPECT_THAT(a_.membership().Topics(), ElementsAre("d", "a", "c", "b"));
  index_.Unsubscribe(&a_, "a");
  EXPECT_THAT(a_.membership().Topics(), ElementsAre("d", "c", "b"));
  index_.Subscribe(&a_, "a");
  EXPECT_THAT(a_.membership().Topics(), ElementsAre("d", "c", "b", "a"));
  EXPECT_TRUE(a_.membership().SubscribedTo("c"));
  EXPECT_FALSE(a_.membership().SubscribedTo("x"));
  EXPECT_EQ(a_.membership().topic_count(), 4);
}

TEST_F(TopicIndexTest, LeavingUnsubscribesAndTheLastPeerTakesTheNamespaceAlong) {
  index_.Join(&a_, "ns");
  index_.Join(&b_, "ns");
  index_.Subscribe(&a_, "t");
  index_.Subscribe(&a_, "u");
  index_.Subscribe(&b_, "t");
  EXPECT_EQ(index_.SubscriptionsIn("ns"), 3);
  index_.Leave(&a_);
  EXPECT_THAT(SubscribersOf(index_, "ns", "t"), ElementsAre(&b_));
  EXPECT_THAT(SubscribersOf(index_, "ns", "u"), IsEmpty());
  EXPECT_THAT(a_.membership().Topics(), IsEmpty());
  EXPECT_EQ(index_.namespace_count(), 1);
  index_.Leave(&b_);
  EXPECT_EQ(index_.namespace_count(), 0);
  EXPECT_EQ(index_.topic_count(), 0);
  EXPECT_EQ(index_.subscription_count(), 0);
  index_.Leave(&b_);  // again, without effect
  index_.Join(&b_, "other");
  EXPECT_EQ(b_.membership().ns(), "other");
  index_.Leave(&b_);
}

TEST_F(TopicIndexTest, ANameMayBeAViewOfTheIndexItself) {
  index_.Join(&a_, "a namespace that is too long to lie within a string object");
  index_.Join(&b_, a_.membership().ns());
  index_.Subscribe(&a_, "a topic that is too long to lie within a string object");
  for (const std::string& topic : a_.membership().Topics()) index_.Subscribe(&b_, topic);
  EXPECT_THAT(SubscribersOf(index_, b_.membership().ns(), b_.membership().Topics()[0]),
              UnorderedElementsAre(&a_, &b_));
  index_.Leave(&a_);
  index_.Leave(&b_);
}

// The same operations on this index and on the plainest containers there are.
class Model {
 public:
  struct Place {
    std::string ns;
    std::vector<std::string> topics;
  };

  void Join(Peer* peer, const std::string& ns) {
    places_[peer] = Place{ns, {}};
    peers_[ns].insert(peer);
  }
  void Leave(Peer* peer) {
    const auto place = places_.find(peer);
    if (place == places_.end()) return;
    while (!place->second.topics.empty()) Unsubscribe(peer, place->second.topics.front());
    auto& peers = peers_[place->second.ns];
    peers.erase(peer);
    if (peers.empty()) peers_.erase(place->second.ns);
    places_.erase(place);
  }
  bool Subscribe(Peer* peer, const std::string& topic) {
    Place& place = places_[peer];
    if (!subscribers_[{place.ns, topic}].insert(peer).second) return false;
    place.topics.push_back(topic);
    return true;
  }
  bool Unsubscribe(Peer* peer, const std::string topic) {
    Place& place = places_[peer];
    const auto found = subscribers_.find({place.ns, topic});
    if (found == subscribers_.end() || found->second.erase(peer) == 0) return false;
    if (found->second.empty()) subscribers_.erase(found);
    place.topics.erase(std::find(place.topics.begin(), place.topics.end(), topic));
    return true;
  }

  bool Joined(Peer* peer) const { return places_.contains(peer); }
  const std::map<Peer*, Place>& places() const { return places_; }
  const std::map<std::string, std::set<Peer*>>& peers() const { return peers_; }
  const std::map<std::pair<std::string, std::string>, std::set<Peer*>>& subscribers() const {
    return subscribers_;
  }
  size_t SubscriptionsIn(const std::string& ns) const {
    size_t count = 0;
    for (const auto& [peer, place] : places_) count += place.ns == ns ? place.topics.size() : 0;
    return count;
  }

 private:
  std::map<Peer*, Place> places_;
  std::map<std::string, std::set<Peer*>> peers_;
  std::map<std::pair<std::string, std::string>, std::set<Peer*>> subscribers_;
};

// Every look-up answers as the model does, and each peer comes once.
void ExpectSame(const TopicIndex& index, const Model& model,
                const std::vector<std::string>& namespaces,
                const std::vector<std::string>& topics) {
  const auto as_set = [](const std::vector<Peer*>& peers) {
    const std::set<Peer*> set(peers.begin(), peers.end());
    EXPECT_EQ(set.size(), peers.size()) << "a peer was visited twice";
    return set;
  };
  size_t subscriptions = 0;
  std::set<Peer*> all;
  for (const auto& [peer, place] : model.places()) {
    subscriptions += place.topics.size();
    all.insert(peer);
    ASSERT_EQ(peer->membership().ns(), place.ns);
    ASSERT_EQ(peer->membership().Topics(), place.topics);
    ASSERT_EQ(peer->membership().topic_count(), place.topics.size());
  }
  ASSERT_EQ(index.namespace_count(), model.peers().size());
  ASSERT_EQ(index.topic_count(), model.subscribers().size());
  ASSERT_EQ(index.subscription_count(), subscriptions);
  ASSERT_EQ(as_set(AllPeersOf(index)), all);
  for (const std::string& ns : namespaces) {
    const auto peers = model.peers().find(ns);
    ASSERT_EQ(as_set(PeersOf(index, ns)),
              peers == model.peers().end() ? std::set<Peer*>() : peers->second);
    ASSERT_EQ(index.SubscriptionsIn(ns), model.SubscriptionsIn(ns));
    for (const std::string& topic : topics) {
      const auto subscribers = model.subscribers().find({ns, topic});
      ASSERT_EQ(as_set(SubscribersOf(index, ns, topic)),
                subscribers == model.subscribers().end() ? std::set<Peer*>() : subscribers->second);
    }
  }
}

class TopicIndexModel : public testing::TestWithParam<uint32_t> {};

TEST_P(TopicIndexModel, AnswersAsPlainMapsAndSetsDo) {
  const std::vector<std::string> namespaces = {"", "a", std::string("a\0", 2),
                                               std::string(255, 'n'), std::string(255, 'n') + "m"};
  const std::vector<std::string> topics = {
      "t", std::string("t\0", 2), "*", "{t}", std::string(255, 't'), std::string(254, 't') + "u"};
  std::mt19937 random(GetParam());
  TopicIndex index;
  Model model;
  std::deque<RecordingPeer> peers;
  for (uint64_t i = 0; i < 40; ++i) peers.emplace_back(PeerId{Incarnation{1}, ShardId{0}, i});

  for (int step = 0; step < 4000; ++step) {
    RecordingPeer* const peer = &peers[random() % peers.size()];
    const std::string& topic = topics[random() % topics.size()];
    // A phase mostly of joining and subscribing, then one mostly of leaving, and again.
    const bool growing = step / 500 % 2 == 0;
    const uint32_t draw = random() % 10;
    if (!model.Joined(peer)) {
      if (growing || draw < 2) {
        const std::string& ns = namespaces[random() % namespaces.size()];
        index.Join(peer, ns);
        model.Join(peer, ns);
      } else {
        index.Leave(peer);
      }
    } else if (draw < (growing ? 1 : 3)) {
      index.Leave(peer);
      model.Leave(peer);
    } else if (draw < (growing ? 7 : 4)) {
      ASSERT_EQ(index.Subscribe(peer, topic), model.Subscribe(peer, topic)) << "step " << step;
    } else {
      ASSERT_EQ(index.Unsubscribe(peer, topic), model.Unsubscribe(peer, topic)) << "step " << step;
    }
    if (step % 7 == 0) {
      ExpectSame(index, model, namespaces, topics);
      if (HasFatalFailure()) FAIL() << "at step " << step;
    }
  }

  for (RecordingPeer& peer : peers) {
    index.Leave(&peer);
    model.Leave(&peer);
  }
  ExpectSame(index, model, namespaces, topics);
  EXPECT_EQ(index.namespace_count(), 0);
  EXPECT_EQ(index.topic_count(), 0);
  EXPECT_EQ(index.subscription_count(), 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, TopicIndexModel, testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace hookcast::pubsub

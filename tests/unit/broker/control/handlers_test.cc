#include "broker/control/handlers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>

#include "tests/unit/broker/control/node_under_test.h"

namespace hookcast::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HandlersTest : public ::testing::Test {
 protected:
  // Calls a handler and waits for its answer.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(void (Handlers::*method)(const Request&, Answer<Response>),
                               const Request& request) {
    std::promise<absl::StatusOr<Response>> answered;
    (node_.handlers().*method)(request, [&](absl::StatusOr<Response> response) {
      answered.set_value(std::move(response));
    });
    return answered.get_future().get();
  }

  static std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

  static v1::PeerSelector Of(const pubsub::Peer* peer) {
    v1::PeerSelector selector;
    selector.set_peer(peer->id().ToString());
    return selector;
  }
  static v1::PeerSelector InNamespace(const std::string& ns) {
    v1::PeerSelector selector;
    selector.mutable_filter()->set_namespace_(ns);
    return selector;
  }
  static v1::PublishRequest Publication(const std::string& text) {
    v1::PublishRequest request;
    request.set_namespace_("/a");
    request.set_topic("t");
    request.mutable_data()->set_text(text);
    return request;
  }

  NodeUnderTest node_{2};
  fakes::RecordingPeer* const first_ = node_.AddPeer(0, "/a", {"t"});
  fakes::RecordingPeer* const second_ = node_.AddPeer(1, "/a", {"t"});
  fakes::RecordingPeer* const other_ = node_.AddPeer(1, "/b", {"t"});
};

TEST_F(HandlersTest, PublishReachesTheNamespacesSubscribersOnAllShardsAlone) {
  node_.Start();
  const auto published = Ask(&Handlers::Publish, Publication("hi"));
  ASSERT_TRUE(published.ok()) << published.status();
  EXPECT_EQ(published->local_count(), 2u);
  EXPECT_THAT(published->id(), HasSubstr(node_.incarnation.ToString()));
  EXPECT_THAT(node_.Payloads(first_), ElementsAre("hi"));
  EXPECT_THAT(node_.Payloads(second_), ElementsAre("hi"));
  EXPECT_THAT(node_.Payloads(other_), IsEmpty());
}

TEST_F(HandlersTest, PublishLeavesOutAnExcludedPeerAndMindsNoUnknownOne) {
  node_.Start();
  v1::PublishRequest request = Publication("one");
  request.set_exclude_peer(first_->id().ToString());
  EXPECT_EQ(Ask(&Handlers::Publish, request)->local_count(), 1u);
  EXPECT_THAT(node_.Payloads(first_), IsEmpty());
  PeerId gone = first_->id();
  gone.sequence += 1000;
  request.set_exclude_peer(gone.ToString());
  EXPECT_EQ(Ask(&Handlers::Publish, request)->local_count(), 2u);
  // An id that was cut would let the message reach the very peer that was meant.
  request.set_exclude_peer(first_->id().ToString().substr(0, 18));
  EXPECT_EQ(Ask(&Handlers::Publish, request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(HandlersTest, PublishSaysWhatIsWrong) {
  node_.Start();
  v1::PublishRequest request = Publication("x");
  request.set_topic("");
  EXPECT_THAT(MessageOf(Ask(&Handlers::Publish, request).status()), HasSubstr("topic is empty"));
  request = Publication("x");
  request.set_namespace_(std::string(1025, 'n'));
  EXPECT_THAT(MessageOf(Ask(&Handlers::Publish, request).status()), HasSubstr("1025 bytes"));
  request = Publication("x");
  request.clear_data();
  EXPECT_EQ(MessageOf(Ask(&Handlers::Publish, request).status()),
            "data has neither text, binary nor json");
  request = Publication("x");
  request.set_idempotency_key(std::string(256, 'k'));
  const absl::Status status = Ask(&Handlers::Publish, request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(status), HasSubstr("idempotency_key has 256 bytes"));
  EXPECT_THAT(node_.Payloads(first_), IsEmpty());
}

TEST_F(HandlersTest, APublishWithAKeyThatWasSeenIsAnsweredAsTheFirstAndNotDelivered) {
  node_.Start();
  v1::PublishRequest request = Publication("one");
  request.set_idempotency_key("k");
  const auto first = Ask(&Handlers::Publish, request);
  ASSERT_TRUE(first.ok()) << first.status();
  request.mutable_data()->set_text("again");
  const auto again = Ask(&Handlers::Publish, request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->id(), first->id());
  EXPECT_EQ(again->local_count(), 2u);
  EXPECT_THAT(node_.Payloads(first_), ElementsAre("one"));
  node_.clock().Advance(std::chrono::seconds(60));
  EXPECT_NE(Ask(&Handlers::Publish, request)->id(), first->id());
  EXPECT_THAT(node_.Payloads(first_), ElementsAre("one", "again"));
}

TEST_F(HandlersTest, APublishThatWasNotTakenCarriesItsFailure) {
  node_.Start();
  node_.backplane().Stop();
  const absl::Status status = Ask(&Handlers::Publish, Publication("x")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  const auto payload = status.GetPayload(kPublishFailure);
  ASSERT_TRUE(payload.has_value());
  v1::PublishFailure failure;
  ASSERT_TRUE(failure.ParseFromString(std::string(*payload)));
  EXPECT_EQ(failure.local_count(), 0u);
  EXPECT_EQ(failure.outcome(), v1::PublishFailure::OUTCOME_NOT_TAKEN);
}

TEST_F(HandlersTest, ABatchIsPublishedInOrderWithAResultEach) {
  node_.Start();
  v1::PublishBatchRequest request;
  for (int i = 0; i < 50; ++i) *request.add_messages() = Publication(std::to_string(i));
  request.mutable_messages(20)->set_topic("");
  const auto response = Ask(&Handlers::PublishBatch, request);
  ASSERT_TRUE(response.ok());
  ASSERT_EQ(response->results_size(), 50);
  std::vector<std::string> expected;
  for (int i = 0; i < 50; ++i) {
    const v1::PublishResult& result = response->results(i);
    if (i == 20) {
      EXPECT_EQ(result.code(), static_cast<uint32_t>(absl::StatusCode::kInvalidArgument));
      EXPECT_THAT(result.error(), HasSubstr("topic is empty"));
      continue;
    }
    EXPECT_EQ(result.code(), 0u);
    EXPECT_EQ(result.local_count(), 2u);
    EXPECT_NE(result.id(), "");
    expected.push_back(std::to_string(i));
  }
  EXPECT_EQ(node_.Payloads(first_), expected);
  EXPECT_EQ(node_.Payloads(second_), expected);
}

TEST_F(HandlersTest, AnEmptyBatchIsAnEmptyAnswerAndATooLargeOneIsRefusedWhole) {
  node_.Start();
  v1::PublishBatchRequest request;
  EXPECT_EQ(Ask(&Handlers::PublishBatch, request)->results_size(), 0);
  for (int i = 0; i <= kMaxBatchMessages; ++i) *request.add_messages() = Publication("x");
  const absl::Status status = Ask(&Handlers::PublishBatch, request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(MessageOf(status), HasSubstr("at most 10000"));
  EXPECT_THAT(node_.Payloads(first_), IsEmpty());
}

TEST_F(HandlersTest, SendReachesOnePeerOrAllThatMatch) {
  node_.Start();
  v1::SendRequest request;
  *request.mutable_peers() = Of(second_);
  request.mutable_data()->set_text("to one");
  EXPECT_EQ(Ask(&Handlers::Send, request)->matched(), 1u);
  *request.mutable_peers() = InNamespace("/a");
  request.mutable_data()->set_binary("to all");
  EXPECT_EQ(Ask(&Handlers::Send, request)->matched(), 2u);
  *request.mutable_peers() = InNamespace("/nobody");
  EXPECT_EQ(Ask(&Handlers::Send, request)->matched(), 0u);
  node_.OnShard(1, [&](pubsub::Hub&) {
    ASSERT_EQ(second_->sent().size(), 2u);
    EXPECT_EQ(second_->sent()[0].payload.view(), "to one");
    EXPECT_EQ(second_->sent()[1].kind, pubsub::DataKind::kBinary);
    EXPECT_TRUE(other_->sent().empty());
  });
}

TEST_F(HandlersTest, AnUnknownPeerIsNotFoundByName) {
  node_.Start();
  std::string elsewhere = first_->id().ToString();
  elsewhere[0] = elsewhere[0] == '0' ? '1' : '0';
  for (const std::string& id :
       {std::string("nonsense"), std::string(), elsewhere, node_.incarnation.ToString() + "-7-1",
        node_.incarnation.ToString() + "-0-99"}) {
    v1::SendRequest send;
    send.mutable_peers()->set_peer(id);
    send.mutable_data()->set_text("x");
    v1::GetPeerRequest get;
    get.set_peer(id);
    for (const absl::Status& status :
         {Ask(&Handlers::Send, send).status(), Ask(&Handlers::GetPeer, get).status()}) {
      EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << id;
      EXPECT_EQ(MessageOf(status), "there is no peer \"" + id + "\"");
    }
  }
  v1::GetPeerRequest long_id;
  long_id.set_peer(std::string(100'000, 'x'));
  EXPECT_LT(MessageOf(Ask(&Handlers::GetPeer, long_id).status()).size(), 200u);
}

TEST_F(HandlersTest, ASelectorThatNamesNobodyIsRefused) {
  node_.Start();
  const absl::Status status = Ask(&Handlers::Terminate, v1::TerminateRequest()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(status), HasSubstr("neither a peer nor a filter"));
}

TEST_F(HandlersTest, SubscribeAndUnsubscribeChangeWhatPeersGet) {
  node_.Start();
  v1::SubscribeRequest subscribe;
  *subscribe.mutable_peers() = InNamespace("/b");
  subscribe.set_topic("new");
  EXPECT_EQ(Ask(&Handlers::Subscribe, subscribe)->matched(), 1u);
  v1::UnsubscribeRequest unsubscribe;
  *unsubscribe.mutable_peers() = Of(first_);
  unsubscribe.set_topic("t");
  EXPECT_EQ(Ask(&Handlers::Unsubscribe, unsubscribe)->matched(), 1u);
  EXPECT_EQ(Ask(&Handlers::Publish, Publication("x"))->local_count(), 1u);
  node_.OnShard(1, [&](pubsub::Hub&) {
    EXPECT_THAT(other_->membership().Topics(), ElementsAre("t", "new"));
  });

  *unsubscribe.mutable_peers() = Of(other_);
  unsubscribe.set_topic("");
  EXPECT_EQ(Ask(&Handlers::Unsubscribe, unsubscribe)->matched(), 1u);
  node_.OnShard(1, [&](pubsub::Hub&) { EXPECT_EQ(other_->membership().topic_count(), 0u); });
}

TEST_F(HandlersTest, SubscribeSaysWhatIsWrong) {
  node_.Start();
  v1::SubscribeRequest request;
  *request.mutable_peers() = Of(first_);
  EXPECT_THAT(MessageOf(Ask(&Handlers::Subscribe, request).status()), HasSubstr("topic is empty"));
  request.set_topic("t2");
  request.mutable_since();
  EXPECT_THAT(MessageOf(Ask(&Handlers::Subscribe, request).status()),
              HasSubstr("keeps no history"));
}

TEST_F(HandlersTest, SubscribeSinceReplaysTheTopic) {
  fakes::RecordingPeer* const peer = node_.AddPeer(1, "kept:a");
  node_.Start();
  v1::SubscribeRequest request;
  *request.mutable_peers() = Of(peer);
  request.set_topic("t");
  request.mutable_since()->set_epoch(7);
  request.mutable_since()->set_sequence(3);
  EXPECT_EQ(Ask(&Handlers::Subscribe, request)->matched(), 1u);
  node_.OnShard(1, [&](pubsub::Hub&) { EXPECT_THAT(peer->replays(), ElementsAre("t since 7.3")); });
}

TEST_F(HandlersTest, HistoryIsListedAPageAtATime) {
  node_.Start();
  for (int i = 1; i <= 12; ++i) {
    v1::PublishRequest publication = Publication(std::to_string(i));
    publication.set_namespace_("kept:a");
    publication.set_topic(i % 2 == 0 ? "even" : "odd");
    ASSERT_TRUE(Ask(&Handlers::Publish, publication).ok());
  }
  v1::HistoryRequest request;
  request.set_namespace_("kept:a");
  request.set_topic("even");
  request.set_limit(2);
  std::vector<std::string> payloads;
  for (int page = 0; page < 3; ++page) {
    const auto response = Ask(&Handlers::History, request);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_FALSE(response->gap());
    EXPECT_EQ(response->head().sequence(), 12);
    for (const v1::HistoryEntry& entry : response->entries()) {
      payloads.push_back(entry.message().data().text());
      EXPECT_EQ(entry.position().epoch(), response->head().epoch());
      EXPECT_EQ(entry.message().namespace_(), "kept:a");
      EXPECT_EQ(entry.message().topic(), "even");
      EXPECT_FALSE(entry.message().id().empty());
      EXPECT_GT(entry.message().published_at().seconds(), 0);
    }
    *request.mutable_since() = response->next();
  }
  EXPECT_THAT(payloads, ElementsAre("4", "6", "8", "10", "12"));
  EXPECT_EQ(request.since().sequence(), 12) << "the head: nothing is left";
  request.mutable_since()->set_sequence(1);
  EXPECT_TRUE(Ask(&Handlers::History, request)->gap());
}

TEST_F(HandlersTest, HistorySaysWhatIsWrong) {
  node_.Start();
  v1::HistoryRequest request;
  request.set_namespace_("/a");
  const absl::Status none = Ask(&Handlers::History, request).status();
  EXPECT_EQ(none.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(MessageOf(none), HasSubstr("history.size"));
  request.set_limit(1001);
  EXPECT_THAT(MessageOf(Ask(&Handlers::History, request).status()), HasSubstr("1000 messages"));
  request.set_topic(std::string(256, 't'));
  EXPECT_EQ(Ask(&Handlers::History, request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(HandlersTest, RefusalsAmongManyPeersAreTold) {
  node_.AddPeer(0, "/a", {}, 0);
  node_.Start();
  v1::SubscribeRequest request;
  *request.mutable_peers() = InNamespace("/a");
  request.set_topic("new");
  const absl::Status status = Ask(&Handlers::Subscribe, request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(MessageOf(status), HasSubstr("1 of 3 matching peers refused: the peer holds 0"));
  node_.OnShard(1, [&](pubsub::Hub&) { EXPECT_TRUE(second_->membership().SubscribedTo("new")); });
}

TEST_F(HandlersTest, CloseTakesTheCodesThatMayBeSent) {
  node_.Start();
  v1::ClosePeersRequest request;
  *request.mutable_peers() = InNamespace("/a");
  EXPECT_EQ(Ask(&Handlers::Close, request)->matched(), 2u);
  request.set_code(4001);
  request.set_reason("bye");
  EXPECT_EQ(Ask(&Handlers::Close, request)->matched(), 2u);
  for (const uint32_t code : {999u, 1005u, 1006u, 2000u, 5000u, 66536u}) {
    request.set_code(code);
    const absl::Status status = Ask(&Handlers::Close, request).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(MessageOf(status), HasSubstr(std::to_string(code)));
  }
  request.set_code(1000);
  request.set_reason(std::string(124, 'r'));
  EXPECT_THAT(MessageOf(Ask(&Handlers::Close, request).status()), HasSubstr("at most 123"));
  node_.OnShard(0, [&](pubsub::Hub&) {
    EXPECT_THAT(first_->closes(), ElementsAre(fakes::RecordingPeer::CloseCall{1000, ""},
                                              fakes::RecordingPeer::CloseCall{4001, "bye"}));
  });
}

TEST_F(HandlersTest, TerminateEndsOnePeerOrAllThatMatch) {
  node_.Start();
  v1::TerminateRequest request;
  *request.mutable_peers() = Of(first_);
  EXPECT_EQ(Ask(&Handlers::Terminate, request)->matched(), 1u);
  request.mutable_peers()->mutable_filter();
  EXPECT_EQ(Ask(&Handlers::Terminate, request)->matched(), 3u);
  node_.OnShard(0, [&](pubsub::Hub&) { EXPECT_EQ(first_->terminations(), 2); });
  node_.OnShard(1, [&](pubsub::Hub&) { EXPECT_EQ(other_->terminations(), 1); });
}

TEST_F(HandlersTest, GetPeerTellsItsRequestToo) {
  node_.Start();
  v1::GetPeerRequest request;
  request.set_peer(second_->id().ToString());
  const auto response = Ask(&Handlers::GetPeer, request);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->peer().peer().namespace_(), "/a");
  EXPECT_EQ(response->peer().request().target(), "/a?q");
  EXPECT_EQ(response->peer().node(), node_.incarnation.ToString());
}

TEST_F(HandlersTest, ListPeersGoesOverAllShards) {
  node_.Start();
  v1::ListPeersRequest request;
  request.set_limit(2);
  const auto page = Ask(&Handlers::ListPeers, request);
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->peers_size(), 2);
  EXPECT_EQ(page->peers(0).peer().id(), first_->id().ToString());
  EXPECT_EQ(page->peers(1).peer().id(), second_->id().ToString());
  EXPECT_EQ(page->total(), 3u);
  EXPECT_FALSE(page->partial());
  request.set_cursor(page->next_cursor());
  const auto rest = Ask(&Handlers::ListPeers, request);
  ASSERT_EQ(rest->peers_size(), 1);
  EXPECT_EQ(rest->peers(0).peer().id(), other_->id().ToString());
  EXPECT_EQ(rest->next_cursor(), "");
  EXPECT_EQ(rest->total(), 3u);
}

TEST_F(HandlersTest, ListPeersRefusesLimitsAndCursorsThatAreNone) {
  node_.Start();
  v1::ListPeersRequest request;
  request.set_limit(1001);
  EXPECT_THAT(MessageOf(Ask(&Handlers::ListPeers, request).status()), HasSubstr("at most 1000"));
  request.set_limit(1000);
  EXPECT_TRUE(Ask(&Handlers::ListPeers, request).ok());
  request.set_cursor("x");
  EXPECT_EQ(Ask(&Handlers::ListPeers, request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(HandlersTest, ListNamespacesAndTopicsSumOverShardsAndGoOnAtACursor) {
  node_.AddPeer(0, "/b", {"t", "u"});
  node_.Start();
  v1::ListNamespacesRequest namespaces;
  namespaces.set_limit(1);
  auto page = Ask(&Handlers::ListNamespaces, namespaces);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->namespaces_size(), 1);
  EXPECT_EQ(page->namespaces(0).namespace_(), "/a");
  EXPECT_EQ(page->namespaces(0).peers(), 2u);
  EXPECT_EQ(page->namespaces(0).topics(), 1u);
  namespaces.set_cursor(page->next_cursor());
  page = Ask(&Handlers::ListNamespaces, namespaces);
  ASSERT_EQ(page->namespaces_size(), 1);
  EXPECT_EQ(page->namespaces(0).namespace_(), "/b");
  EXPECT_EQ(page->namespaces(0).topics(), 2u);
  EXPECT_EQ(page->next_cursor(), "");

  EXPECT_EQ(Ask(&Handlers::ListTopics, {})->topics_size(), 3);
  v1::ListTopicsRequest topics;
  topics.set_namespace_("/b");
  const auto in_b = Ask(&Handlers::ListTopics, topics);
  ASSERT_EQ(in_b->topics_size(), 2);
  EXPECT_EQ(in_b->topics(0).topic(), "t");
  EXPECT_EQ(in_b->topics(0).peers(), 2u);
  EXPECT_EQ(in_b->topics(1).topic(), "u");
  EXPECT_EQ(in_b->topics(1).peers(), 1u);
}

TEST_F(HandlersTest, ListNamespacesAndTopicsRefuseLimitsAndCursorsThatAreNone) {
  node_.Start();
  v1::ListTopicsRequest topics;
  topics.set_limit(1001);
  EXPECT_THAT(MessageOf(Ask(&Handlers::ListTopics, topics).status()), HasSubstr("at most 1000"));
  topics.set_limit(1);
  topics.set_cursor("x");
  EXPECT_THAT(MessageOf(Ask(&Handlers::ListTopics, topics).status()), HasSubstr("ListTopics gave"));
  topics.clear_cursor();
  topics.set_namespace_(std::string(1025, 'n'));
  EXPECT_THAT(MessageOf(Ask(&Handlers::ListTopics, topics).status()), HasSubstr("1025 bytes"));
  v1::ListNamespacesRequest namespaces;
  namespaces.set_limit(1001);
  EXPECT_THAT(MessageOf(Ask(&Handlers::ListNamespaces, namespaces).status()),
              HasSubstr("at most 1000 namespaces"));
  namespaces.set_limit(1);
  namespaces.set_cursor("1.1");
  EXPECT_THAT(MessageOf(Ask(&Handlers::ListNamespaces, namespaces).status()),
              HasSubstr("ListNamespaces gave"));
}

TEST_F(HandlersTest, ListNodesTellsOfThisNodeAndCountsANamespaceOnce) {
  node_.ready = true;
  node_.Start();
  const auto response = Ask(&Handlers::ListNodes, v1::ListNodesRequest());
  ASSERT_TRUE(response.ok());
  ASSERT_EQ(response->nodes_size(), 1);
  const v1::NodeInfo& node = response->nodes(0);
  EXPECT_EQ(node.id(), node_.incarnation.ToString());
  EXPECT_EQ(node.version(), "1.2.3");
  EXPECT_EQ(node.control_address(), "node-a:8082");
  EXPECT_EQ(node.started_at().seconds(), 1'700'000'000);
  EXPECT_EQ(node.peers(), 3u);
  EXPECT_EQ(node.namespaces(), 2u);
  EXPECT_TRUE(node.ready());
  EXPECT_FALSE(node.draining());
}

TEST_F(HandlersTest, PingTellsTheTimeAndForHowLongTheNodeIsUp) {
  node_.Start();
  node_.clock().Advance(std::chrono::milliseconds(2500));
  const auto response = Ask(&Handlers::Ping, v1::PingRequest());
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->node(), node_.incarnation.ToString());
  EXPECT_EQ(response->version(), "1.2.3");
  EXPECT_EQ(response->peers(), 3u);
  EXPECT_EQ(response->uptime().seconds(), 2);
  EXPECT_EQ(response->uptime().nanos(), 500'000'000);
  EXPECT_EQ(response->time().seconds(), 1'700'000'002);
}

TEST_F(HandlersTest, WhatAStoppingNodeDropsIsUnavailableAndNotSilent) {
  std::vector<absl::Status> answers;
  const auto keep = [&](const auto& response) { answers.push_back(response.status()); };
  v1::SendRequest send;
  *send.mutable_peers() = Of(first_);
  send.mutable_data()->set_text("x");
  node_.handlers().Send(send, keep);
  *send.mutable_peers() = InNamespace("/a");
  node_.handlers().Send(send, keep);
  node_.handlers().Publish(Publication("x"), keep);
  node_.handlers().ListPeers({}, keep);
  node_.handlers().Ping({}, keep);
  v1::PublishBatchRequest batch;
  *batch.add_messages() = Publication("x");
  std::optional<v1::PublishBatchResponse> batched;
  node_.handlers().PublishBatch(batch, [&](auto response) { batched = *std::move(response); });
  EXPECT_THAT(answers, IsEmpty());

  node_.DropLoops();
  ASSERT_EQ(answers.size(), 5u);
  for (const absl::Status& status : answers) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  }
  ASSERT_TRUE(batched.has_value());
  EXPECT_EQ(batched->results(0).code(), static_cast<uint32_t>(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace hookcast::control

#include "broker/control/control_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "tests/unit/broker/control/server_under_test.h"
#include "tests/unit/broker/control/token_file.h"

namespace hookcast::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ControlService, AnswersOverGrpcWhatTheHandlersAnswer) {
  ServerUnderTest test;
  fakes::RecordingPeer* const peer = test.node.AddPeer(0, "/a", {"t"});
  test.node.Start();
  const std::string id = peer->id().ToString();
  const auto call = [&](auto method, const auto& request, auto response) {
    grpc::ClientContext context;
    const grpc::Status status = ((*test.stub).*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  };
  using Stub = v1::BrokerService::Stub;

  EXPECT_EQ(call(&Stub::Publish, Publication("one"), v1::PublishResponse()).local_count(), 1u);
  v1::PublishBatchRequest batch;
  *batch.add_messages() = Publication("two");
  EXPECT_EQ(call(&Stub::PublishBatch, batch, v1::PublishBatchResponse()).results_size(), 1);
  v1::SendRequest send;
  send.mutable_peers()->set_peer(id);
  send.mutable_data()->set_text("x");
  EXPECT_EQ(call(&Stub::Send, send, v1::SendResponse()).matched(), 1u);
  v1::SubscribeRequest subscribe;
  subscribe.mutable_peers()->set_peer(id);
  subscribe.set_topic("u");
  EXPECT_EQ(call(&Stub::Subscribe, subscribe, v1::SubscribeResponse()).matched(), 1u);
  v1::GetPeerRequest get;
  get.set_peer(id);
  EXPECT_THAT(call(&Stub::GetPeer, get, v1::GetPeerResponse()).peer().peer().topics(),
              ElementsAre("t", "u"));
  v1::UnsubscribeRequest unsubscribe;
  unsubscribe.mutable_peers()->set_peer(id);
  unsubscribe.set_topic("u");
  EXPECT_EQ(call(&Stub::Unsubscribe, unsubscribe, v1::UnsubscribeResponse()).matched(), 1u);
  EXPECT_EQ(call(&Stub::ListPeers, v1::ListPeersRequest(), v1::ListPeersResponse()).total(), 1u);
  EXPECT_EQ(
      call(&Stub::ListTopics, v1::ListTopicsRequest(), v1::ListTopicsResponse()).topics_size(), 1);
  EXPECT_EQ(call(&Stub::ListNamespaces, v1::ListNamespacesRequest(), v1::ListNamespacesResponse())
                .namespaces_size(),
            1);
  EXPECT_EQ(call(&Stub::ListNodes, v1::ListNodesRequest(), v1::ListNodesResponse()).nodes_size(),
            1);
  EXPECT_EQ(call(&Stub::Ping, v1::PingRequest(), v1::PingResponse()).peers(), 1u);
  v1::ClosePeersRequest close;
  close.mutable_peers()->set_peer(id);
  EXPECT_EQ(call(&Stub::Close, close, v1::ClosePeersResponse()).matched(), 1u);
  v1::TerminateRequest terminate;
  terminate.mutable_peers()->set_peer(id);
  EXPECT_EQ(call(&Stub::Terminate, terminate, v1::TerminateResponse()).matched(), 1u);

  EXPECT_THAT(test.node.Payloads(peer), ElementsAre("one", "two"));
  test.node.OnShard(0, [&](pubsub::Hub&) {
    EXPECT_EQ(peer->sent().size(), 1u);
    EXPECT_EQ(peer->closes().size(), 1u);
    EXPECT_EQ(peer->terminations(), 1);
  });
}

TEST(ControlService, AHandlersErrorIsTheCallsStatus) {
  ServerUnderTest test;
  test.node.Start();
  grpc::ClientContext context;
  v1::GetPeerRequest request;
  request.set_peer("nobody");
  v1::GetPeerResponse response;
  const grpc::Status status = test.stub->GetPeer(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "there is no peer \"nobody\"");
}

TEST(ControlService, ARequestThatCannotBeReadIsAnInvalidArgument) {
  ServerUnderTest test;
  test.node.Start();
  v1::PublishRequest request = Publication("x");
  request.mutable_data()->set_text("not UTF-8: \xFF");
  grpc::ClientContext context;
  v1::PublishResponse response;
  const grpc::Status status = test.stub->Publish(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("PublishRequest"));
  EXPECT_THAT(status.error_message(), HasSubstr("UTF-8"));
}

TEST(ControlService, APublishThatFailedTellsTheLocalCountInItsTrailer) {
  ServerUnderTest test;
  test.node.Start();
  test.node.backplane().Stop();
  grpc::ClientContext context;
  v1::PublishResponse response;
  const grpc::Status status = test.stub->Publish(&context, Publication("x"), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find(kPublishFailure);
  ASSERT_NE(found, trailers.end());
  v1::PublishFailure failure;
  ASSERT_TRUE(failure.ParseFromString(std::string(found->second.data(), found->second.size())));
  EXPECT_EQ(failure.outcome(), v1::PublishFailure::OUTCOME_NOT_TAKEN);
}

TEST(ControlService, DrainsTheNodeOverAsLongAsItIsTold) {
  ServerUnderTest test;
  test.node.Start();
  const auto drain = [&](const v1::DrainNodeRequest& request, v1::DrainNodeResponse* response) {
    grpc::ClientContext context;
    return test.stub->DrainNode(&context, request, response).error_code();
  };
  v1::DrainNodeRequest request;
  v1::DrainNodeResponse response;
  EXPECT_EQ(drain(request, &response), grpc::StatusCode::OK);
  EXPECT_EQ(response.peers(), 7u);
  request.set_node(test.node.incarnation.ToString());
  request.mutable_over()->set_seconds(30);
  request.mutable_over()->set_nanos(500'000'000);
  EXPECT_EQ(drain(request, &response), grpc::StatusCode::OK);
  EXPECT_THAT(test.node.drains, ElementsAre(std::nullopt, std::chrono::milliseconds(30'500)));
  for (const int64_t seconds : {int64_t{-1}, int64_t{3601}, INT64_MAX, INT64_MIN}) {
    request.mutable_over()->set_seconds(seconds);
    EXPECT_EQ(drain(request, &response), grpc::StatusCode::INVALID_ARGUMENT) << seconds;
  }
  request.clear_over();
  request.set_node("00000000deadbeef");
  EXPECT_EQ(drain(request, &response), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(test.node.drains.size(), 2u);
}

TEST(ControlService, WithTokensEachCallNeedsOneThatIsGoodForIt) {
  const TokenFile publisher("publisher-0123456789");
  const TokenFile reader("reader-0123456789");
  ServerUnderTest test(1, {{{publisher.path(), {config::Scope::kPublish}},
                            {reader.path(), {config::Scope::kRead}}}});
  test.node.Start();
  const auto with = [](grpc::ClientContext* context, const std::string& token) {
    if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
    return context;
  };
  const auto ping = [&](const std::string& token) {
    grpc::ClientContext context;
    v1::PingResponse response;
    return test.stub->Ping(with(&context, token), {}, &response);
  };
  const auto stream = [&](const std::string& token) {
    grpc::ClientContext context;
    v1::PublishStreamResponse response;
    const auto writer = test.stub->PublishStream(with(&context, token), &response);
    writer->WritesDone();
    return writer->Finish();
  };
  const auto watch = [&](const std::string& token, bool cancel = false) {
    grpc::ClientContext context;
    const auto watched = test.stub->Watch(with(&context, token), {});
    watched->WaitForInitialMetadata();
    if (cancel) context.TryCancel();
    return watched->Finish();
  };
  EXPECT_TRUE(ping("reader-0123456789").ok());
  EXPECT_TRUE(stream("publisher-0123456789").ok());
  EXPECT_EQ(watch("reader-0123456789", true).error_code(), grpc::StatusCode::CANCELLED);
  for (const char* wrong : {"", "reader-0123456788"}) {
    EXPECT_EQ(ping(wrong).error_code(), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(stream(wrong).error_code(), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(watch(wrong).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  }
  EXPECT_EQ(ping("publisher-0123456789").error_message(), "the token lacks the scope \"read\"");
  EXPECT_EQ(stream("reader-0123456789").error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(watch("publisher-0123456789").error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST(ControlService, AClientMayGoWhileShardsAnswer) {
  ServerUnderTest test;
  test.node.AddPeer(0, "/a", {"t"});
  fakes::RecordingPeer* const reached = test.node.AddPeer(1, "/a", {"t"});
  test.node.Start();
  test.node.Hold(0);
  const v1::PublishRequest request = Publication("x");
  v1::PublishResponse response;
  grpc::ClientContext context;
  std::promise<grpc::Status> published;
  test.stub->async()->Publish(&context, &request, &response,
                              [&](const grpc::Status& status) { published.set_value(status); });
  while (test.node.Payloads(reached).empty()) {
  }
  context.TryCancel();
  EXPECT_EQ(published.get_future().get().error_code(), grpc::StatusCode::CANCELLED);
  // Now the shard answers a call that nobody waits for.
  test.node.Release(0);
  grpc::ClientContext again;
  EXPECT_TRUE(test.stub->Publish(&again, Publication("y"), &response).ok());
  test.server->Shutdown(std::chrono::seconds(20));
}

TEST(ControlService, InvalidUtf8IsRefusedByTheParser) {
  ServerUnderTest test;
  test.node.Start();
  v1::PublishRequest request = Publication("x");
  request.set_topic("\xff");
  grpc::ClientContext context;
  v1::PublishResponse response;
  EXPECT_FALSE(test.stub->Publish(&context, request, &response).ok());
}

}  // namespace
}  // namespace hookcast::control

#include "broker/hooks/grpc/grpc_hook_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "broker/hooks/grpc/mailbox.h"
#include "tests/unit/broker/hooks/grpc/client_on_shard.h"
#include "tests/unit/broker/hooks/grpc/fake_application.h"

namespace hookcast::hooks {
namespace {

using ::testing::HasSubstr;

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

TEST(GrpcHookClient, DeliversEachHookAndReadsItsReply) {
  FakeApplication application;
  application.on_upgrade = [](const v1::UpgradeRequest& request, v1::UpgradeReply* reply) {
    reply->mutable_accept()->set_namespace_("ns of " + request.request().path());
    return grpc::Status::OK;
  };
  const auto naming = [](const std::string& name) {
    return [name](const auto& request, v1::HookReply* reply) {
      reply->add_actions()->mutable_subscribe()->set_topic(
          name + " " + request.event().id().substr(request.event().id().rfind('/')) + " " +
          request.event().node());
      return grpc::Status::OK;
    };
  };
  application.on_open = naming("open");
  application.on_message = naming("message");
  application.on_close = naming("close");
  application.on_error = naming("error");
  ClientOnShard shard(application.address());

  const auto verdict = shard.Upgrade();
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_EQ(std::get<Accept>(*verdict).ns, "ns of /rooms/a");

  const auto topic_of = [&](PeerEvent event) -> std::string {
    const auto reply = shard.Call(std::move(event));
    if (!reply.ok()) return reply.status().ToString();
    return std::get<SubscribeAction>(reply->actions.at(0)).topic;
  };
  EXPECT_EQ(topic_of({.number = 1, .what = OpenEvent{}}), "open /1 node-1");
  EXPECT_EQ(topic_of(ClientOnShard::Message("hi", 2)), "message /2 node-1");
  EXPECT_EQ(topic_of({.number = 3, .what = ErrorEvent{}}), "error /3 node-1");
  EXPECT_EQ(topic_of({.number = 4, .what = CloseEvent{}}), "close /4 node-1");
  EXPECT_TRUE(shard.on_shard);
  shard.Run([&] { EXPECT_EQ(shard.client->client().in_flight(), 0u); });
}

TEST(GrpcHookClient, AnApplicationCanReject) {
  FakeApplication application;
  application.on_upgrade = [](const v1::UpgradeRequest&, v1::UpgradeReply* reply) {
    reply->mutable_reject()->set_status(401);
    v1::Header* header = reply->mutable_reject()->add_headers();
    header->set_name("WWW-Authenticate");
    header->set_value("Bearer");
    reply->mutable_reject()->set_text("who are you");
    return grpc::Status::OK;
  };
  ClientOnShard shard(application.address());
  const auto verdict = shard.Upgrade();
  ASSERT_TRUE(verdict.ok());
  EXPECT_EQ(std::get<Reject>(*verdict).status, 401);
  EXPECT_EQ(std::get<Reject>(*verdict).body, "who are you");
}

TEST(GrpcHookClient, ADeadlineEndsTheCallOnBothSides) {
  FakeApplication application;
  application.Hold();
  ClientOnShard shard(application.address());
  const auto verdict = shard.Upgrade(std::chrono::milliseconds(300));
  EXPECT_EQ(verdict.status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(GrpcHookClient, TheApplicationsOwnErrorIsPassedOn) {
  FakeApplication application;
  application.on_message = [](const v1::MessageRequest&, v1::HookReply*) {
    return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "not now");
  };
  ClientOnShard shard(application.address());
  const auto reply = shard.Call(ClientOnShard::Message("x"));
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(MessageOf(reply.status()), "not now");
}

TEST(GrpcHookClient, NonsenseIsAnInvalidArgumentThatSaysWhy) {
  FakeApplication application;
  application.on_upgrade = [](const v1::UpgradeRequest&, v1::UpgradeReply* reply) {
    v1::Header* header = reply->mutable_accept()->add_headers();
    header->set_name("Transfer-Encoding");
    header->set_value("chunked");
    return grpc::Status::OK;
  };
  application.on_message = [](const v1::MessageRequest&, v1::HookReply* reply) {
    reply->add_actions();
    return grpc::Status::OK;
  };
  ClientOnShard shard(application.address());
  const auto verdict = shard.Upgrade();
  EXPECT_EQ(verdict.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(verdict.status()), HasSubstr("Transfer-Encoding"));
  const auto reply = shard.Call(ClientOnShard::Message("x"));
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(reply.status()), HasSubstr("actions[0]"));
}

TEST(GrpcHookClient, AReplyThatCannotBeReadIsAnInvalidArgumentAndNoPartOfItCounts) {
  FakeApplication application;
  application.on_upgrade = [](const v1::UpgradeRequest&, v1::UpgradeReply* reply) {
    reply->mutable_accept()->set_namespace_("not UTF-8: \xFF");
    return grpc::Status::OK;
  };
  application.on_message = [](const v1::MessageRequest&, v1::HookReply* reply) {
    reply->add_actions()->mutable_send()->mutable_data()->set_text("good");
    reply->add_actions()->mutable_send()->mutable_data()->set_text("not UTF-8: \xFF");
    return grpc::Status::OK;
  };
  ClientOnShard shard(application.address());
  const auto verdict = shard.Upgrade();
  EXPECT_EQ(verdict.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(verdict.status()), HasSubstr("UpgradeReply"));
  const auto reply = shard.Call(ClientOnShard::Message("x"));
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(reply.status()), HasSubstr("HookReply"));
  EXPECT_THAT(MessageOf(reply.status()), HasSubstr("UTF-8"));
}

TEST(GrpcHookClient, AReplyThatIsTooLargeIsResourceExhausted) {
  FakeApplication application;
  application.on_message = [](const v1::MessageRequest& request, v1::HookReply* reply) {
    const size_t bytes = request.text() == "large" ? 5 << 20 : 3 << 20;
    reply->add_actions()->mutable_send()->mutable_data()->set_binary(std::string(bytes, 'x'));
    return grpc::Status::OK;
  };
  ClientOnShard shard(application.address());
  EXPECT_EQ(shard.Call(ClientOnShard::Message("large")).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(shard.Call(ClientOnShard::Message("small")).ok());
}

TEST(GrpcHookClient, ManyCallsAtOnceAreEachAnsweredOnce) {
  FakeApplication application;
  application.on_message = [](const v1::MessageRequest& request, v1::HookReply* reply) {
    reply->add_actions()->mutable_send()->mutable_data()->set_text(request.text());
    return grpc::Status::OK;
  };
  ClientOnShard shard(application.address());
  constexpr int kCalls = 500;
  std::vector<int> answers(kCalls, 0);
  std::vector<Affinity> affinities(kCalls);
  std::promise<void> all;
  shard.Run([&] {
    auto left = std::make_shared<int>(kCalls);
    for (int i = 0; i < kCalls; ++i) {
      shard.client->Call(shard.peer, ClientOnShard::Message(std::to_string(i), i + 1),
                         &affinities[i], std::chrono::seconds(30),
                         [&, i, left](absl::StatusOr<HookReply> reply) {
                           ASSERT_TRUE(reply.ok()) << reply.status();
                           EXPECT_EQ(std::get<SendAction>(reply->actions[0]).data.payload.view(),
                                     std::to_string(i));
                           ++answers[i];
                           if (--*left == 0) all.set_value();
                         });
    }
  });
  all.get_future().wait();
  EXPECT_EQ(answers, std::vector<int>(kCalls, 1));
}

TEST(GrpcHookClient, DestroyedWithCallsInFlightItCancelsThemAndCallsNobody) {
  FakeApplication application;
  application.Hold();
  ClientOnShard shard(application.address());
  std::atomic<int> answered{0};
  auto kept = std::make_shared<int>();
  const std::weak_ptr<int> held_by_calls = kept;
  shard.Run([&] {
    for (int i = 0; i < 10; ++i) {
      shard.client->Call(shard.peer, ClientOnShard::Message("x", i + 2), &shard.affinity,
                         std::chrono::seconds(60),
                         [&answered, kept](const absl::StatusOr<HookReply>&) { ++answered; });
    }
    kept.reset();
  });
  ASSERT_TRUE(application.AwaitCalls(10));
  shard.Run([&] { shard.client.reset(); });
  EXPECT_TRUE(held_by_calls.expired());
  EXPECT_TRUE(application.AwaitGivenUp(10));
  shard.Run([] {});  // what was posted before has run
  EXPECT_EQ(answered, 0);
}

// ---- Over streams ------------------------------------------------------------------------------

TEST(GrpcHookClient, TenThousandHooksOverAStreamAreEachAnsweredOnce) {
  constexpr int kHooks = 10'000;
  FakeApplication application;
  application.on_session = FakeStream::Echo;
  ClientOnShard shard(application.address(), config::HookMode::kSession);
  ASSERT_TRUE(shard.Upgrade().ok());
  std::vector<int> answers(kHooks, 0);
  std::vector<Affinity> affinities(kHooks);
  std::promise<void> all;
  int left = kHooks;
  size_t most = 0;
  shard.Run([&] {
    for (int i = 0; i < kHooks; ++i) {
      shard.client->Call(shard.peer, ClientOnShard::Message("x", i + 1), &affinities[i],
                         std::chrono::seconds(60), [&, i](const absl::StatusOr<HookReply>& reply) {
                           EXPECT_TRUE(reply.ok()) << reply.status();
                           ++answers[i];
                           most = std::max(most, shard.client->client().in_flight());
                           if (--left == 0) all.set_value();
                         });
    }
  });
  all.get_future().wait();
  EXPECT_EQ(answers, std::vector<int>(kHooks, 1));
  EXPECT_LE(most, 1024u);
  EXPECT_EQ(application.calls(), 0);  // none of them unary
}

TEST(GrpcHookClient, EachOfSeveralStreamsToAnAddressHasAConnectionOfItsOwn) {
  FakeApplication application;
  application.on_session = FakeStream::Echo;
  ClientOnShard shard(application.address(), config::HookMode::kSession, /*sessions=*/3);
  ASSERT_TRUE(shard.Upgrade().ok());
  EXPECT_TRUE(application.AwaitConnections(3)) << "what stands behind the address may spread them";
}

TEST(GrpcHookClient, AnApplicationOfStreamsThatLeavesIsTakenLeaveOf) {
  std::promise<std::string> reason;
  FakeApplication application;
  application.on_session = [&](FakeStream* stream, const v1::SessionRequest* request) {
    if (request != nullptr && request->has_go_away()) reason.set_value(request->go_away().reason());
    FakeStream::Echo(stream, request);
  };
  ClientOnShard shard(application.address(), config::HookMode::kSession);
  ASSERT_TRUE(shard.Upgrade().ok());
  std::promise<void> left;
  shard.Run([&] { shard.client->Leave([&] { left.set_value(); }); });
  EXPECT_EQ(reason.get_future().get(), "the node is shutting down");
  left.get_future().wait();
}

TEST(GrpcHookClient, WhatIsTooLargeForAStreamTravelsByACall) {
  FakeApplication application;
  application.on_session = FakeStream::Echo;
  ClientOnShard shard(application.address());
  ASSERT_TRUE(shard.Upgrade().ok());
  EXPECT_TRUE(shard.Call(ClientOnShard::Message(std::string(2 << 20, 'x'))).ok());
  EXPECT_EQ(application.calls(), 1);
}

TEST(GrpcHookClient, DestroyedWithStreamsInFlightItCallsNobody) {
  FakeApplication application;
  std::promise<void> came;
  application.on_session = [&](FakeStream* stream, const v1::SessionRequest* request) {
    if (request == nullptr) return;
    if (request->has_hello()) stream->Welcome();
    if (request->has_events()) came.set_value();
  };
  ClientOnShard shard(application.address());
  bool answered = false;
  shard.Run([&] {
    shard.client->Call(shard.peer, ClientOnShard::Message("x"), &shard.affinity,
                       std::chrono::seconds(60),
                       [&](const absl::StatusOr<HookReply>&) { answered = true; });
  });
  came.get_future().wait();
  shard.Run([&] { shard.client.reset(); });
  shard.Run([] {});
  EXPECT_FALSE(answered);
}

TEST(Mailbox, WhatWaitsForTheLoopIsDroppedOnceItIsClosed) {
  ShardLoop loop(ShardId{0});
  const auto mailbox = std::make_shared<Mailbox>(&loop);
  int ran = 0;
  mailbox->Put([&] { ++ran; });
  mailbox->Put([&] { ++ran; });
  EXPECT_EQ(loop.Poll(), 1u);  // what comes together is posted together
  EXPECT_EQ(ran, 2);
  mailbox->Put([&] { ++ran; });
  mailbox->Close();
  mailbox->Put([&] { ++ran; });
  loop.Poll();
  EXPECT_EQ(ran, 2);
}

TEST(Mailbox, ATaskThatClosesItIsTheLast) {
  ShardLoop loop(ShardId{0});
  const auto mailbox = std::make_shared<Mailbox>(&loop);
  int ran = 0;
  mailbox->Put([&] {
    ++ran;
    mailbox->Close();
  });
  mailbox->Put([&] { ++ran; });
  loop.Poll();
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace hookcast::hooks

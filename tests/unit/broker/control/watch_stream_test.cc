#include "broker/control/watch_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/broker/control/server_under_test.h"

namespace hookcast::control {
namespace {

using ::testing::HasSubstr;

class WatchStreamTest : public ::testing::Test {
 protected:
  // A Watch call that has begun.
  struct Call {
    Call(ServerUnderTest& test, const v1::WatchRequest& request)
        : reader(test.stub->Watch(&context, request)) {
      reader->WaitForInitialMetadata();
    }
    v1::WatchEvent Next() {
      v1::WatchEvent event;
      EXPECT_TRUE(reader->Read(&event));
      return event;
    }

    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::WatchEvent>> reader;
  };

  void Publish(const v1::PublishRequest& request) {
    grpc::ClientContext context;
    v1::PublishResponse response;
    const grpc::Status status = test_.stub->Publish(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }

  ServerUnderTest test_;
};

TEST_F(WatchStreamTest, TellsWhatIsPublishedWithoutASubscriber) {
  test_.node.Start();
  v1::WatchRequest request;
  request.set_namespace_("/a");
  request.set_messages(true);
  Call call(test_, request);
  v1::PublishRequest other = Publication("elsewhere");
  other.set_namespace_("/b");
  Publish(other);
  Publish(Publication("one"));
  Publish(Publication("two"));
  const v1::WatchEvent event = call.Next();
  EXPECT_EQ(event.message().data().text(), "one");
  EXPECT_EQ(event.message().topic(), "t");
  EXPECT_EQ(event.message().published_at().seconds(), 1'700'000'000);
  EXPECT_EQ(call.Next().message().data().text(), "two");
}

TEST_F(WatchStreamTest, TellsWhatTheNodeMissedOfTheNamespaceWhereMessagesAreWatched) {
  test_.node.Start();
  v1::WatchRequest request;
  request.set_namespace_("/a");
  request.set_messages(true);
  Call call(test_, request);
  test_.node.watchers().Missed("/b", 1);
  test_.node.watchers().Missed("/a", 3);
  test_.node.watchers().Missed("/a", std::nullopt);
  const v1::WatchEvent some = call.Next();
  EXPECT_EQ(some.missed().namespace_(), "/a");
  EXPECT_EQ(some.missed().messages(), 3u);
  EXPECT_FALSE(call.Next().missed().has_messages());
}

TEST_F(WatchStreamTest, TellsPeersThatComeAndGo) {
  test_.node.Start();
  v1::WatchRequest request;
  request.set_peers(true);
  request.set_namespace_("/a");
  Call call(test_, request);
  test_.node.AddPeer(0, "/b");
  fakes::RecordingPeer* const peer = test_.node.AddPeer(1, "/a");
  Publish(Publication("not asked for"));
  const v1::WatchEvent opened = call.Next();
  EXPECT_EQ(opened.opened().peer().id(), peer->id().ToString());
  EXPECT_EQ(opened.opened().node(), test_.node.incarnation.ToString());
  const pubsub::CloseDetails details{4001, "bye", pubsub::ClosedBy::kClient, true};
  test_.node.OnShard(1, [&](pubsub::Hub& hub) { hub.Remove(peer, &details); });
  const v1::WatchEvent closed = call.Next();
  EXPECT_EQ(closed.closed().peer(), peer->id().ToString());
  EXPECT_EQ(closed.closed().namespace_(), "/a");
  EXPECT_EQ(closed.closed().details().code(), 4001u);
  EXPECT_EQ(closed.closed().details().reason(), "bye");
  EXPECT_EQ(closed.closed().details().closed_by(), v1::CLOSED_BY_CLIENT);
  EXPECT_TRUE(closed.closed().details().was_clean());
}

TEST_F(WatchStreamTest, OneThatReadsTooSlowlyLosesEventsAndIsToldHowMany) {
  test_.node.Start();
  v1::WatchRequest request;
  request.set_messages(true);
  Call call(test_, request);
  // gRPC takes a share first.
  uint64_t published = 0;
  const std::string filler(60'000, '.');
  while (test_.node.metrics().watch_dropped.value() < 10) {
    Publish(Publication(std::to_string(published++) + filler));
  }
  uint64_t next = 0;
  uint64_t dropped = 0;
  while (next < published) {
    const v1::WatchEvent event = call.Next();
    if (event.kind_case() == v1::WatchEvent::kDropped) {
      dropped += event.dropped();
      next += event.dropped();
      continue;
    }
    ASSERT_EQ(event.message().data().text(), std::to_string(next++) + filler);
  }
  EXPECT_GE(dropped, 10u);
  EXPECT_EQ(dropped, test_.node.metrics().watch_dropped.value());
  Publish(Publication("later"));
  EXPECT_EQ(call.Next().message().data().text(), "later");
}

TEST_F(WatchStreamTest, AClientThatGoesIsForgotten) {
  test_.node.Start();
  Call call(test_, {});
  EXPECT_EQ(test_.node.metrics().watchers.value(), 1);
  call.context.TryCancel();
  EXPECT_EQ(call.reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  while (test_.node.metrics().watchers.value() != 0) {
  }
  Publish(Publication("nobody looks"));
}

TEST_F(WatchStreamTest, MayGoWhileThreadsPublish) {
  test_.node.Start();
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!stop) test_.node.handlers().Publish(Publication("x"), [](const auto&) {});
    });
  }
  for (int i = 0; i < 50; ++i) {
    Call call(test_, {});
    call.Next();
    if (i % 2 == 0) call.context.TryCancel();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

TEST_F(WatchStreamTest, EndsWithTheNodeAtOnce) {
  test_.node.Start();
  Call call(test_, {});
  test_.server->Shutdown(std::chrono::hours(1));
  v1::WatchEvent event;
  EXPECT_FALSE(call.reader->Read(&event));
  const grpc::Status status = call.reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("stopping"));
}

TEST_F(WatchStreamTest, WhatCannotBeWatchedIsRefused) {
  test_.node.Start();
  v1::WatchRequest request;
  request.set_topic(std::string(256, 't'));
  {
    Call call(test_, request);
    EXPECT_EQ(call.reader->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  }
  std::vector<std::unique_ptr<Call>> calls;
  for (size_t i = 0; i < pubsub::Watchers::kMost; ++i) {
    calls.push_back(std::make_unique<Call>(test_, v1::WatchRequest()));
  }
  Call one_more(test_, {});
  EXPECT_EQ(one_more.reader->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  for (const auto& call : calls) call->context.TryCancel();
}

}  // namespace
}  // namespace hookcast::control

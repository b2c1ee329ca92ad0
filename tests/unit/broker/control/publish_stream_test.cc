#include "broker/control/publish_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/broker/control/server_under_test.h"

namespace hookcast::control {
namespace {

using ::testing::HasSubstr;

TEST(PublishStream, PublishesInOrderAndSumsUp) {
  ServerUnderTest test;
  fakes::RecordingPeer* const peer = test.node.AddPeer(1, "/a", {"t"});
  test.node.Start();
  grpc::ClientContext context;
  v1::PublishStreamResponse response;
  const auto stream = test.stub->PublishStream(&context, &response);
  std::vector<std::string> expected;
  constexpr int kMessages = 4 * PublishStream::kMostUnanswered;
  for (int i = 0; i < kMessages; ++i) {
    v1::PublishRequest request = Publication(std::to_string(i));
    if (i == 7) request.set_topic("");
    if (i == 9) request.clear_data();
    if (i == 11) request.mutable_data()->set_text("not UTF-8: \xFF");
    if (i != 7 && i != 9 && i != 11) expected.push_back(std::to_string(i));
    ASSERT_TRUE(stream->Write(request));
  }
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.published(), static_cast<uint64_t>(kMessages - 3));
  EXPECT_EQ(response.refused(), 3u);
  EXPECT_THAT(response.first_refused().error(), HasSubstr("topic is empty"));
  EXPECT_EQ(test.node.Payloads(peer), expected);
}

TEST(PublishStream, PausesReadingWhileTooManyAreOnTheirWay) {
  ServerUnderTest test(1);
  test.node.AddPeer(0, "/a", {"t"});
  test.node.Start();
  test.node.Hold(0);
  grpc::ClientContext context;
  v1::PublishStreamResponse response;
  const auto stream = test.stub->PublishStream(&context, &response);
  constexpr uint64_t kMessages = 3 * PublishStream::kMostUnanswered;
  for (uint64_t i = 0; i < kMessages; ++i) ASSERT_TRUE(stream->Write(Publication("x")));
  stream->WritesDone();
  const metrics::Counter& published = test.node.metrics().published;
  while (published.value() < PublishStream::kMostUnanswered) {
  }
  EXPECT_EQ(published.value(), PublishStream::kMostUnanswered);
  test.node.Release(0);
  ASSERT_TRUE(stream->Finish().ok());
  EXPECT_EQ(response.published(), kMessages);
}

TEST(PublishStream, WhatCameBeforeTheClientLeftIsPublished) {
  ServerUnderTest test(1);
  fakes::RecordingPeer* const peer = test.node.AddPeer(0, "/a", {"t"});
  test.node.Start();
  grpc::ClientContext context;
  v1::PublishStreamResponse response;
  const auto stream = test.stub->PublishStream(&context, &response);
  ASSERT_TRUE(stream->Write(Publication("one")));
  while (test.node.Payloads(peer).empty()) {
  }
  test.node.Hold(0);
  ASSERT_TRUE(stream->Write(Publication("two")));
  while (test.node.metrics().published.value() < 2) {
  }
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  test.node.Release(0);
  test.server->Shutdown(std::chrono::seconds(20));
  EXPECT_THAT(test.node.Payloads(peer), ::testing::ElementsAre("one", "two"));
}

}  // namespace
}  // namespace hookcast::control

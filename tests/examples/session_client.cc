#include "tests/examples/session_client.h"

#include <gtest/gtest.h>

#include <chrono>

namespace hookcast::testing {
namespace {

grpc::ClientContext* WithDeadline(grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  return context;
}

}  // namespace

SessionClient::SessionClient(const std::string& address)
    : stub_(v1::HookService::NewStub(
          grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))),
      stream_(stub_->Session(WithDeadline(&context_))) {
  v1::SessionRequest hello;
  hello.mutable_hello()->set_version(1);
  hello.mutable_hello()->set_node("test");
  Send(hello);
}

void SessionClient::Send(const v1::SessionRequest& request) {
  EXPECT_TRUE(stream_->Write(request)) << "the application has ended the stream";
}

void SessionClient::SendEvents(const std::vector<v1::SessionEvent>& events) {
  v1::SessionRequest request;
  request.mutable_events()->mutable_events()->Assign(events.begin(), events.end());
  Send(request);
}

v1::SessionReply SessionClient::Receive() {
  v1::SessionReply reply;
  EXPECT_TRUE(stream_->Read(&reply)) << "the application has ended the stream";
  return reply;
}

std::map<std::string, v1::SessionAnswer> SessionClient::ReceiveAnswers(size_t count) {
  std::map<std::string, v1::SessionAnswer> answers;
  while (answers.size() < count) {
    const v1::SessionReply reply = Receive();
    EXPECT_TRUE(reply.has_replies()) << reply.DebugString();
    if (!reply.has_replies()) break;
    for (const v1::SessionAnswer& answer : reply.replies().answers()) {
      EXPECT_TRUE(answers.emplace(answer.event_id(), answer).second)
          << answer.event_id() << " was answered twice";
    }
  }
  return answers;
}

grpc::Status SessionClient::End() {
  stream_->WritesDone();
  v1::SessionReply ignored;
  while (stream_->Read(&ignored)) {
  }
  return stream_->Finish();
}

}  // namespace hookcast::testing

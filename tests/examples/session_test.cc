// The Session streams of the example chats, message by message, as hooks.proto has them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/examples/chat_process.h"
#include "tests/examples/session_client.h"

namespace hookcast::testing {
namespace {

v1::SessionEvent Upgrade(const std::string& id, const std::string& query) {
  v1::SessionEvent event;
  event.mutable_upgrade()->mutable_event()->set_id(id);
  event.mutable_upgrade()->mutable_request()->set_query(query);
  return event;
}

v1::SessionEvent Message(const std::string& id, const std::string& text) {
  v1::SessionEvent event;
  event.mutable_message()->mutable_event()->set_id(id);
  event.mutable_message()->mutable_peer()->set_id("peer-of-" + id);
  event.mutable_message()->set_text(text);
  return event;
}

v1::SessionEvent Error(const std::string& id, uint32_t attempt, const std::string& message) {
  v1::SessionEvent event;
  event.mutable_error()->mutable_event()->set_id(id);
  event.mutable_error()->mutable_event()->set_attempt(attempt);
  event.mutable_error()->mutable_peer()->set_id("p");
  event.mutable_error()->set_message(message);
  return event;
}

class SessionTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    chat_ = ChatProcess::Start(GetParam());
    ASSERT_NE(chat_, nullptr);
    session_ = std::make_unique<SessionClient>(chat_->hooks());
    const v1::SessionReply welcome = session_->Receive();
    ASSERT_TRUE(welcome.has_welcome()) << welcome.DebugString();
    EXPECT_EQ(welcome.welcome().version(), 1);
  }

  std::unique_ptr<ChatProcess> chat_;
  std::unique_ptr<SessionClient> session_;
};

TEST_P(SessionTest, PingsAreAnsweredByTheirNumber) {
  for (const uint64_t number : {uint64_t{7}, uint64_t{8}, uint64_t{1} << 40}) {
    v1::SessionRequest ping;
    ping.mutable_ping()->set_number(number);
    session_->Send(ping);
    const v1::SessionReply pong = session_->Receive();
    EXPECT_TRUE(pong.has_pong()) << pong.DebugString();
    EXPECT_EQ(pong.pong().number(), number);
  }
}

TEST_P(SessionTest, EachEventOfABatchIsAnsweredByItsId) {
  v1::SessionEvent drain;
  drain.mutable_drain()->mutable_event()->set_id("d");
  session_->SendEvents({Upgrade("good", "name=Ada"), Upgrade("bad", "name=%00"),
                        Message("m", "hello"), drain, Error("e", 1, "something went wrong")});
  const auto answers = session_->ReceiveAnswers(5);
  ASSERT_EQ(answers.size(), 5);
  EXPECT_EQ(
      answers.at("good").upgrade().accept().context().fields().fields().at("name").string_value(),
      "Ada");
  EXPECT_EQ(answers.at("bad").upgrade().reject().status(), 400);
  ASSERT_EQ(answers.at("m").reply().actions_size(), 2);
  EXPECT_EQ(answers.at("m").reply().actions(0).publish().topic(), "chat");
  EXPECT_TRUE(answers.at("m").reply().actions(1).has_send());
  EXPECT_TRUE(answers.at("e").has_reply());
  EXPECT_EQ(answers.at("d").error().code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_P(SessionTest, AWholeCreditOfEventsIsAnsweredWithoutAnotherWord) {
  for (int batch = 0; batch < 8; ++batch) {
    std::vector<v1::SessionEvent> events;
    events.reserve(128);
    for (int i = 0; i < 128; ++i) events.push_back(Message(absl::StrCat(batch, "/", i), "hello"));
    session_->SendEvents(events);
  }
  EXPECT_EQ(session_->ReceiveAnswers(1024).size(), 1024);
}

TEST_P(SessionTest, AStreamThatTheNodeEndsEndsWell) {
  session_->SendEvents({Message("m", "hello")});
  EXPECT_EQ(session_->ReceiveAnswers(1).size(), 1);
  const grpc::Status status = session_->End();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

INSTANTIATE_TEST_SUITE_P(Examples, SessionTest, ::testing::Values("cpp", "node", "python"),
                         [](const auto& info) { return info.param; });

// What the chat in C++ leaves out, to stay short.
class WholeSessionTest : public SessionTest {};

TEST_P(WholeSessionTest, AChatThatEndsSaysSoAndAnswersWhatItWasSent) {
  chat_->process().Signal(SIGTERM);
  const v1::SessionReply reply = session_->Receive();
  EXPECT_TRUE(reply.has_go_away()) << reply.DebugString();
  session_->SendEvents({Message("m", "on its way when the chat was told to end")});
  EXPECT_EQ(session_->ReceiveAnswers(1).size(), 1);
  EXPECT_TRUE(session_->End().ok());
  const auto code = chat_->process().WaitExit();
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 0) << chat_->process().output();
}

TEST_P(WholeSessionTest, ARepeatOfAnEventIsAnsweredAndNotActedUponAgain) {
  session_->SendEvents({Error("e", 1, "went wrong")});
  EXPECT_TRUE(session_->ReceiveAnswers(1).at("e").has_reply());
  session_->SendEvents({Error("e", 2, "went wrong")});
  EXPECT_TRUE(session_->ReceiveAnswers(1).at("e").has_reply());
  session_->SendEvents({Error("f", 1, "is over")});
  ASSERT_TRUE(chat_->process().WaitForLine("peer p: is over").ok());
  const std::string output = chat_->process().output();
  const size_t first = output.find("peer p: went wrong");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(output.find("peer p: went wrong", first + 1), std::string::npos) << output;
}

INSTANTIATE_TEST_SUITE_P(Examples, WholeSessionTest, ::testing::Values("node", "python"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace hookcast::testing

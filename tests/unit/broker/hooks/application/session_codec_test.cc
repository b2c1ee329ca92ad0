#include "broker/hooks/application/session_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "broker/base/utf8.h"

namespace hookcast::hooks {
namespace {

using ::testing::HasSubstr;

template <typename News>
News Read(const v1::SessionReply& reply) {
  absl::StatusOr<SessionNews> news = ReadSessionReply(reply);
  EXPECT_TRUE(news.ok()) << news.status();
  if (!news.ok() || !std::holds_alternative<News>(*news)) {
    ADD_FAILURE() << "not what it should be";
    return {};
  }
  return std::get<News>(*std::move(news));
}

HookAnswer ReadAnswer(const v1::SessionAnswer& answer) {
  v1::SessionReply reply;
  *reply.mutable_replies()->add_answers() = answer;
  return std::move(Read<Answers>(reply).by_event.at(0).second);
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(SessionCodec, AnAnswerThatCannotBeReadIsAnErrorOfItsEventAlone) {
  v1::SessionReply reply;
  const auto answer = [&](const std::string& event) {
    v1::SessionAnswer* const added = reply.mutable_replies()->add_answers();
    added->set_event_id(event);
    return added->mutable_reply()->add_actions()->mutable_send()->mutable_data();
  };
  answer("good")->set_text("x");
  answer("not UTF-8")->set_text("\xFF");
  google::protobuf::Value* value = answer("deep")->mutable_json();
  for (int i = 0; i < 100; ++i) value = value->mutable_list_value()->add_values();
  value->set_bool_value(true);
  answer("good as well")->set_text("y");
  const std::string bytes = reply.SerializeAsString();
  ASSERT_FALSE(v1::SessionReply().ParseFromString(bytes));

  const absl::StatusOr<v1::SessionReply> apart = ReadAnswersApart(bytes);
  ASSERT_TRUE(apart.ok()) << apart.status();
  const Answers answers = Read<Answers>(*apart);
  ASSERT_EQ(answers.by_event.size(), 4u);
  EXPECT_EQ(answers.by_event[0].first, "good");
  EXPECT_TRUE(answers.by_event[0].second.ok());
  for (const size_t i : {1, 2}) {
    EXPECT_EQ(answers.by_event[i].first, i == 1 ? "not UTF-8" : "deep");
    EXPECT_EQ(answers.by_event[i].second.status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_TRUE(answers.by_event[3].second.ok());
}

TEST(SessionCodec, WhatIsNoRepliesOrNamesNoEventCannotBeReadApart) {
  v1::SessionReply going;
  going.mutable_go_away()->set_reason("\xFF");
  v1::SessionReply nameless;
  nameless.mutable_replies()->add_answers()->mutable_error()->set_message("\xFF");
  v1::SessionReply misnamed;
  misnamed.mutable_replies()->add_answers()->set_event_id("\xFF");
  std::string cut;
  cut = nameless.SerializeAsString();
  cut.pop_back();
  for (const std::string& bytes : {going.SerializeAsString(), nameless.SerializeAsString(),
                                   misnamed.SerializeAsString(), cut, std::string("\xFF\xFF")}) {
    const auto apart = ReadAnswersApart(bytes);
    EXPECT_EQ(apart.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(Message(apart.status()), HasSubstr("UTF-8"));
  }
}

TEST(SessionCodec, AWelcomeGrantsItsCreditOrTheDefaults) {
  v1::SessionReply reply;
  reply.mutable_welcome()->set_version(1);
  Welcome welcome = Read<Welcome>(reply);
  EXPECT_EQ(welcome.credit_events, 1024u);
  EXPECT_EQ(welcome.credit_bytes, size_t{4} << 20);
  reply.mutable_welcome()->set_credit_events(7);
  reply.mutable_welcome()->set_credit_bytes(8);
  welcome = Read<Welcome>(reply);
  EXPECT_EQ(welcome.credit_events, 7u);
  EXPECT_EQ(welcome.credit_bytes, 8u);
}

TEST(SessionCodec, NobodyIsGrantedMoreThanANodeCanHold) {
  v1::SessionReply reply;
  reply.mutable_welcome()->set_version(1);
  reply.mutable_welcome()->set_credit_events(UINT32_MAX);
  reply.mutable_welcome()->set_credit_bytes(UINT64_MAX);
  const Welcome welcome = Read<Welcome>(reply);
  EXPECT_EQ(welcome.credit_events, 1'000'000u);
  EXPECT_EQ(welcome.credit_bytes, size_t{1} << 30);
}

TEST(SessionCodec, AWelcomeOfAnotherVersionIsAnErrorThatNamesBoth) {
  for (const uint32_t version : {0u, 2u}) {
    v1::SessionReply reply;
    reply.mutable_welcome()->set_version(version);
    const absl::Status status = ReadSessionReply(reply).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(Message(status), HasSubstr("welcome.version is " + std::to_string(version)));
    EXPECT_THAT(Message(status), HasSubstr("version 1"));
  }
}

TEST(SessionCodec, AMessageOfNoKindIsAnErrorThatNamesTheKinds) {
  const absl::Status status = ReadSessionReply({}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(status), HasSubstr("neither welcome, replies, ping, pong nor go_away"));
}

TEST(SessionCodec, AnswersKeepTheirOrderAndOneThatMakesNoSenseIsItsOwnError) {
  v1::SessionReply reply;
  auto* const replies = reply.mutable_replies();
  replies->add_answers()->set_event_id("a");
  v1::SessionAnswer* answer = replies->add_answers();
  answer->set_event_id("b");
  answer->mutable_reply()->add_actions();
  answer = replies->add_answers();
  answer->set_event_id("c");
  answer->mutable_reply()->add_actions()->mutable_subscribe()->set_topic("t");
  answer = replies->add_answers();
  answer->set_event_id("d");
  answer->mutable_upgrade()->mutable_reject()->set_status(401);
  answer = replies->add_answers();
  answer->set_event_id("e");
  answer->mutable_upgrade()->mutable_reject()->set_status(200);

  const Answers answers = Read<Answers>(reply);
  ASSERT_EQ(answers.by_event.size(), 5u);
  const auto status_of = [&](size_t i) { return answers.by_event[i].second.status(); };
  EXPECT_EQ(answers.by_event[0].first, "a");
  EXPECT_THAT(Message(status_of(0)), HasSubstr("neither upgrade, reply nor error"));
  EXPECT_EQ(answers.by_event[1].first, "b");
  EXPECT_EQ(status_of(1).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(status_of(1)), HasSubstr("actions[0]"));
  EXPECT_EQ(answers.by_event[2].first, "c");
  ASSERT_TRUE(status_of(2).ok());
  EXPECT_EQ(std::get<HookReply>(*answers.by_event[2].second).actions.size(), 1u);
  ASSERT_TRUE(status_of(3).ok());
  const auto& verdict = std::get<UpgradeVerdict>(*answers.by_event[3].second);
  EXPECT_EQ(std::get<Reject>(verdict).status, 401);
  EXPECT_THAT(Message(status_of(4)), HasSubstr("300 to 599"));
}

TEST(SessionCodec, AnswersWithoutEndLeaveTheStreamInDoubt) {
  v1::SessionReply reply;
  for (int i = 0; i < kMostAnswers; ++i) reply.mutable_replies()->add_answers();
  EXPECT_TRUE(ReadSessionReply(reply).ok());
  reply.mutable_replies()->add_answers();
  EXPECT_THAT(Message(ReadSessionReply(reply).status()),
              HasSubstr("replies has 16385 answers; one message may have at most 16384"));
}

TEST(SessionCodec, AnErrorIsTheStatusThatAUnaryCallWouldEndWith) {
  v1::SessionAnswer answer;
  answer.mutable_error()->set_message("why");
  for (uint32_t code = 1; code <= 16; ++code) {
    if (static_cast<absl::StatusCode>(code) == absl::StatusCode::kDeadlineExceeded) continue;
    answer.mutable_error()->set_code(code);
    EXPECT_EQ(ReadAnswer(answer).status(),
              absl::Status(static_cast<absl::StatusCode>(code), "why"));
  }
  // An answer that came is no deadline that passed.
  answer.mutable_error()->set_code(static_cast<uint32_t>(absl::StatusCode::kDeadlineExceeded));
  EXPECT_EQ(ReadAnswer(answer).status(),
            absl::UnknownError("the application answered DEADLINE_EXCEEDED: why"));
  for (const uint32_t code : {0u, 17u, 20u, 1000u, 0x80000000u, UINT32_MAX}) {
    answer.mutable_error()->set_code(code);
    EXPECT_EQ(ReadAnswer(answer).status(), absl::UnknownError("why")) << code;
  }
}

TEST(SessionCodec, WhatIsForPeopleIsCutBetweenCharacters) {
  for (size_t shift = 0; shift < 3; ++shift) {
    std::string text(shift, 'x');
    for (int i = 0; i < 1000; ++i) text += "\xe2\x82\xac";
    v1::SessionReply reply;
    reply.mutable_go_away()->set_reason(text);
    const std::string reason = Read<GoAway>(reply).reason;
    v1::SessionAnswer answer;
    answer.mutable_error()->set_code(3);
    answer.mutable_error()->set_message(text);
    const std::string message = Message(ReadAnswer(answer).status());
    for (const std::string& cut : {reason, message}) {
      EXPECT_TRUE(IsValidUtf8(cut));
      EXPECT_LE(cut.size(), 500u);
      EXPECT_GT(cut.size(), 496u);
      EXPECT_EQ(text.substr(0, cut.size()), cut);
    }
  }
}

TEST(SessionCodec, PingAndPongCarryTheirNumber) {
  v1::SessionReply reply;
  reply.mutable_ping()->set_number(7);
  EXPECT_EQ(Read<Ping>(reply).number, 7u);
  reply.mutable_pong()->set_number(UINT64_MAX);
  EXPECT_EQ(Read<Pong>(reply).number, UINT64_MAX);
}

TEST(SessionCodec, TellsAnEventsHookAndId) {
  const auto expect = [](Hook hook, auto name) {
    v1::SessionEvent event;
    name(&event)->mutable_event()->set_id("id");
    EXPECT_EQ(HookOf(event), hook);
    EXPECT_EQ(EventIdOf(event), "id");
  };
  expect(Hook::kUpgrade, [](v1::SessionEvent* event) { return event->mutable_upgrade(); });
  expect(Hook::kOpen, [](v1::SessionEvent* event) { return event->mutable_open(); });
  expect(Hook::kMessage, [](v1::SessionEvent* event) { return event->mutable_message(); });
  expect(Hook::kClose, [](v1::SessionEvent* event) { return event->mutable_close(); });
  expect(Hook::kError, [](v1::SessionEvent* event) { return event->mutable_error(); });
  expect(Hook::kDrain, [](v1::SessionEvent* event) { return event->mutable_drain(); });
  expect(Hook::kResume, [](v1::SessionEvent* event) { return event->mutable_resume(); });
}

}  // namespace
}  // namespace hookcast::hooks

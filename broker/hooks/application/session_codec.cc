#include "broker/hooks/application/session_codec.h"

#include <google/protobuf/unknown_field_set.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "broker/base/utf8.h"
#include "broker/hooks/proto_codec.h"

namespace hookcast::hooks {
namespace {

constexpr uint32_t kVersion = 1;
constexpr auto kLastCode = static_cast<uint32_t>(absl::StatusCode::kUnauthenticated);
// What applications say for people to read is cut to what a log line bears.
constexpr size_t kMostShown = 500;
// An application that grants more than a node can hold grants no more than this.
constexpr uint32_t kMostCreditEvents = 1'000'000;
constexpr uint64_t kMostCreditBytes = 1 << 30;

// Not within a character.
std::string Cut(const std::string& text) {
  if (text.size() <= kMostShown) return text;
  size_t end = kMostShown;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

HookAnswer ReadError(const v1::SessionError& error) {
  // As for a unary call: a number that is no code is UNKNOWN, and so is "OK" as an error.
  if (error.code() == 0 || error.code() > kLastCode) {
    return absl::UnknownError(Cut(error.message()));
  }
  const auto code = static_cast<absl::StatusCode>(error.code());
  // A deadline is what the node itself keeps; this is an answer, and came in time.
  if (code == absl::StatusCode::kDeadlineExceeded) {
    return absl::UnknownError(
        absl::StrCat("the application answered DEADLINE_EXCEEDED: ", Cut(error.message())));
  }
  return absl::Status(code, Cut(error.message()));
}

HookAnswer ReadAnswer(const v1::SessionAnswer& answer) {
  switch (answer.kind_case()) {
    case v1::SessionAnswer::kUpgrade: {
      absl::StatusOr<UpgradeVerdict> verdict = FromProto(answer.upgrade());
      if (!verdict.ok()) return verdict.status();
      return *std::move(verdict);
    }
    case v1::SessionAnswer::kReply: {
      absl::StatusOr<HookReply> reply = FromProto(answer.reply());
      if (!reply.ok()) return reply.status();
      return *std::move(reply);
    }
    case v1::SessionAnswer::kError:
      return ReadError(answer.error());
    case v1::SessionAnswer::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("the answer has neither upgrade, reply nor error");
}

// The value of a field of bytes, text or a message; null where there is none.
const std::string* FindBytes(const google::protobuf::UnknownFieldSet& fields, int number) {
  for (int i = fields.field_count() - 1; i >= 0; --i) {
    const google::protobuf::UnknownField& field = fields.field(i);
    if (field.number() == number &&
        field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) {
      return &field.length_delimited();
    }
  }
  return nullptr;
}

// False where it is not even said of which event.
bool ReadAnswerApart(const std::string& bytes, v1::SessionAnswer* answer) {
  if (answer->ParseFromString(bytes)) return true;
  google::protobuf::UnknownFieldSet fields;
  if (!fields.ParseFromString(bytes)) return false;
  const std::string* const id = FindBytes(fields, v1::SessionAnswer::kEventIdFieldNumber);
  if (id == nullptr || !IsValidUtf8(*id)) return false;
  answer->Clear();
  answer->set_event_id(*id);
  answer->mutable_error()->set_code(static_cast<uint32_t>(absl::StatusCode::kInvalidArgument));
  answer->mutable_error()->set_message(
      "the answer cannot be read: text in it is not UTF-8, or it nests too deeply");
  return true;
}

}  // namespace

absl::StatusOr<SessionNews> ReadSessionReply(const v1::SessionReply& reply) {
  switch (reply.kind_case()) {
    case v1::SessionReply::kWelcome: {
      const v1::SessionWelcome& welcome = reply.welcome();
      if (welcome.version() != kVersion) {
        return absl::InvalidArgumentError(absl::StrCat("welcome.version is ", welcome.version(),
                                                       "; this node speaks version ", kVersion));
      }
      const size_t events = std::min(welcome.credit_events(), kMostCreditEvents);
      const size_t bytes = std::min(welcome.credit_bytes(), kMostCreditBytes);
      return Welcome{events == 0 ? kDefaultCreditEvents : events,
                     bytes == 0 ? kDefaultCreditBytes : bytes};
    }
    case v1::SessionReply::kReplies: {
      if (reply.replies().answers_size() > kMostAnswers) {
        return absl::InvalidArgumentError(
            absl::StrCat("replies has ", reply.replies().answers_size(),
                         " answers; one message may have at most ", kMostAnswers));
      }
      Answers answers;
      answers.by_event.reserve(static_cast<size_t>(reply.replies().answers_size()));
      for (const v1::SessionAnswer& answer : reply.replies().answers()) {
        answers.by_event.emplace_back(answer.event_id(), ReadAnswer(answer));
      }
      return answers;
    }
    case v1::SessionReply::kPing:
      return Ping{reply.ping().number()};
    case v1::SessionReply::kPong:
      return Pong{reply.pong().number()};
    case v1::SessionReply::kGoAway:
      return GoAway{Cut(reply.go_away().reason())};
    case v1::SessionReply::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "a message has neither welcome, replies, ping, pong nor go_away");
}

Hook HookOf(const v1::SessionEvent& event) {
  switch (event.kind_case()) {
    case v1::SessionEvent::kOpen:
      return Hook::kOpen;
    case v1::SessionEvent::kMessage:
      return Hook::kMessage;
    case v1::SessionEvent::kClose:
      return Hook::kClose;
    case v1::SessionEvent::kError:
      return Hook::kError;
    case v1::SessionEvent::kDrain:
      return Hook::kDrain;
    case v1::SessionEvent::kResume:
      return Hook::kResume;
    default:
      return Hook::kUpgrade;
  }
}

const std::string& EventIdOf(const v1::SessionEvent& event) {
  switch (event.kind_case()) {
    case v1::SessionEvent::kOpen:
      return event.open().event().id();
    case v1::SessionEvent::kMessage:
      return event.message().event().id();
    case v1::SessionEvent::kClose:
      return event.close().event().id();
    case v1::SessionEvent::kError:
      return event.error().event().id();
    case v1::SessionEvent::kDrain:
      return event.drain().event().id();
    case v1::SessionEvent::kResume:
      return event.resume().event().id();
    default:
      return event.upgrade().event().id();
  }
}

absl::StatusOr<v1::SessionReply> ReadAnswersApart(const std::string& bytes) {
  const absl::Status unreadable = absl::InvalidArgumentError(
      "the message is not a whole SessionReply, text in it is not UTF-8, or it nests too deeply");
  google::protobuf::UnknownFieldSet reply;
  if (!reply.ParseFromString(bytes)) return unreadable;
  const std::string* const replies = FindBytes(reply, v1::SessionReply::kRepliesFieldNumber);
  google::protobuf::UnknownFieldSet answers;
  if (replies == nullptr || !answers.ParseFromString(*replies)) return unreadable;
  v1::SessionReply read;
  for (int i = 0; i < answers.field_count(); ++i) {
    const google::protobuf::UnknownField& field = answers.field(i);
    if (field.number() != v1::SessionReplies::kAnswersFieldNumber ||
        field.type() != google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED) {
      continue;
    }
    if (!ReadAnswerApart(field.length_delimited(), read.mutable_replies()->add_answers())) {
      return unreadable;
    }
  }
  return read;
}

}  // namespace hookcast::hooks

// What an application answers, as any bytes: what is accepted is checked anew, in other words, and
// what is refused says why in a text that can be told.
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "broker/base/utf8.h"
#include "broker/hooks/application/session_codec.h"
#include "broker/hooks/proto_codec.h"
#include "broker/hooks/upgrade_verdict.h"
#include "fuzz/require.h"
#include "hookcast/v1/hooks.pb.h"

using namespace hookcast::hooks;  // NOLINT: all of it is looked at
using hookcast::IsValidUtf8;
using hookcast::fuzz::Require;
using hookcast::pubsub::Data;
using hookcast::pubsub::DataKind;

namespace {

void CheckRefusal(const absl::Status& status) {
  Require(!status.message().empty(), "an error says why");
  Require(IsValidUtf8({status.message().data(), status.message().size()}), "an error can be told");
}

bool IsLine(std::string_view text) {
  return IsValidUtf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return c == '\r' || c == '\n' || c == '\0';
         });
}

void CheckData(const Data& data) {
  if (data.kind == DataKind::kText) Require(IsValidUtf8(data.payload.view()), "text is UTF-8");
  hookcast::v1::Data again;
  ToProto(data, &again);
  const auto read = FromProto(again);
  Require(read.ok() && read->kind == data.kind && read->payload.view() == data.payload.view() &&
              read->compress == data.compress,
          "data survives the way back");
  if (data.event == nullptr) return;
  Require(IsLine(data.event->id) && IsLine(data.event->event), "an event's fields are lines");
  Require(data.event->event.rfind("hookcast.", 0) != 0, "the node's own events are not taken");
  Require(!data.event->retry || data.event->retry->count() >= 0, "retry is not in the past");
}

void CheckAction(const Action& action) {
  if (const auto* send = std::get_if<SendAction>(&action)) CheckData(send->data);
  if (const auto* publish = std::get_if<PublishAction>(&action)) {
    CheckData(publish->data);
    Require(IsValidUtf8(publish->topic), "topics are UTF-8");
  }
  if (const auto* subscribe = std::get_if<SubscribeAction>(&action)) {
    Require(IsValidUtf8(subscribe->topic), "topics are UTF-8");
  }
  if (const auto* close = std::get_if<CloseAction>(&action)) {
    Require(IsValidUtf8(close->reason) && close->code != 0, "a close can be checked");
  }
}

void CheckStoredContext(const std::string& context) {
  Require(context.size() <= kMaxContextBytes, "contexts are bounded");
  Require(hookcast::v1::Context().ParseFromString(context), "a context that is kept parses");
}

void CheckReply(const HookReply& reply) {
  Require(reply.actions.size() <= kMaxActions, "actions are bounded");
  for (const Action& action : reply.actions) CheckAction(action);
  if (reply.context) CheckStoredContext(*reply.context);
}

void CheckHeaders(const Headers& headers) {
  for (const auto& [name, value] : headers) {
    Require(!name.empty() && name.find_first_of(" \t\r\n:\"(),/;<=>?@[\\]{}") == std::string::npos,
            "header names are tokens");
    Require(std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7F; }),
            "header names are tokens");
    Require(IsLine(value), "header values are lines");
  }
}

void CheckAccepted(const UpgradeVerdict& verdict) {
  Require(CheckVerdict(verdict, kMaxContextBytes).ok(), "a verdict that was read is checked");
  if (const auto* reject = std::get_if<Reject>(&verdict)) {
    Require(reject->status >= 300 && reject->status <= 599, "a reject has a status for one");
    return CheckHeaders(reject->headers);
  }
  const auto& accept = std::get<Accept>(verdict);
  CheckHeaders(accept.headers);
  CheckStoredContext(accept.context);
  Require(!accept.ns || (accept.ns->size() <= 1024 && IsValidUtf8(*accept.ns)), "the namespace");
  Require(IsValidUtf8(accept.subprotocol), "the subprotocol is text");
}

void CheckAnswer(const HookAnswer& answer) {
  if (!answer.ok()) {
    Require(answer.status().code() <= absl::StatusCode::kUnauthenticated, "codes are known");
    Require(IsValidUtf8({answer.status().message().data(), answer.status().message().size()}),
            "an error can be told");
  } else if (const auto* verdict = std::get_if<UpgradeVerdict>(&*answer)) {
    CheckAccepted(*verdict);
  } else {
    CheckReply(std::get<HookReply>(*answer));
  }
}

void CheckSession(const hookcast::v1::SessionReply& reply) {
  const auto news = ReadSessionReply(reply);
  if (!news.ok()) return CheckRefusal(news.status());
  if (const auto* welcome = std::get_if<Welcome>(&*news)) {
    Require(welcome->credit_events > 0 && welcome->credit_events <= 1'000'000, "credit of events");
    Require(welcome->credit_bytes > 0 && welcome->credit_bytes <= (1 << 30), "credit of bytes");
  }
  if (const auto* answers = std::get_if<Answers>(&*news)) {
    Require(answers->by_event.size() == static_cast<size_t>(reply.replies().answers_size()),
            "each answer is told");
    for (const auto& [id, answer] : answers->by_event) CheckAnswer(answer);
  }
  if (const auto* go_away = std::get_if<GoAway>(&*news)) {
    Require(go_away->reason.size() <= 500 && IsValidUtf8(go_away->reason), "a reason is short");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // The parser tells each string that is not UTF-8.
  [[maybe_unused]] static auto* const quiet = google::protobuf::SetLogHandler(nullptr);
  const int bytes = static_cast<int>(size);

  hookcast::v1::SessionReply session;
  if (session.ParseFromArray(data, bytes)) CheckSession(session);

  hookcast::v1::HookReply reply;
  if (reply.ParseFromArray(data, bytes)) {
    const auto read = FromProto(reply);
    read.ok() ? CheckReply(*read) : CheckRefusal(read.status());
  }

  hookcast::v1::UpgradeReply upgrade;
  if (upgrade.ParseFromArray(data, bytes)) {
    const auto read = FromProto(upgrade);
    read.ok() ? CheckAccepted(*read) : CheckRefusal(read.status());
  }
  return 0;
}

#include "broker/hooks/proto_codec.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "broker/base/utf8.h"

namespace hookcast::hooks {
namespace {

using absl::InvalidArgumentError;

absl::Status CheckLine(std::string_view field, std::string_view value) {
  if (value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos) {
    return absl::OkStatus();
  }
  return InvalidArgumentError(
      absl::StrCat(std::string(field), " holds CR, LF or NUL; it has to be one line without NUL"));
}

absl::StatusOr<std::shared_ptr<const pubsub::EventFields>> ReadEvent(const v1::EventFields& event) {
  if (absl::Status status = CheckLine("data.event.id", event.id()); !status.ok()) return status;
  if (absl::Status status = CheckLine("data.event.event", event.event()); !status.ok()) {
    return status;
  }
  if (absl::StartsWith(event.event(), "hookcast.")) {
    return InvalidArgumentError(
        absl::StrCat("data.event.event is \"", event.event(),
                     "\"; names that begin with \"hookcast.\" are the node's own"));
  }
  auto fields = std::make_shared<pubsub::EventFields>();
  fields->id = event.id();
  fields->event = event.event();
  if (event.has_retry()) {
    const auto& retry = event.retry();
    // protobuf's own bounds of a Duration, less the negative half.
    if (retry.seconds() < 0 || retry.seconds() > 315'576'000'000 || retry.nanos() < 0 ||
        retry.nanos() > 999'999'999) {
      return InvalidArgumentError(
          "data.event.retry is not a duration of zero or more; give seconds and nanos from 0");
    }
    fields->retry = std::chrono::milliseconds(retry.seconds() * 1000 + retry.nanos() / 1'000'000);
  }
  return fields;
}

// The printer drops values of no kind and makes text of numbers that JSON does not have. The parser
// bounds how deep a value goes.
absl::Status CheckJson(const google::protobuf::Value& value) {
  absl::Status status;
  switch (value.kind_case()) {
    case google::protobuf::Value::kNumberValue:
      if (!std::isfinite(value.number_value())) {
        return InvalidArgumentError("data.json holds NaN or an infinity, which JSON does not have");
      }
      break;
    case google::protobuf::Value::kStructValue:
      for (const auto& [name, field] : value.struct_value().fields()) {
        status.Update(CheckJson(field));
      }
      break;
    case google::protobuf::Value::kListValue:
      for (const auto& element : value.list_value().values()) status.Update(CheckJson(element));
      break;
    case google::protobuf::Value::KIND_NOT_SET:
      return InvalidArgumentError("data.json holds a value of no kind; use null_value for null");
    default:
      break;
  }
  return status;
}

absl::StatusOr<std::string> CompactJson(const google::protobuf::Value& value) {
  if (absl::Status status = CheckJson(value); !status.ok()) return status;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(value, &text);
  if (!status.ok()) {
    return InvalidArgumentError(
        absl::StrCat("data.json cannot be written as JSON: ", std::string(status.message())));
  }
  return text;
}

Headers ReadHeaders(const google::protobuf::RepeatedPtrField<v1::Header>& headers) {
  Headers out;
  out.reserve(static_cast<size_t>(headers.size()));
  for (const v1::Header& header : headers) out.emplace_back(header.name(), header.value());
  return out;
}

UpgradeVerdict ReadReject(const v1::UpgradeReply::Reject& reject) {
  Reject out;
  if (reject.status() != 0) {
    out.status = static_cast<int>(std::min<uint32_t>(reject.status(), INT_MAX));
  }
  out.headers = ReadHeaders(reject.headers());
  if (reject.has_text()) {
    out.body = reject.text();
  } else if (reject.has_bytes()) {
    out.body = reject.bytes();
    const bool typed = std::any_of(out.headers.begin(), out.headers.end(), [](const auto& header) {
      return absl::EqualsIgnoreCase(header.first, "content-type");
    });
    // Else the response would call them text.
    if (!typed) out.headers.emplace_back("Content-Type", "application/octet-stream");
  }
  return out;
}

absl::StatusOr<Action> ReadSend(const v1::SendAction& send) {
  absl::StatusOr<pubsub::Data> data = FromProto(send.data());
  if (!data.ok()) return data.status();
  return SendAction{*std::move(data)};
}

SubscribeAction ReadSubscribe(const v1::SubscribeAction& subscribe) {
  SubscribeAction action{subscribe.topic()};
  if (subscribe.has_since()) action.since = FromProto(subscribe.since());
  return action;
}

absl::StatusOr<Action> ReadPublish(const v1::PublishAction& publish) {
  absl::StatusOr<pubsub::Data> data = FromProto(publish.data());
  if (!data.ok()) return data.status();
  return PublishAction{publish.topic(), *std::move(data), publish.include_self(),
                       publish.idempotency_key()};
}

// A code above 16 bits becomes the highest of them, which may not be sent either.
CloseAction ReadClose(const v1::CloseAction& close) {
  const uint32_t code = close.code() == 0 ? 1000 : std::min<uint32_t>(close.code(), UINT16_MAX);
  return {static_cast<uint16_t>(code), close.reason()};
}

v1::Transport TransportOf(pubsub::TransportKind transport) {
  switch (transport) {
    case pubsub::TransportKind::kWebSocket:
      return v1::TRANSPORT_WEBSOCKET;
    case pubsub::TransportKind::kSse:
      return v1::TRANSPORT_SSE;
  }
  return v1::TRANSPORT_UNSPECIFIED;
}

v1::ClosedBy ClosedByOf(ClosedBy by) {
  switch (by) {
    case ClosedBy::kClient:
      return v1::CLOSED_BY_CLIENT;
    case ClosedBy::kApplication:
      return v1::CLOSED_BY_APPLICATION;
    case ClosedBy::kNode:
      return v1::CLOSED_BY_NODE;
    case ClosedBy::kNetwork:
      return v1::CLOSED_BY_NETWORK;
  }
  return v1::CLOSED_BY_UNSPECIFIED;
}

template <typename Message>
void AddParams(const pubsub::PeerFacts& facts, Message* out) {
  for (const auto& [name, value] : facts.params) {
    (*out->mutable_params())[std::string(name)] = TextOf(value);
  }
}

}  // namespace

std::string TextOf(std::string_view bytes) {
  if (IsValidUtf8(bytes)) return std::string(bytes);
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text.push_back(c);
    } else {
      text.push_back(static_cast<char>(0xC0 | byte >> 6));
      text.push_back(static_cast<char>(0x80 | (byte & 0x3F)));
    }
  }
  return text;
}

absl::StatusOr<pubsub::Data> FromProto(const v1::Data& data) {
  pubsub::Data out;
  switch (data.kind_case()) {
    case v1::Data::kText:
      out.payload = Bytes::Copy(data.text());
      break;
    case v1::Data::kBinary:
      out.kind = pubsub::DataKind::kBinary;
      out.payload = Bytes::Copy(data.binary());
      break;
    case v1::Data::kJson: {
      absl::StatusOr<std::string> text = CompactJson(data.json());
      if (!text.ok()) return text.status();
      out.payload = Bytes::Copy(*text);
      break;
    }
    case v1::Data::KIND_NOT_SET:
      return InvalidArgumentError("data has neither text, binary nor json");
  }
  out.compress = data.compress();
  if (data.has_event()) {
    auto event = ReadEvent(data.event());
    if (!event.ok()) return event.status();
    out.event = *std::move(event);
  }
  return out;
}

absl::StatusOr<Action> FromProto(const v1::Action& action) {
  switch (action.kind_case()) {
    case v1::Action::kSend:
      return ReadSend(action.send());
    case v1::Action::kSubscribe:
      return ReadSubscribe(action.subscribe());
    case v1::Action::kUnsubscribe:
      return UnsubscribeAction{action.unsubscribe().topic()};
    case v1::Action::kPublish:
      return ReadPublish(action.publish());
    case v1::Action::kClose:
      return ReadClose(action.close());
    case v1::Action::kTerminate:
      return TerminateAction{};
    case v1::Action::KIND_NOT_SET:
      break;
  }
  return InvalidArgumentError(
      "it is neither send, subscribe, unsubscribe, publish, close nor terminate");
}

absl::StatusOr<HookReply> FromProto(const v1::HookReply& reply) {
  if (reply.actions_size() > kMaxActions) {
    return InvalidArgumentError(absl::StrCat("the reply has ", reply.actions_size(),
                                             " actions; it may have at most ", kMaxActions));
  }
  HookReply out;
  out.actions.reserve(static_cast<size_t>(reply.actions_size()));
  for (int i = 0; i < reply.actions_size(); ++i) {
    absl::StatusOr<Action> action = FromProto(reply.actions(i));
    if (!action.ok()) {
      return InvalidArgumentError(
          absl::StrCat("actions[", i, "]: ", std::string(action.status().message())));
    }
    out.actions.push_back(*std::move(action));
  }
  if (reply.has_context()) {
    out.context = reply.context().SerializeAsString();
    if (absl::Status status = CheckContext(*out.context, kMaxContextBytes); !status.ok()) {
      return status;
    }
  }
  return out;
}

absl::StatusOr<UpgradeVerdict> FromProto(const v1::UpgradeReply& reply) {
  UpgradeVerdict verdict;
  if (reply.has_reject()) {
    verdict = ReadReject(reply.reject());
  } else {
    const v1::UpgradeReply::Accept& accept = reply.accept();
    Accept out;
    out.headers = ReadHeaders(accept.headers());
    out.subprotocol = accept.subprotocol();
    if (accept.has_namespace_()) out.ns = accept.namespace_();
    if (accept.has_context()) out.context = accept.context().SerializeAsString();
    out.limits = {accept.limits().max_message_bytes(), accept.limits().max_queue_bytes(),
                  accept.limits().max_topics()};
    verdict = std::move(out);
  }
  if (absl::Status status = CheckVerdict(verdict, kMaxContextBytes); !status.ok()) return status;
  return verdict;
}

void ToProto(const pubsub::Peer& peer, const std::vector<std::string>& topics, v1::Peer* out) {
  const pubsub::PeerFacts& facts = peer.facts();
  out->set_id(peer.id().ToString());
  out->set_namespace_(TextOf(facts.ns));
  out->set_transport(TransportOf(facts.transport));
  out->set_path(TextOf(facts.path()));
  out->set_route(std::string(facts.route));
  AddParams(facts, out);
  out->set_remote_address(facts.remote_address);
  out->set_subprotocol(facts.subprotocol);
  // What the node keeps is what an application sent, so it parses.
  if (!peer.context().empty()) out->mutable_context()->ParseFromString(peer.context());
  out->mutable_topics()->Reserve(static_cast<int>(topics.size()));
  for (const std::string& topic : topics) out->add_topics(topic);
}

void ToProto(const pubsub::PeerFacts& facts, const std::vector<std::string>& subprotocols,
             v1::Request* out) {
  out->set_method("GET");
  out->set_target(TextOf(facts.target));
  out->set_path(TextOf(facts.path()));
  out->set_query(TextOf(facts.query()));
  facts.headers.ForEach([&](std::string_view name, std::string_view value) {
    v1::Header* header = out->add_headers();
    header->set_name(TextOf(name));
    header->set_value(TextOf(value));
  });
  out->set_remote_address(facts.remote_address);
  if (facts.tls) out->mutable_tls();
  for (const std::string& subprotocol : subprotocols) out->add_subprotocols(TextOf(subprotocol));
  out->set_transport(TransportOf(facts.transport));
  out->set_route(std::string(facts.route));
  AddParams(facts, out);
}

void ToProto(const pubsub::PeerFacts& facts, v1::Request* out) {
  std::vector<std::string> offered;
  facts.headers.ForEach([&](std::string_view name, std::string_view value) {
    if (!absl::EqualsIgnoreCase({name.data(), name.size()}, "sec-websocket-protocol")) return;
    for (absl::string_view part :
         absl::StrSplit(absl::string_view(value.data(), value.size()), ',')) {
      part = absl::StripAsciiWhitespace(part);
      if (!part.empty()) offered.emplace_back(part);
    }
  });
  ToProto(facts, offered, out);
}

void ToProto(const CloseDetails& details, v1::CloseDetails* out) {
  out->set_code(details.code);
  out->set_reason(TextOf(details.reason));
  out->set_closed_by(ClosedByOf(details.by));
  out->set_was_clean(details.was_clean);
}

void ToProto(const pubsub::Data& data, v1::Data* out) {
  if (data.kind == pubsub::DataKind::kText) {
    out->set_text(std::string(data.payload.view()));
  } else {
    out->set_binary(std::string(data.payload.view()));
  }
  out->set_compress(data.compress);
  if (data.event == nullptr) return;
  v1::EventFields* const event = out->mutable_event();
  event->set_id(data.event->id);
  event->set_event(data.event->event);
  if (!data.event->retry) return;
  const int64_t milliseconds = data.event->retry->count();
  event->mutable_retry()->set_seconds(milliseconds / 1000);
  event->mutable_retry()->set_nanos(static_cast<int32_t>(milliseconds % 1000 * 1'000'000));
}

pubsub::Position FromProto(const v1::Position& position) {
  return {position.epoch(), position.sequence()};
}

void ToProto(const pubsub::Position& position, v1::Position* out) {
  out->set_epoch(position.epoch);
  out->set_sequence(position.sequence);
}

v1::ErrorKind ToProto(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kProtocol:
      return v1::ERROR_KIND_PROTOCOL;
    case ErrorKind::kLimit:
      return v1::ERROR_KIND_LIMIT;
    case ErrorKind::kHook:
      return v1::ERROR_KIND_HOOK;
    case ErrorKind::kAction:
      return v1::ERROR_KIND_ACTION;
    case ErrorKind::kBackplane:
      return v1::ERROR_KIND_BACKPLANE;
  }
  return v1::ERROR_KIND_UNSPECIFIED;
}

}  // namespace hookcast::hooks

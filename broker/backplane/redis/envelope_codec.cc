#include "broker/backplane/redis/envelope_codec.h"

#include <cstring>
#include <limits>
#include <utility>

#include "broker/pubsub/limits.h"

namespace hookcast::backplane {
namespace {

// Memory that a large message left behind is not kept for small ones.
constexpr size_t kKeptBytes = 256 * 1024;
constexpr int64_t kMostSeconds = 315'576'000'000;  // of a Duration, by protobuf

void WriteData(const pubsub::Data& data, v1::Data* out) {
  const std::string_view payload = data.payload.view();
  if (data.kind == pubsub::DataKind::kText) {
    out->mutable_text()->assign(payload);
  } else {
    out->mutable_binary()->assign(payload);
  }
  out->set_compress(data.compress);
  if (data.event == nullptr) return;
  v1::EventFields* const event = out->mutable_event();
  event->set_id(data.event->id);
  event->set_event(data.event->event);
  if (data.event->retry) {
    const int64_t retry = data.event->retry->count();
    event->mutable_retry()->set_seconds(retry / 1000);
    event->mutable_retry()->set_nanos(static_cast<int32_t>(retry % 1000 * 1'000'000));
  }
}

bool ReadData(const v1::Data& data, pubsub::Data* out) {
  switch (data.kind_case()) {
    case v1::Data::kText:
      out->kind = pubsub::DataKind::kText;
      out->payload = Bytes::Copy(data.text());
      break;
    case v1::Data::kBinary:
      out->kind = pubsub::DataKind::kBinary;
      out->payload = Bytes::Copy(data.binary());
      break;
    default:
      return false;
  }
  out->compress = data.compress();
  if (!data.has_event()) return true;
  auto event = std::make_shared<pubsub::EventFields>();
  event->id = data.event().id();
  event->event = data.event().event();
  if (data.event().has_retry()) {
    const auto& retry = data.event().retry();
    if (retry.seconds() < 0 || retry.seconds() > kMostSeconds) return false;
    event->retry = std::chrono::seconds(retry.seconds()) +
                   std::chrono::milliseconds(retry.nanos() / 1'000'000);
  }
  out->event = std::move(event);
  return true;
}

}  // namespace

void EnvelopeCodec::Begin(std::string_view ns, const StreamPlace& place) {
  out_.set_version(kVersion);
  out_.set_incarnation(own_.value);
  out_.set_stream(place.stream);
  out_.set_sequence(place.sequence);
  out_.mutable_namespace_()->assign(ns);
  if (place.replaces) {
    out_.mutable_new_stream()->set_old_stream(place.replaces->stream);
    out_.mutable_new_stream()->set_last_acknowledged(place.replaces->last_acknowledged);
  } else {
    out_.clear_new_stream();
  }
}

void EnvelopeCodec::End(std::string* out) {
  out->clear();
  // What cannot be written, as it is too large, comes out empty; limits are far below that.
  if (!out_.SerializeToString(out)) out->clear();
  if (out->size() > kKeptBytes) out_ = v1::Envelope();
}

void EnvelopeCodec::Write(const pubsub::Message& message, const StreamPlace& place,
                          std::string* out) {
  Begin(message.ns, place);
  v1::EnvelopeMessage* const m = out_.mutable_message();
  m->set_id_incarnation(message.id.incarnation.value);
  m->set_id_sequence(message.id.sequence);
  m->mutable_topic()->assign(message.topic);
  m->mutable_idempotency_key()->assign(message.key);
  m->mutable_data()->clear_event();
  WriteData(message.data, m->mutable_data());
  if (message.exclude) {
    v1::EnvelopePeer* const peer = m->mutable_exclude();
    peer->set_incarnation(message.exclude->incarnation.value);
    peer->set_shard(static_cast<uint32_t>(message.exclude->shard));
    peer->set_sequence(message.exclude->sequence);
  } else {
    m->clear_exclude();
  }
  End(out);
}

void EnvelopeCodec::WriteTail(std::string_view ns, const StreamPlace& place, std::string* out) {
  Begin(ns, place);
  out_.mutable_tail();
  End(out);
}

void EnvelopeCodec::WriteLoss(std::string_view ns, uint64_t messages, std::string* out) {
  Begin(ns, {});
  out_.mutable_loss()->set_messages(messages);
  End(out);
}

// Protobuf writes fields by their numbers: a version below 128 and the incarnation are the first
// eleven bytes.
bool EnvelopeCodec::IsOwn(std::string_view bytes) const {
  if (bytes.size() < 11 || bytes[0] != 0x08 || bytes[2] != 0x11) return false;
  uint64_t incarnation = 0;
  for (size_t i = 0; i < 8; ++i) {
    incarnation |= uint64_t{static_cast<unsigned char>(bytes[3 + i])} << (8 * i);
  }
  return incarnation == own_.value;
}

EnvelopeCodec::Fault EnvelopeCodec::Read(std::string_view bytes, Received* out) {
  if (std::exchange(in_bytes_, bytes.size()) > kKeptBytes) in_ = v1::Envelope();
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max()) ||
      !in_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Fault::kMalformed;
  }
  if (in_.version() != kVersion) return in_.version() == 0 ? Fault::kMalformed : Fault::kVersion;
  if (in_.incarnation() == 0) return Fault::kMalformed;
  out->origin = {in_.incarnation()};
  out->ns = in_.namespace_();
  out->message = nullptr;
  out->lost = 0;
  if (in_.has_loss()) return ReadLoss(out);
  if (in_.stream() == 0 || in_.sequence() == 0) return Fault::kMalformed;
  out->place = {in_.stream(), in_.sequence(), std::nullopt};
  if (in_.has_new_stream()) {
    out->place.replaces =
        ReplacedStream{in_.new_stream().old_stream(), in_.new_stream().last_acknowledged()};
  }
  if (in_.has_tail()) return Fault::kNone;
  return in_.has_message() ? ReadMessage(out) : Fault::kMalformed;
}

EnvelopeCodec::Fault EnvelopeCodec::ReadLoss(Received* out) {
  out->lost = in_.loss().messages();
  return out->lost == 0 ? Fault::kMalformed : Fault::kNone;
}

EnvelopeCodec::Fault EnvelopeCodec::ReadMessage(Received* out) {
  const v1::EnvelopeMessage& m = in_.message();
  // Nobody who keeps to the limits sends what is against them.
  if (!pubsub::CheckNamespace(in_.namespace_()).ok() || !pubsub::CheckTopic(m.topic()).ok() ||
      !pubsub::CheckIdempotencyKey(m.idempotency_key()).ok()) {
    return Fault::kMalformed;
  }
  auto message = std::make_shared<pubsub::Message>();
  if (!ReadData(m.data(), &message->data)) return Fault::kMalformed;
  message->id = {{m.id_incarnation()}, m.id_sequence()};
  message->ns = in_.namespace_();
  message->topic = m.topic();
  message->key = m.idempotency_key();
  if (m.has_exclude()) {
    if (m.exclude().shard() > std::numeric_limits<uint16_t>::max()) return Fault::kMalformed;
    message->exclude = PeerId{{m.exclude().incarnation()},
                              static_cast<ShardId>(static_cast<uint16_t>(m.exclude().shard())),
                              m.exclude().sequence()};
  }
  out->message = std::move(message);
  return Fault::kNone;
}

}  // namespace hookcast::backplane

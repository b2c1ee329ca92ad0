#include "broker/hooks/hook_requests.h"

#include <variant>

#include "broker/hooks/proto_codec.h"

namespace hookcast::hooks {
namespace {

void Name(const PeerId& peer, uint64_t number, uint32_t attempt, const std::string& node,
          v1::Event* out) {
  out->set_id(EventId(peer, number));
  out->set_attempt(attempt);
  out->set_node(node);
}

// What all requests of a peer begin with.
template <typename Request>
void Begin(const pubsub::Peer& peer, const PeerEvent& event, const std::string& node,
           const std::vector<std::string>& topics, Request* out) {
  Name(peer.id(), event.number, event.attempt, node, out->mutable_event());
  ToProto(peer, topics, out->mutable_peer());
}

}  // namespace

void ToRequest(const UpgradeEvent& event, const std::string& node, v1::UpgradeRequest* out) {
  Name(event.id, 0, 1, node, out->mutable_event());
  ToProto(*event.facts, *event.subprotocols, out->mutable_request());
}

void ToRequest(const pubsub::Peer& peer, const PeerEvent& event, const std::string& node,
               v1::OpenRequest* out) {
  Begin(peer, event, node, peer.membership().Topics(), out);
  ToProto(peer.facts(), out->mutable_request());
  const auto& resume = std::get<OpenEvent>(event.what).resume;
  if (resume) ToProto(*resume, out->mutable_resume());
}

void ToRequest(const pubsub::Peer& peer, const PeerEvent& event, const std::string& node,
               v1::MessageRequest* out) {
  Begin(peer, event, node, peer.membership().Topics(), out);
  const pubsub::Data& data = std::get<MessageEvent>(event.what).data;
  std::string payload(data.payload.view());
  if (data.kind == pubsub::DataKind::kText) {
    out->set_text(std::move(payload));
  } else {
    out->set_binary(std::move(payload));
  }
}

void ToRequest(const pubsub::Peer& peer, const PeerEvent& event, const std::string& node,
               v1::CloseRequest* out) {
  const auto& close = std::get<CloseEvent>(event.what);
  // The peer has left the hub, and its membership holds nothing any more.
  Begin(peer, event, node, close.topics, out);
  ToProto(close.details, out->mutable_details());
}

void ToRequest(const pubsub::Peer& peer, const PeerEvent& event, const std::string& node,
               v1::ErrorRequest* out) {
  const auto& error = std::get<ErrorEvent>(event.what);
  Begin(peer, event, node, peer.membership().Topics(), out);
  out->set_message(TextOf(error.message));  // may be what an application's status said
  out->set_kind(ToProto(error.kind));
  if (error.closing) ToProto(*error.closing, out->mutable_details());
}

void ToRequest(const pubsub::Peer& peer, const PeerEvent& event, const std::string& node,
               v1::DrainRequest* out) {
  Begin(peer, event, node, peer.membership().Topics(), out);
  out->set_queued_bytes(std::get<DrainEvent>(event.what).queued_bytes);
}

void ToRequest(const pubsub::Peer& peer, const PeerEvent& event, const std::string& node,
               v1::ResumeRequest* out) {
  Begin(peer, event, node, peer.membership().Topics(), out);
  const auto& resume = std::get<ResumeEvent>(event.what);
  ToProto(resume.position, out->mutable_position());
  out->set_replayed(resume.replayed);
  out->set_gap(resume.gap);
}

void ToSessionEvent(const pubsub::Peer& peer, const PeerEvent& event, const std::string& node,
                    v1::SessionEvent* out) {
  switch (event.hook()) {
    case Hook::kOpen:
      return ToRequest(peer, event, node, out->mutable_open());
    case Hook::kMessage:
      return ToRequest(peer, event, node, out->mutable_message());
    case Hook::kClose:
      return ToRequest(peer, event, node, out->mutable_close());
    case Hook::kError:
      return ToRequest(peer, event, node, out->mutable_error());
    case Hook::kDrain:
      return ToRequest(peer, event, node, out->mutable_drain());
    case Hook::kResume:
      return ToRequest(peer, event, node, out->mutable_resume());
    case Hook::kUpgrade:
      break;  // no PeerEvent is one
  }
}

}  // namespace hookcast::hooks

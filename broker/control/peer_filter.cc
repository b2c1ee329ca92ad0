#include "broker/control/peer_filter.h"

#include "broker/pubsub/limits.h"

namespace hookcast::control {

absl::StatusOr<PeerFilter> PeerFilter::Read(const v1::PeerFilter& filter) {
  PeerFilter out;
  if (filter.has_namespace_()) {
    if (absl::Status status = pubsub::CheckNamespace(filter.namespace_()); !status.ok()) {
      return status;
    }
    out.ns_ = filter.namespace_();
  }
  if (!filter.topic().empty()) {
    if (absl::Status status = pubsub::CheckTopic(filter.topic()); !status.ok()) return status;
    out.topic_ = filter.topic();
  }
  out.path_ = filter.path();
  out.route_ = filter.route();
  return out;
}

void PeerFilter::Visit(const pubsub::Hub& hub, absl::FunctionRef<void(pubsub::Peer*)> visit) const {
  const auto check = [&](pubsub::Peer* peer) {
    if (!path_.empty() && peer->facts().path() != path_) return;
    if (!route_.empty() && peer->facts().route != route_) return;
    visit(peer);
  };
  if (ns_ && !topic_.empty()) {
    hub.index().VisitSubscribers(*ns_, topic_, check);
  } else if (ns_) {
    hub.index().VisitPeers(*ns_, check);
  } else {
    hub.index().VisitPeers([&](pubsub::Peer* peer) {
      if (topic_.empty() || peer->membership().SubscribedTo(topic_)) check(peer);
    });
  }
}

}  // namespace hookcast::control

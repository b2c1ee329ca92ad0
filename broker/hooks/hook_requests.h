#pragma once

#include <string>

#include "broker/hooks/hook_event.h"
#include "broker/pubsub/peer.h"
#include "hookcast/v1/hooks.pb.h"

namespace hookcast::hooks {

// Hook events as the requests that an application gets. Pure. `node` is the sending node's id;
// `out` is empty before.

void ToRequest(const UpgradeEvent& event, const std::string& node, v1::UpgradeRequest* out);

// REQUIRES: the event holds the alternative that the request is for.
void ToRequest(const pubsub::Peer& peer, const PeerEvent& event, const std::string& node,
               v1::OpenRequest* out);
void ToRequest(const pubsub::Peer& peer, const PeerEvent& event, const std::string& node,
               v1::MessageRequest* out);
void ToRequest(const pubsub::Peer& peer, const PeerEvent& event, const std::string& node,
               v1::CloseRequest* out);
void ToRequest(const pubsub::Peer& peer, const PeerEvent& event, const std::string& node,
               v1::ErrorRequest* out);
void ToRequest(const pubsub::Peer& peer, const PeerEvent& event, const std::string& node,
               v1::DrainRequest* out);
void ToRequest(const pubsub::Peer& peer, const PeerEvent& event, const std::string& node,
               v1::ResumeRequest* out);

// The same for whatever the event is, as a stream carries it.
void ToSessionEvent(const pubsub::Peer& peer, const PeerEvent& event, const std::string& node,
                    v1::SessionEvent* out);

}  // namespace hookcast::hooks

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "broker/hooks/hook_client.h"
#include "hookcast/v1/hooks.pb.h"
#include "hookcast/v1/types.pb.h"

namespace hookcast::hooks {

// Between the broker's own types and hookcast.v1. Pure.
//
// FromProto checks what an application said; INVALID_ARGUMENT names the field and what would be
// right. Text needs no check here: protobuf's parser has refused what is not UTF-8.
//
// Thread: any.

// JSON becomes text, in the compact form that protobuf's JSON mapping gives it.
absl::StatusOr<pubsub::Data> FromProto(const v1::Data& data);

// An action that can be read. Whether it can be carried out (a topic's name, a close code, a limit)
// is ActionExecutor's to say, so that one such action does not take the others of its reply with
// it.
absl::StatusOr<Action> FromProto(const v1::Action& action);

// The error names which action could not be read; none of them is carried out then. At most
// kMaxActions, and a context of at most kMaxContextBytes: a route's own limit is for its peers'
// sessions to hold.
inline constexpr int kMaxActions = 1024;
absl::StatusOr<HookReply> FromProto(const v1::HookReply& reply);

pubsub::Position FromProto(const v1::Position& position);

// Checked by CheckVerdict. Whether the subprotocol was offered is for its caller to see.
absl::StatusOr<UpgradeVerdict> FromProto(const v1::UpgradeReply& reply);

// Bytes from outside as a text that a message can carry: what is not UTF-8 is read as ISO-8859-1.
std::string TextOf(std::string_view bytes);

// ToProto adds to an empty message. What a client sent is read by TextOf.

// `topics` are the peer's, as the receiver shall see them.
void ToProto(const pubsub::Peer& peer, const std::vector<std::string>& topics, v1::Peer* out);
void ToProto(const pubsub::PeerFacts& facts, const std::vector<std::string>& subprotocols,
             v1::Request* out);
// The subprotocols are those its headers offer.
void ToProto(const pubsub::PeerFacts& facts, v1::Request* out);
void ToProto(const CloseDetails& details, v1::CloseDetails* out);
void ToProto(const pubsub::Data& data, v1::Data* out);
void ToProto(const pubsub::Position& position, v1::Position* out);
v1::ErrorKind ToProto(ErrorKind kind);

}  // namespace hookcast::hooks

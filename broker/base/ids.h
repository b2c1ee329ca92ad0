#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hookcast {

// One event-loop thread of a node, counted from 0.
enum class ShardId : uint16_t {};

// One life of a node: random, drawn at start. Peer ids and message ids carry it, so that neither
// repeats after a restart. Its text, 16 hexadecimal digits, is the node's id.
struct Incarnation {
  uint64_t value = 0;

  static Incarnation Random();
  std::string ToString() const;

  friend bool operator==(Incarnation, Incarnation) = default;
};

// Names one peer, unique across nodes and restarts. Opaque to applications; the broker reads from
// it which node and which shard hold the peer.
struct PeerId {
  Incarnation incarnation;
  ShardId shard{};
  uint64_t sequence = 0;

  // "<incarnation>-<shard>-<sequence>", hexadecimal, lower case.
  std::string ToString() const;
  // nullopt for anything that ToString does not produce.
  static std::optional<PeerId> Parse(std::string_view text);

  friend bool operator==(const PeerId&, const PeerId&) = default;
};

// Names one published message, unique across nodes and restarts.
struct MessageId {
  Incarnation incarnation;
  uint64_t sequence = 0;

  // "<incarnation>-m<sequence>", hexadecimal, lower case.
  std::string ToString() const;

  friend bool operator==(const MessageId&, const MessageId&) = default;
};

}  // namespace hookcast

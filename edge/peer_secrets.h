#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "broker/base/ids.h"

namespace hookcast::edge {

// The secrets by which clients of event streams show which peer they are when they post a message:
// 128 bits each, made from the peer's id by HMAC-SHA-256 under a random key, so that nothing is
// kept for a peer. They are good for this node's life.
//
// Thread: any. One a node.
class PeerSecrets {
 public:
  PeerSecrets();

  // 32 hexadecimal digits; empty where the system's cryptography fails.
  std::string Of(const PeerId& peer) const;
  // Whether the text has the form of one.
  static bool MayBeOne(std::string_view text);
  // In a time that does not depend on what differs.
  bool Matches(const PeerId& peer, std::string_view secret) const;

 private:
  std::array<unsigned char, 32> key_{};
  bool usable_ = false;
};

}  // namespace hookcast::edge

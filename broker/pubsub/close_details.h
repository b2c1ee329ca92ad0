#pragma once

#include <cstdint>
#include <string>

namespace hookcast::pubsub {

enum class ClosedBy : uint8_t { kClient, kApplication, kNode, kNetwork };

// How a connection ended; types.proto says which code means what.
struct CloseDetails {
  uint16_t code = 1006;
  std::string reason;
  ClosedBy by = ClosedBy::kNetwork;
  bool was_clean = false;
};

}  // namespace hookcast::pubsub

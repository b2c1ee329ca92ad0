#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "broker/cluster/node_record.h"

namespace hookcast::cluster {

// What travels between nodes: a record, and why it comes. Its bytes are a v1::NodeAnnouncement.
struct Announcement {
  enum class Kind : uint8_t {
    kBeat,
    kHello,    // its node knows nobody yet: all answer
    kLeaving,  // its node's last
  };

  static constexpr size_t kMostBytes = 4096;
  static constexpr size_t kMostVersionBytes = 64;

  NodeRecord node;
  Kind kind = Kind::kBeat;

  std::string ToBytes() const;
  // INVALID_ARGUMENT for what is none, or of a form that this version does not know. An address
  // that is read is "host:port" and nothing else that gRPC would take for a target.
  static absl::StatusOr<Announcement> Parse(std::string_view bytes);
};

}  // namespace hookcast::cluster

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "broker/base/ids.h"

namespace hookcast::cluster {

// What a node tells the others of itself. A value.
struct NodeRecord {
  Incarnation incarnation;
  std::string version;          // of hookcast
  std::string control_address;  // "host:port", where other nodes call it
  std::chrono::system_clock::time_point started_at;
  uint64_t peers = 0;
  uint64_t namespaces = 0;
  bool ready = false;
  bool draining = false;

  friend bool operator==(const NodeRecord&, const NodeRecord&) = default;
};

}  // namespace hookcast::cluster

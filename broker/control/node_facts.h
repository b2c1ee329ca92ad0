#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "broker/base/clock.h"
#include "broker/control/answer.h"

namespace hookcast::control {

// What a node says of itself.
struct NodeFacts {
  std::string id;
  std::string version;
  // Where other nodes reach its control port. Called on any thread, as `ready` is.
  std::function<std::string()> control_address;
  std::chrono::system_clock::time_point started_at;
  TimePoint started;  // the same moment, for the uptime
  std::function<bool()> ready;
  std::function<bool()> draining;
  // Begins to tell the node's peers to leave, over that time or as long as it takes by default, and
  // answers how many they are. Called on any thread.
  std::function<void(std::optional<Duration> over, Answer<uint64_t> answer)> drain;
};

}  // namespace hookcast::control

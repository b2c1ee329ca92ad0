#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "broker/base/clock.h"

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
};

}  // namespace hookcast::control

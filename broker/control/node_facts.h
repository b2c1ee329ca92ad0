#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "broker/base/clock.h"

namespace hookcast::control {

// What a node says of itself. `ready` is called on any thread.
struct NodeFacts {
  std::string id;
  std::string version;
  std::string control_address;  // where other nodes reach its control port
  std::chrono::system_clock::time_point started_at;
  TimePoint started;  // the same moment, for the uptime
  std::function<bool()> ready;
};

}  // namespace hookcast::control

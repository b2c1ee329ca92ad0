#pragma once

#include "broker/metrics/metric.h"

namespace hookcast::hooks {

// The levels of one application, summed over the shards of a node.
//
// Thread: any.
struct ApplicationMetrics {
  metrics::Level* in_flight;      // hooks that it owes an answer
  metrics::Level* waiting;        // hooks that wait for room
  metrics::Level* breakers_open;  // shards that leave it alone
};

}  // namespace hookcast::hooks

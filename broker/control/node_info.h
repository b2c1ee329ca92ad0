#pragma once

#include "broker/cluster/node_record.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::control {

// A node as it last announced itself, for lists.
v1::NodeInfo Describe(const cluster::NodeRecord& node);

}  // namespace hookcast::control

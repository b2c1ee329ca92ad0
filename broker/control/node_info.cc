#include "broker/control/node_info.h"

#include "broker/control/peer_info.h"

namespace hookcast::control {

v1::NodeInfo Describe(const cluster::NodeRecord& node) {
  v1::NodeInfo info;
  info.set_id(node.incarnation.ToString());
  info.set_version(node.version);
  info.set_control_address(node.control_address);
  *info.mutable_started_at() = ToTimestamp(node.started_at);
  info.set_peers(node.peers);
  info.set_namespaces(node.namespaces);
  info.set_ready(node.ready);
  info.set_draining(node.draining);
  return info;
}

}  // namespace hookcast::control

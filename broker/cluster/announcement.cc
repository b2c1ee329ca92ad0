#include "broker/cluster/announcement.h"

#include <chrono>

#include "broker/base/host_and_port.h"
#include "hookcast/v1/envelope.pb.h"

namespace hookcast::cluster {
namespace {

constexpr uint32_t kForm = 1;

}  // namespace

std::string Announcement::ToBytes() const {
  v1::NodeAnnouncement proto;
  proto.set_version(kForm);
  proto.set_incarnation(node.incarnation.value);
  proto.set_node_version(node.version);
  proto.set_control_address(node.control_address);
  proto.set_started_at_ms(
      std::chrono::floor<std::chrono::milliseconds>(node.started_at.time_since_epoch()).count());
  proto.set_peers(node.peers);
  proto.set_namespaces(node.namespaces);
  proto.set_ready(node.ready);
  proto.set_draining(node.draining);
  proto.set_leaving(kind == Kind::kLeaving);
  proto.set_hello(kind == Kind::kHello);
  return proto.SerializeAsString();
}

absl::StatusOr<Announcement> Announcement::Parse(std::string_view bytes) {
  v1::NodeAnnouncement proto;
  if (bytes.size() > kMostBytes ||
      !proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError("it is no NodeAnnouncement");
  }
  if (proto.version() != kForm) {
    return absl::InvalidArgumentError("it has a form that this version does not know");
  }
  if (!IsHostAndPort(proto.control_address())) {
    return absl::InvalidArgumentError("its control address is not host:port");
  }
  if (proto.node_version().size() > kMostVersionBytes) {
    return absl::InvalidArgumentError("its version is too long");
  }
  constexpr int64_t kLatest =
      std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::duration::max())
          .count();
  if (proto.started_at_ms() < 0 || proto.started_at_ms() > kLatest) {
    return absl::InvalidArgumentError("its start is at no time that this clock can show");
  }
  Announcement announcement;
  announcement.node = {.incarnation = {proto.incarnation()},
                       .version = proto.node_version(),
                       .control_address = proto.control_address(),
                       .started_at = std::chrono::system_clock::time_point(
                           std::chrono::milliseconds(proto.started_at_ms())),
                       .peers = proto.peers(),
                       .namespaces = proto.namespaces(),
                       .ready = proto.ready(),
                       .draining = proto.draining()};
  announcement.kind = proto.leaving() ? Kind::kLeaving : proto.hello() ? Kind::kHello : Kind::kBeat;
  return announcement;
}

}  // namespace hookcast::cluster

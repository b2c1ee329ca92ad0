#include "broker/cluster/announcement.h"

#include <charconv>
#include <chrono>

#include "hookcast/v1/envelope.pb.h"

namespace hookcast::cluster {
namespace {

constexpr uint32_t kForm = 1;

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

bool IsAddressCharacter(char c) { return IsHostCharacter(c) || c == ':' || c == '%'; }

}  // namespace

bool IsHostAndPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.size() > Announcement::kMostAddressBytes) {
    return false;
  }
  const std::string_view digits = text.substr(colon + 1);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0) return false;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty()) return false;
  for (const char c : host) {
    if (!(bracketed ? IsAddressCharacter(c) : IsHostCharacter(c))) return false;
  }
  return true;
}

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

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker/base/ip_address.h"

namespace hookcast::edge {

// From where a client connected: to this node, or to the first of the proxies that it trusts.
struct ClientAddress {
  // "192.0.2.1:40312", "[2001:db8::1]:40312"; as a proxy told it without a port: "192.0.2.1",
  // "2001:db8::1".
  std::string text;
  IpAddress ip;
  bool tls = false;  // a trusted proxy says that the client's connection to it has TLS

  // An address with or without a port, IPv6 with or without brackets; of IPv6, brackets where there
  // is a port. Ports that RFC 7239 hides ("_a1") are left out. nullopt for anything else.
  static std::optional<ClientAddress> Parse(std::string_view text);
};

}  // namespace hookcast::edge

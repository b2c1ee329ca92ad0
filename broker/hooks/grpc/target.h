#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hookcast::hooks {

// An application's gRPC target, taken apart.

// "dns:///name:50051", "dns://server:53/name", "name:50051", "[::1]:50051". Without a port: 50051.
struct DnsName {
  std::string host;  // without brackets
  uint16_t port = 50051;
  std::string server;  // "192.0.2.1:53"; empty: those of the system
};
// What needs no looking up: "ipv4:192.0.2.1:50051,192.0.2.2:50051", "unix:/run/app.sock". Each is a
// target of its own.
struct FixedAddresses {
  std::vector<std::string> addresses;
};
struct Target {
  std::variant<DnsName, FixedAddresses> what;
  // What servers are told they were called as, where one address alone would say something else.
  std::string authority;
};

// Takes anything; what makes no sense fails when it is looked up.
Target ParseTarget(std::string_view target);

// "ipv4:192.0.2.1:50051", "ipv6:[2001:db8::1]:50051".
std::string AddressTarget(std::string_view ip, uint16_t port);

}  // namespace hookcast::hooks

#include "broker/hooks/grpc/target.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace hookcast::hooks {
namespace {

// Schemes whose addresses gRPC itself understands as they are. Anything else in front of a colon is
// a host.
constexpr std::string_view kOpaqueSchemes[] = {"unix", "unix-abstract", "vsock", "xds",
                                               "passthrough"};

Target Fixed(std::string_view scheme, std::string_view list) {
  FixedAddresses fixed;
  for (const absl::string_view item :
       absl::StrSplit(absl::string_view(list.data(), list.size()), ',', absl::SkipEmpty())) {
    fixed.addresses.push_back(absl::StrCat(std::string(scheme), ":", item));
  }
  const std::string_view first = list.substr(0, list.find(','));
  return {std::move(fixed), std::string(first)};
}

bool ReadPort(std::string_view text, uint16_t* port) {
  const char* const end = text.data() + text.size();
  const auto [read_to, error] = std::from_chars(text.data(), end, *port);
  return error == std::errc() && read_to == end && *port != 0;
}

Target Named(std::string_view host_and_port, std::string_view server) {
  DnsName name;
  name.server = server;
  std::string_view host = host_and_port;
  std::string_view port;
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    if (end != std::string_view::npos) {
      port = host.substr(end + 1);
      host = host.substr(1, end - 1);
      if (port.starts_with(':')) port.remove_prefix(1);
    }
  } else if (const size_t colon = host.rfind(':');
             colon != std::string_view::npos && host.find(':') == colon) {
    port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  if (!port.empty() && !ReadPort(port, &name.port)) host = host_and_port;  // a name that nobody has
  name.host = host;
  const std::string authority = absl::StrCat(
      name.host.find(':') == std::string::npos ? name.host : absl::StrCat("[", name.host, "]"), ":",
      name.port);
  return {std::move(name), authority};
}

}  // namespace

Target ParseTarget(std::string_view target) {
  const std::string_view scheme = target.substr(0, target.find(':'));
  if (scheme.size() < target.size()) {
    const std::string_view rest = target.substr(scheme.size() + 1);
    if (scheme == "ipv4" || scheme == "ipv6") return Fixed(scheme, rest);
    for (const std::string_view opaque : kOpaqueSchemes) {
      if (scheme == opaque) return {FixedAddresses{{std::string(target)}}, ""};
    }
    if (scheme == "dns") {
      if (!rest.starts_with("//")) return Named(rest, "");
      const size_t slash = rest.find('/', 2);
      if (slash == std::string_view::npos) return Named(rest.substr(2), "");
      return Named(rest.substr(slash + 1), rest.substr(2, slash - 2));
    }
  }
  return Named(target, "");
}

std::string AddressTarget(std::string_view ip, uint16_t port) {
  const std::string text(ip);
  return ip.find(':') == std::string_view::npos ? absl::StrCat("ipv4:", text, ":", port)
                                                : absl::StrCat("ipv6:[", text, "]:", port);
}

}  // namespace hookcast::hooks

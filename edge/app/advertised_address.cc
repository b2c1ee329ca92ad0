#include "edge/app/advertised_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <climits>
#include <memory>

#include "broker/base/log.h"

namespace hookcast::app {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Addresses LookUp(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) found = nullptr;
  return {found, &freeaddrinfo};
}

std::string TextOf(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  } else if (address->sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text,
              sizeof text);
  }
  return text;
}

// The address that packets to `to` leave from; empty where there is no way.
std::string SourceTowards(const addrinfo& to) {
  const int fd = socket(to.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {};
  std::string source;
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  // A datagram's socket is only bound by this.
  if (connect(fd, to.ai_addr, to.ai_addrlen) == 0 &&
      getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0) {
    source = TextOf(reinterpret_cast<const sockaddr*>(&own));
  }
  close(fd);
  return source;
}

std::string AddressTowards(const HostAndPort& endpoint) {
  if (endpoint.host.empty()) return {};
  const Addresses found = LookUp(endpoint.host, endpoint.port);
  for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next) {
    if (std::string source = SourceTowards(*one); !source.empty()) return source;
  }
  return {};
}

std::string AddressOfOwnName() {
  char name[HOST_NAME_MAX + 1] = "";
  if (gethostname(name, sizeof name - 1) != 0) return {};
  const Addresses found = LookUp(name, "0");
  return found == nullptr ? std::string() : TextOf(found->ai_addr);
}

}  // namespace

HostAndPort EndpointOf(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  // A password may hold anything but a slash, which ends the authority.
  url = url.substr(0, url.find_first_of("/?#"));
  if (const size_t at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  std::string_view host = url;
  std::string_view port = "6379";
  const size_t bracket = url.rfind(']');
  const size_t colon = url.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    host = url.substr(0, colon);
    port = url.substr(colon + 1);
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return {std::string(host), std::string(port)};
}

std::string AdvertisedAddress(const config::Config& config, uint16_t port) {
  if (!config.control.advertise.empty()) return config.control.advertise;
  config::ListenAddress address = config.control.listen;
  address.port = port;
  const bool anywhere = address.host == "0.0.0.0" || address.host == "::";
  if (!anywhere && !address.IsLoopback()) return address.ToString();
  std::string found = AddressTowards(EndpointOf(config.backplane.url));
  if (!anywhere) {
    if (!found.empty() && !config::ListenAddress{.host = found}.IsLoopback()) {
      log::Warn(
          "nodes on other machines cannot call this one, as control.listen is on loopback; "
          "let it listen on an address that they reach",
          {{"control", address.ToString()}});
    }
    return address.ToString();
  }
  if (found.empty()) found = AddressOfOwnName();
  if (found.empty()) {
    log::Warn("cannot find out by which address other nodes reach this one; set control.advertise");
    found = "127.0.0.1";
  }
  address.host = found;
  return address.ToString();
}

}  // namespace hookcast::app

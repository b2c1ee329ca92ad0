#include "edge/app/advertised_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <climits>
#include <memory>

#include "broker/base/log.h"
#include "broker/config/redis_url.h"

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

// The address from which this machine would reach Redis; empty where there is no way to it.
std::string AddressTowardsRedis(const std::string& url) {
  const auto redis = config::ParseRedisUrl(url);
  if (!redis.ok()) return {};
  const Addresses found = LookUp(redis->host, std::to_string(redis->port));
  for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next) {
    if (std::string source = SourceTowards(*one); !source.empty()) return source;
  }
  return {};
}

// Whether there may be nodes on other machines, as far as a name tells.
bool IsElsewhere(const config::BackplaneConfig& backplane) {
  if (backplane.kind != config::BackplaneKind::kRedis) return false;
  const auto redis = config::ParseRedisUrl(backplane.url);
  return redis.ok() && redis->host != "localhost" &&
         !config::ListenAddress{.host = redis->host}.IsLoopback();
}

std::string AddressOfOwnName() {
  char name[HOST_NAME_MAX + 1] = "";
  if (gethostname(name, sizeof name - 1) != 0) return {};
  // Debian's hosts file gives 127.0.1.1 to a machine's own name.
  const Addresses found = LookUp(name, "0");
  for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next) {
    std::string address = TextOf(one->ai_addr);
    if (!config::ListenAddress{.host = address}.IsLoopback()) return address;
  }
  return {};
}

}  // namespace

std::string AdvertisedAddress(const config::Config& config, uint16_t port) {
  if (!config.control.advertise.empty()) return config.control.advertise;
  config::ListenAddress address = config.control.listen;
  address.port = port;
  if (address.host != "0.0.0.0" && address.host != "::") {
    if (address.IsLoopback() && IsElsewhere(config.backplane)) {
      log::Warn(
          "nodes on other machines cannot call this one, as control.listen is on loopback; "
          "let it listen on an address that they reach",
          {{"control", address.ToString()}});
    }
    return address.ToString();
  }
  std::string found = AddressTowardsRedis(config.backplane.url);
  if (found.empty()) found = AddressOfOwnName();
  if (found.empty()) found = "127.0.0.1";
  address.host = found;
  if (address.IsLoopback() && IsElsewhere(config.backplane)) {
    log::Warn(
        "cannot find out by which address other nodes reach this one, and none can call it; set "
        "control.advertise",
        {{"control", address.ToString()}});
  }
  return address.ToString();
}

}  // namespace hookcast::app

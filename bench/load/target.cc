#include "bench/load/target.h"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace hookcast::bench {
namespace {

constexpr std::string_view kWebSocketScheme = "ws://";
constexpr std::string_view kEventsScheme = "http://";

}  // namespace

absl::StatusOr<Target> Target::ParseWebSocket(const std::string& url) {
  if (url.substr(0, kWebSocketScheme.size()) != kWebSocketScheme) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a ws:// URL: ", url, " (for example ws://127.0.0.1:8080/sub)"));
  }
  return Parse(url);
}

absl::StatusOr<Target> Target::Parse(const std::string& url) {
  Target target;
  target.url = url;
  size_t host_start = 0;
  if (url.substr(0, kWebSocketScheme.size()) == kWebSocketScheme) {
    host_start = kWebSocketScheme.size();
  } else if (url.substr(0, kEventsScheme.size()) == kEventsScheme) {
    host_start = kEventsScheme.size();
    target.protocol = Protocol::kEvents;
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("neither a ws:// nor an http:// URL: ", url,
                     " (for example ws://127.0.0.1:8080/sub, or http:// for its events)"));
  }
  const size_t slash = url.find('/', host_start);
  target.host_port = url.substr(host_start, slash - host_start);
  target.path = slash == std::string::npos ? "/" : url.substr(slash);

  const size_t colon = target.host_port.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == target.host_port.size()) {
    return absl::InvalidArgumentError(absl::StrCat("no host and port in ", url));
  }
  std::string host = target.host_port.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error =
          ::getaddrinfo(host.c_str(), target.host_port.c_str() + colon + 1, &hints, &found);
      error != 0) {
    return absl::UnavailableError(
        absl::StrCat("could not resolve ", target.host_port, ": ", ::gai_strerror(error)));
  }
  std::memcpy(&target.address, found->ai_addr, found->ai_addrlen);
  target.address_size = found->ai_addrlen;
  ::freeaddrinfo(found);
  return target;
}

bool Target::Source(size_t n, size_t count, sockaddr_storage& source) const {
  constexpr size_t kEach = 8000;
  if (address.ss_family != AF_INET || count <= kEach) return false;
  const auto& server = reinterpret_cast<const sockaddr_in&>(address);
  if ((ntohl(server.sin_addr.s_addr) >> 24) != 127) return false;
  const size_t addresses = std::min<size_t>(count / kEach + 1, 60000);
  auto& own = reinterpret_cast<sockaddr_in&>(source);
  own = {};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(0x7f000002u + static_cast<uint32_t>(n % addresses));
  return true;
}

}  // namespace hookcast::bench

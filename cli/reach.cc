#include "cli/reach.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/system_error.h"

namespace hookcast::cli {
namespace {

// 0, or what connect failed with; ETIMEDOUT when the time was up.
int TryConnect(const addrinfo& where, absl::Time deadline) {
  const int fd = socket(where.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  int error = connect(fd, where.ai_addr, where.ai_addrlen) == 0 ? 0 : errno;
  while (error == EINPROGRESS) {
    const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
    pollfd ready = {fd, POLLOUT, 0};
    const int count = poll(&ready, 1, static_cast<int>(std::max<int64_t>(left, 0)));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      error = count == 0 ? ETIMEDOUT : errno;
      break;
    }
    socklen_t size = sizeof(error);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  }
  close(fd);
  return error;
}

std::string Target(const addrinfo& where) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (getnameinfo(where.ai_addr, where.ai_addrlen, host, sizeof(host), port, sizeof(port),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "";
  }
  return where.ai_family == AF_INET6 ? absl::StrCat("ipv6:[", host, "]:", port)
                                     : absl::StrCat("ipv4:", host, ":", port);
}

}  // namespace

absl::StatusOr<std::string> Reach(const Address& address, absl::Duration timeout) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), absl::StrCat(address.port).c_str(), &hints, &found);
  if (error == EAI_SYSTEM) return absl::UnavailableError(SystemError(errno));
  if (error != 0) return absl::UnavailableError(WithinSentence(gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> results(found, freeaddrinfo);

  int64_t tries_left = 0;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) ++tries_left;
  const absl::Time end = absl::Now() + timeout;
  std::string reason = "no address";
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next, --tries_left) {
    // An equal share for each, so that one that swallows packets leaves time for the next.
    const absl::Time now = absl::Now();
    const int failed = TryConnect(*at, now + (end - now) / tries_left);
    if (failed == 0) {
      if (std::string target = Target(*at); !target.empty()) return target;
      continue;
    }
    reason = failed == ETIMEDOUT ? absl::StrCat("no answer within ", absl::FormatDuration(timeout))
                                 : SystemError(failed);
  }
  return absl::UnavailableError(reason);
}

}  // namespace hookcast::cli

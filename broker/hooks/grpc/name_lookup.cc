#include "broker/hooks/grpc/name_lookup.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "broker/base/clock.h"

namespace hookcast::hooks {
namespace {

constexpr int kTimeoutMilliseconds = 1500;
constexpr int kTries = 2;
constexpr int kLookAtStopMilliseconds = 100;
// Over all servers and search domains.
constexpr Duration kMostTime = std::chrono::seconds(5);

bool IsAddress(const std::string& host) {
  in6_addr parsed;  // large enough for either
  return inet_pton(AF_INET, host.c_str(), &parsed) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

struct Found {
  bool done = false;
  int status = ARES_ENODATA;
  std::vector<std::string> addresses;
  uint16_t port = 0;
};

void OnFound(void* argument, int status, int, ares_addrinfo* result) {
  auto* const found = static_cast<Found*>(argument);
  found->done = true;
  found->status = status;
  if (result == nullptr) return;
  for (const ares_addrinfo_node* node = result->nodes; node != nullptr; node = node->ai_next) {
    char text[INET6_ADDRSTRLEN];
    const void* const ip =
        node->ai_family == AF_INET
            ? static_cast<const void*>(&reinterpret_cast<sockaddr_in*>(node->ai_addr)->sin_addr)
            : &reinterpret_cast<sockaddr_in6*>(node->ai_addr)->sin6_addr;
    if (inet_ntop(node->ai_family, ip, text, sizeof text) == nullptr) continue;
    found->addresses.push_back(AddressTarget(text, found->port));
  }
  ares_freeaddrinfo(result);
}

// Of one look-up: it reads the system's settings and hosts file anew.
class Resolver {
 public:
  ~Resolver() {
    if (ready_) ares_destroy(channel_);
  }

  int Init(const std::string& server) {
    static std::once_flag once;
    std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
    ares_options options{};
    options.timeout = kTimeoutMilliseconds;
    options.tries = kTries;
    const int status = ares_init_options(&channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    ready_ = status == ARES_SUCCESS;
    if (!ready_ || server.empty()) return status;
    return ares_set_servers_ports_csv(channel_, server.c_str());
  }

  void Run(const DnsName& name, const std::atomic<bool>& stop, Found* found) {
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(channel_, name.host.c_str(), nullptr, &hints, OnFound, found);
    const TimePoint until = Clock::System().Now() + kMostTime;
    while (!found->done && !stop.load(std::memory_order_relaxed)) {
      if (Clock::System().Now() >= until) {
        ares_cancel(channel_);  // calls OnFound, with what there is
        if (found->addresses.empty()) found->status = ARES_ETIMEOUT;
        return;
      }
      Turn();
    }
    if (!found->done) ares_cancel(channel_);
  }

 private:
  void Turn() {
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    const auto mask = static_cast<unsigned>(ares_getsock(channel_, sockets, ARES_GETSOCK_MAXNUM));
    pollfd polled[ARES_GETSOCK_MAXNUM];
    nfds_t count = 0;
    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      const short events = static_cast<short>((ARES_GETSOCK_READABLE(mask, i) ? POLLIN : 0) |
                                              (ARES_GETSOCK_WRITABLE(mask, i) ? POLLOUT : 0));
      if (events != 0) polled[count++] = {sockets[i], events, 0};
    }
    timeval most{0, kLookAtStopMilliseconds * 1000};
    timeval next{};
    const timeval* const wait = ares_timeout(channel_, &most, &next);
    poll(polled, count, static_cast<int>(wait->tv_sec * 1000 + wait->tv_usec / 1000));
    bool any = false;
    for (nfds_t i = 0; i < count; ++i) {
      if (polled[i].revents == 0) continue;
      any = true;
      const bool writable = (polled[i].revents & POLLOUT) != 0;
      const bool readable = (polled[i].revents & ~POLLOUT) != 0;
      ares_process_fd(channel_, readable ? polled[i].fd : ARES_SOCKET_BAD,
                      writable ? polled[i].fd : ARES_SOCKET_BAD);
    }
    if (!any) ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  }

  ares_channel channel_{};
  bool ready_ = false;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> LookUp(const DnsName& name,
                                                const std::atomic<bool>& stop) {
  // c-ares would ask the servers first.
  if (IsAddress(name.host)) return std::vector<std::string>{AddressTarget(name.host, name.port)};
  Resolver resolver;
  Found found;
  found.port = name.port;
  int status = resolver.Init(name.server);
  if (status == ARES_SUCCESS) {
    resolver.Run(name, stop, &found);
    status = found.status;
  }
  if (status != ARES_SUCCESS || found.addresses.empty()) {
    return absl::UnavailableError(
        absl::StrCat("looking up \"", name.host, "\": ", ares_strerror(status)));
  }
  std::sort(found.addresses.begin(), found.addresses.end());
  found.addresses.erase(std::unique(found.addresses.begin(), found.addresses.end()),
                        found.addresses.end());
  return std::move(found.addresses);
}

}  // namespace hookcast::hooks

#include "tests/integration/tcp_proxy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <list>
#include <memory>
#include <vector>

namespace hookcast::testing {
namespace {

using Clock = std::chrono::steady_clock;

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int Listen(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = Loopback(port);
  EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(listen(fd, 64), 0);
  return fd;
}

void ResetAtClose(int fd) {
  const linger at_once{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

// One client and its connection to the server.
struct Pair {
  struct Chunk {
    Clock::time_point at;
    std::string bytes;
  };
  int ends[2] = {-1, -1};        // client, server
  std::deque<Chunk> waiting[2];  // for each end

  ~Pair() {
    for (const int end : ends) close(end);
  }
};

}  // namespace

TcpProxy::TcpProxy(int port)
    : server_port_(port), listener_(Listen(0)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

TcpProxy::~TcpProxy() {
  stop_ = true;
  Wake();
  thread_.join();
  close(wake_);
  close(listener_);
}

void TcpProxy::Reset(bool reset) {
  reset_ = reset;
  Wake();
}

void TcpProxy::Hold(bool hold) {
  hold_ = hold;
  Wake();
}

void TcpProxy::Wake() {
  const uint64_t one = 1;
  EXPECT_EQ(write(wake_, &one, sizeof one), static_cast<ssize_t>(sizeof one));
}

void TcpProxy::Run() {
  std::list<Pair> pairs;
  std::vector<char> buffer(64 * 1024);
  while (true) {
    std::vector<pollfd> polled = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    auto next = Clock::time_point::max();
    for (const Pair& pair : pairs) {
      for (int i = 0; i < 2; ++i) {
        polled.push_back({pair.ends[i], static_cast<short>(hold_ ? 0 : POLLIN), 0});
        if (!pair.waiting[i].empty()) next = std::min(next, pair.waiting[i].front().at);
      }
    }
    int wait = -1;
    if (next != Clock::time_point::max()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
      wait = static_cast<int>(std::max<long>(0, left));
    }
    poll(polled.data(), polled.size(), wait);
    if (polled[0].revents != 0) {
      uint64_t times = 0;
      EXPECT_GT(read(wake_, &times, sizeof times), 0);
    }
    if (stop_) return;
    if (reset_) {
      for (const Pair& pair : pairs) ResetAtClose(pair.ends[0]);
      pairs.clear();
    }
    size_t at = 2;
    for (auto pair = pairs.begin(); pair != pairs.end();) {
      bool ended = false;
      for (int i = 0; i < 2; ++i, ++at) {
        if (polled[at].revents != 0) {
          const ssize_t size = read(pair->ends[i], buffer.data(), buffer.size());
          if (size <= 0) {
            ended = true;
          } else if (!swallow_) {
            pair->waiting[1 - i].push_back({Clock::now() + delay_.load(),
                                            std::string(buffer.data(), static_cast<size_t>(size))});
          }
        }
      }
      for (int i = 0; i < 2 && !ended; ++i) {
        auto& waiting = pair->waiting[i];
        while (!waiting.empty() && waiting.front().at <= Clock::now()) {
          const std::string& bytes = waiting.front().bytes;
          if (send(pair->ends[i], bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
              static_cast<ssize_t>(bytes.size())) {
            ended = true;
            break;
          }
          waiting.pop_front();
        }
      }
      pair = ended ? pairs.erase(pair) : std::next(pair);
    }
    if (polled[1].revents == 0) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (reset_) {
      ResetAtClose(client);
      close(client);
      continue;
    }
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = Loopback(server_port_);
    if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      close(client);
      close(server);
      continue;
    }
    const int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Pair& pair = pairs.emplace_back();
    pair.ends[0] = client;
    pair.ends[1] = server;
  }
}

SilentPort::SilentPort(int port) : listener_(Listen(port)) {}
SilentPort::~SilentPort() { close(listener_); }

}  // namespace hookcast::testing

#include "edge/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "broker/base/log.h"
#include "tests/unit/edge/polled_loop.h"

namespace hookcast::edge {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

uint16_t PortOf(const std::string& address) {
  return static_cast<uint16_t>(std::atoi(address.substr(address.rfind(':') + 1).c_str()));
}

// A blocking connect to the loopback; -1 where it is refused.
int ConnectTo(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

ListeningSocket BindAnyPort() {
  absl::StatusOr<ListeningSocket> socket = ListeningSocket::Bind({.host = "127.0.0.1", .port = 0});
  EXPECT_TRUE(socket.ok()) << socket.status();
  return *std::move(socket);
}

class ListenerTest : public testing::Test {
 protected:
  struct Accepted {
    int fd;
    std::string remote_address;
  };

  void TearDown() override {
    for (const Accepted& accepted : accepted_) ::close(accepted.fd);
    for (const int fd : clients_) ::close(fd);
  }

  Listener::OnAccept Accept() {
    return [this](int fd, std::string remote_address) {
      accepted_.push_back({fd, std::move(remote_address)});
    };
  }

  ShardLoop loop_{ShardId{0}};
  Reactor reactor_{&loop_};
  metrics::Catalogue metrics_;
  std::vector<Accepted> accepted_;
  std::vector<int> clients_;
};

TEST_F(ListenerTest, Port0TakesAPortAndTellsIt) {
  ListeningSocket a = BindAnyPort();
  EXPECT_THAT(a.address(), MatchesRegex("127\\.0\\.0\\.1:[1-9][0-9]*"));
  ListeningSocket b = BindAnyPort();
  EXPECT_NE(a.address(), b.address());
  const absl::StatusOr<ListeningSocket> v6 = ListeningSocket::Bind({.host = "::1", .port = 0});
  if (v6.ok()) {  // not every machine has IPv6
    EXPECT_THAT(v6->address(), MatchesRegex("\\[::1\\]:[1-9][0-9]*"));
  }
}

TEST_F(ListenerTest, APortThatIsTakenIsAnErrorThatNamesTheAddressAndWhy) {
  ListeningSocket taken = BindAnyPort();
  const uint16_t port = PortOf(taken.address());
  const absl::Status status = ListeningSocket::Bind({.host = "127.0.0.1", .port = port}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), "cannot listen on " + taken.address() + ": Address already in use");
}

TEST_F(ListenerTest, AnAddressThatIsNotThisMachinesIsAnError) {
  const absl::Status foreign = ListeningSocket::Bind({.host = "192.0.2.1", .port = 0}).status();
  EXPECT_EQ(foreign.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(foreign.message()), StartsWith("cannot listen on 192.0.2.1:0: "));
  const absl::Status no_address =
      ListeningSocket::Bind({.host = "not an address", .port = 0}).status();
  EXPECT_EQ(no_address.code(), absl::StatusCode::kUnavailable);
}

TEST_F(ListenerTest, HandsOnEachConnectionWithTheClientsAddress) {
  ListeningSocket socket = BindAnyPort();
  const uint16_t port = PortOf(socket.address());
  Listener listener(&reactor_, std::move(socket), &metrics_, Accept());
  listener.Start();
  for (int i = 0; i < 100; ++i) clients_.push_back(ConnectTo(port));
  ASSERT_TRUE(RunUntil(loop_, [&] { return accepted_.size() == 100; }));
  EXPECT_EQ(metrics_.connections_accepted.value(), 100);
  EXPECT_EQ(metrics_.accept_errors.value(), 0);

  sockaddr_in own{};
  socklen_t size = sizeof own;
  ASSERT_EQ(getsockname(clients_[0], reinterpret_cast<sockaddr*>(&own), &size), 0);
  EXPECT_EQ(accepted_[0].remote_address, "127.0.0.1:" + std::to_string(ntohs(own.sin_port)));
  const int fd = accepted_[0].fd;
  EXPECT_TRUE((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  EXPECT_TRUE((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  int no_delay = 0;
  size = sizeof no_delay;
  ASSERT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
  EXPECT_NE(no_delay, 0);
}

TEST_F(ListenerTest, LeavesTheLastDescriptorsToOthers) {
  ListeningSocket socket = BindAnyPort();
  const uint16_t port = PortOf(socket.address());
  for (int i = 0; i < 3; ++i) clients_.push_back(ConnectTo(port));
  // The next connection's descriptor, as long as nothing else takes one.
  const int next = dup(socket.fd());
  ::close(next);
  Listener listener(&reactor_, std::move(socket), &metrics_, Accept(), next + 1);
  listener.Start();
  ASSERT_TRUE(RunUntil(loop_, [&] { return metrics_.accept_errors.value() == 1; }));
  ASSERT_EQ(accepted_.size(), 1);
  EXPECT_EQ(accepted_[0].fd, next);

  ::close(accepted_[0].fd);
  accepted_.clear();
  ASSERT_TRUE(RunUntil(loop_, [&] { return accepted_.size() == 1; })) << "the third";
  EXPECT_EQ(accepted_[0].fd, next);
}

TEST_F(ListenerTest, StopFreesThePort) {
  ListeningSocket socket = BindAnyPort();
  const uint16_t port = PortOf(socket.address());
  Listener listener(&reactor_, std::move(socket), &metrics_, Accept());
  listener.Start();
  listener.Stop();
  listener.Stop();
  EXPECT_EQ(ConnectTo(port), -1);
  EXPECT_TRUE(ListeningSocket::Bind({.host = "127.0.0.1", .port = port}).ok());
}

TEST_F(ListenerTest, MayBeStoppedByWhomItHandsAConnectionTo) {
  ListeningSocket socket = BindAnyPort();
  const uint16_t port = PortOf(socket.address());
  std::optional<Listener> listener;
  int accepted = 0;
  listener.emplace(&reactor_, std::move(socket), &metrics_, [&](int fd, std::string) {
    ::close(fd);
    ++accepted;
    listener->Stop();
  });
  listener->Start();
  for (int i = 0; i < 3; ++i) clients_.push_back(ConnectTo(port));
  ASSERT_TRUE(RunUntil(loop_, [&] { return accepted != 0; }));
  RunReady(loop_);
  EXPECT_EQ(accepted, 1);
}

// In a child process, as the limit holds for all of it.
void RunOutOfDescriptors() {
  ShardLoop loop{ShardId{0}};
  Reactor reactor{&loop};
  metrics::Catalogue metrics;
  ListeningSocket socket = BindAnyPort();
  const uint16_t port = PortOf(socket.address());
  std::vector<int> accepted;
  Listener listener(&reactor, std::move(socket), &metrics,
                    [&](int fd, std::string) { accepted.push_back(fd); });
  listener.Start();
  // One that is accepted, first: a sanitizer needs descriptors of its own where code runs that it
  // has not seen yet.
  const int first = ConnectTo(port);
  if (!RunUntil(loop, [&] { return accepted.size() == 1; })) std::exit(1);
  log::Warn("a first line", {{"error", "none so far"}});
  const int client = ConnectTo(port);
  if (first < 0 || client < 0) std::exit(2);
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = static_cast<rlim_t>(client) + 1;  // all below are in use
  setrlimit(RLIMIT_NOFILE, &limit);

  if (!RunUntil(loop, [&] { return metrics.accept_errors.value() == 2; })) std::exit(3);
  // It came back after its pause, and failed once more. It does not spin: while it pauses nothing
  // of it is ready.
  size_t handlers = 0;
  for (int i = 0; i < 100; ++i) handlers += loop.Poll();
  if (handlers > 10 || accepted.size() != 1) std::exit(4);

  limit.rlim_cur = before;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (!RunUntil(loop, [&] { return accepted.size() == 2; })) std::exit(5);
  if (metrics.accept_errors.value() > 3) std::exit(6);
  std::exit(0);
}

TEST_F(ListenerTest, PausesWhereNoDescriptorIsLeftAndAcceptsOnceThereIsOne) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(RunOutOfDescriptors(), testing::ExitedWithCode(0), "cannot accept connections");
}

}  // namespace
}  // namespace hookcast::edge

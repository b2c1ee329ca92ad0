// The resume scenario against a server with a history that does wrong on purpose.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/load/scenarios.h"
#include "bench/wire/frame.h"
#include "bench/wire/handshake.h"

namespace hookcast::bench {
namespace {

using ::testing::HasSubstr;

std::string Chunk(std::string_view bytes) {
  return absl::StrCat(absl::Hex(bytes.size()), "\r\n", std::string(bytes), "\r\n");
}

std::string Event(uint64_t id, std::string_view payload) {
  return Chunk(absl::StrCat("id: ", id, "\ndata: ", std::string(payload), "\n\n"));
}

// What a client gets that comes back having had `had` messages of `log`; ids count from 1.
using Replay = std::function<std::string(const std::vector<std::string>& log, uint64_t had)>;

std::string Faithful(const std::vector<std::string>& log, uint64_t had) {
  std::string events;
  for (uint64_t id = had + 1; id <= log.size(); ++id) events += Event(id, log[id - 1]);
  return events;
}

// Serves a publisher over WebSocket and any number of streams of events.
class HistoryServer {
 public:
  explicit HistoryServer(Replay replay) : replay_(std::move(replay)) {
    listen_fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listen_fd_, 64);
    ::getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&address), &size);
    address_ = absl::StrCat("127.0.0.1:", ntohs(address.sin_port), "/any");
    thread_ = std::thread([this] { Serve(); });
  }

  ~HistoryServer() {
    ending_ = true;
    ::shutdown(listen_fd_, SHUT_RDWR);  // wakes poll
    thread_.join();
    ::close(listen_fd_);
  }

  const std::string& address() const { return address_; }
  uint64_t resumed() const { return resumed_; }

 private:
  enum class Role { kNew, kStream, kPublisher };
  struct Peer {
    Role role = Role::kNew;
    std::string input;
  };

  void Serve() {
    while (!ending_) {
      std::vector<pollfd> polled = {{listen_fd_, POLLIN, 0}};
      for (const auto& [fd, peer] : peers_) polled.push_back({fd, POLLIN, 0});
      ::poll(polled.data(), polled.size(), -1);
      if (polled[0].revents & POLLIN) {
        if (const int fd = ::accept(listen_fd_, nullptr, nullptr); fd >= 0) peers_[fd];
      }
      for (size_t i = 1; i < polled.size(); ++i) {
        if (polled[i].revents != 0) OnReadable(polled[i].fd);
      }
    }
    for (const auto& [fd, peer] : peers_) ::close(fd);
  }

  void OnReadable(int fd) {
    char bytes[65536];
    const ssize_t got = ::recv(fd, bytes, sizeof bytes, 0);
    if (got <= 0) {
      ::close(fd);
      peers_.erase(fd);
      return;
    }
    Peer& peer = peers_[fd];
    peer.input.append(bytes, static_cast<size_t>(got));
    if (peer.role == Role::kNew && peer.input.find("\r\n\r\n") != std::string::npos) {
      const std::string head = std::exchange(peer.input, {});
      Answer(fd, peer, head);
    } else if (peer.role == Role::kPublisher) {
      FrameHeader header;
      while (ParseFrameHeader(peer.input.data(), peer.input.size(), header) &&
             peer.input.size() >= header.header_size + header.payload_size) {
        std::string payload = peer.input.substr(header.header_size, header.payload_size);
        peer.input.erase(0, header.header_size + header.payload_size);
        ApplyMask(payload.data(), payload.size(), header.mask);
        log_.push_back(payload);
        for (const auto& [other, stream] : peers_) {
          if (stream.role == Role::kStream) Send(other, Event(log_.size(), payload));
        }
      }
    }
  }

  void Answer(int fd, Peer& peer, std::string_view head) {
    const std::string_view key = HeaderValue(head, "sec-websocket-key");
    if (!key.empty()) {
      peer.role = Role::kPublisher;
      Send(fd, absl::StrCat("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                            "Connection: Upgrade\r\nSec-WebSocket-Accept: ",
                            AcceptValue(key), "\r\n\r\n"));
      return;
    }
    peer.role = Role::kStream;
    std::string answer =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    answer += Chunk("event: hookcast.open\ndata: {}\n\n");
    uint64_t had = 0;
    if (absl::SimpleAtoi(std::string(HeaderValue(head, "last-event-id")), &had)) {
      ++resumed_;
      answer += replay_(log_, had);
    }
    Send(fd, answer);
  }

  static void Send(int fd, std::string_view bytes) {
    ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  const Replay replay_;
  int listen_fd_;
  std::string address_;
  std::atomic<bool> ending_ = false;
  std::atomic<uint64_t> resumed_ = 0;
  std::map<int, Peer> peers_;
  std::vector<std::string> log_;
  std::thread thread_;
};

absl::Status Resume(const Replay& replay, uint64_t* resumed = nullptr) {
  HistoryServer server(replay);
  Loop loop(Clock::now() + std::chrono::seconds(20));
  ResumeOptions options;
  options.sub = absl::StrCat("http://", server.address());
  options.pub = absl::StrCat("ws://", server.address());
  options.clients = 5;
  options.messages = 1000;
  options.rate = 2000;
  options.stay_s = 0.05;
  options.away_s = 0.01;
  Report report("resume");
  const absl::Status status = RunResume(loop, *ServerMeter::Watch({}), options, report);
  if (resumed != nullptr) *resumed = server.resumed();
  return status;
}

void ExpectFault(const absl::Status& status, const char* part) {
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(part));
}

TEST(ResumeScenarioTest, AServerThatReplaysWhatWasMissedPasses) {
  uint64_t resumed = 0;
  const absl::Status status = Resume(Faithful, &resumed);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_GT(resumed, 5u);
}

TEST(ResumeScenarioTest, AMessageLeftOutOfAReplayIsSeen) {
  ExpectFault(Resume([](const auto& log, uint64_t had) { return Faithful(log, had + 1); }),
              "lost or out of order");
}

TEST(ResumeScenarioTest, AReplayThatBeginsWithWhatTheClientHadIsSeen) {
  ExpectFault(
      Resume([](const auto& log, uint64_t had) { return Faithful(log, had < 10 ? had : had - 1); }),
      "repeated or out of order");
}

TEST(ResumeScenarioTest, NoReplayAtAllIsSeen) {
  ExpectFault(Resume([](const auto&, uint64_t) { return std::string(); }), "lost or out of order");
}

TEST(ResumeScenarioTest, AGapIsNotTakenForAnExcuse) {
  ExpectFault(Resume([](const auto& log, uint64_t had) {
                return Chunk("event: hookcast.gap\ndata: {}\n\n") + Faithful(log, had);
              }),
              "told of a gap");
}

TEST(ResumeScenarioTest, AStreamThatEndsIsSeen) {
  ExpectFault(
      Resume([](const auto& log, uint64_t had) { return Faithful(log, had) + "0\r\n\r\n"; }),
      "lost its connection");
}

}  // namespace
}  // namespace hookcast::bench

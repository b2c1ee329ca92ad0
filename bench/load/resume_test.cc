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
#include <nlohmann/json.hpp>
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

// How a server speaks to a client that resumes.
enum class Form { kEvents, kEnvelopes };

// In place of an id: that the server says a gap is there, or ends the connection.
constexpr uint64_t kGap = 0;
constexpr uint64_t kEnd = ~uint64_t{0};

// The ids of what a client gets that comes back having had `had` of `all` messages; they count from
// 1.
using Replay = std::function<std::vector<uint64_t>(uint64_t all, uint64_t had)>;

std::vector<uint64_t> Faithful(uint64_t all, uint64_t had) {
  std::vector<uint64_t> ids;
  for (uint64_t id = had + 1; id <= all; ++id) ids.push_back(id);
  return ids;
}

std::string Chunk(const std::string& bytes) {
  return absl::StrCat(absl::Hex(bytes.size()), "\r\n", bytes, "\r\n");
}

std::string Frame(const nlohmann::json& envelope) {
  std::string frame;
  AppendFrame(frame, kText, envelope.dump());
  return frame;
}

std::string Write(Form form, uint64_t id, const std::vector<std::string>& log) {
  const bool events = form == Form::kEvents;
  if (id == kGap) {
    return events ? Chunk("event: hookcast.gap\ndata: {}\n\n") : Frame({{"type", "gap"}});
  }
  if (id == kEnd) {
    std::string close;
    AppendFrame(close, kClose, CloseBody(1001));
    return events ? "0\r\n\r\n" : close;
  }
  const std::string& data = log[id - 1];
  return events ? Chunk(absl::StrCat("id: ", id, "\ndata: ", data, "\n\n"))
                : Frame({{"type", "message"}, {"position", absl::StrCat(id)}, {"data", data}});
}

// Serves a publisher over WebSocket and any number of clients in each form.
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
  enum class Role { kNew, kClient, kPublisher };
  struct Peer {
    Role role = Role::kNew;
    Form form = Form::kEvents;
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
        for (const auto& [other, client] : peers_) {
          if (client.role == Role::kClient) Send(other, Write(client.form, log_.size(), log_));
        }
      }
    }
  }

  void Answer(int fd, Peer& peer, std::string_view head) {
    const std::string_view key = HeaderValue(head, "sec-websocket-key");
    const bool envelopes = !HeaderValue(head, "sec-websocket-protocol").empty();
    peer.role = key.empty() || envelopes ? Role::kClient : Role::kPublisher;
    peer.form = envelopes ? Form::kEnvelopes : Form::kEvents;
    std::string had(HeaderValue(head, "last-event-id"));
    std::string answer;
    if (key.empty()) {
      answer = absl::StrCat(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
          "Transfer-Encoding: chunked\r\n\r\n",
          Chunk("event: hookcast.open\ndata: {}\n\n"));
    } else {
      answer = absl::StrCat(
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
          envelopes ? "Sec-WebSocket-Protocol: hookcast.v1.json\r\n" : "",
          "Sec-WebSocket-Accept: ", AcceptValue(key), "\r\n\r\n");
      if (envelopes) answer += Frame({{"type", "open"}});
      const std::string_view line = head.substr(0, head.find(" HTTP"));
      const size_t query = line.find("last_event_id=");
      if (query != std::string_view::npos) had = std::string(line.substr(query + 14));
    }
    if (uint64_t id = 0; absl::SimpleAtoi(had, &id)) {
      ++resumed_;
      for (const uint64_t next : replay_(log_.size(), id)) answer += Write(peer.form, next, log_);
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

class ResumeScenarioTest : public ::testing::TestWithParam<Form> {
 protected:
  absl::Status Resume(const Replay& replay) {
    HistoryServer server(replay);
    Loop loop(Clock::now() + std::chrono::seconds(20));
    ResumeOptions options;
    options.sub = absl::StrCat(GetParam() == Form::kEvents ? "http://" : "ws://", server.address());
    options.pub = absl::StrCat("ws://", server.address());
    options.clients = 5;
    options.messages = 1000;
    options.rate = 2000;
    options.stay_s = 0.05;
    options.away_s = 0.01;
    Report report("resume");
    const absl::Status status = RunResume(loop, *ServerMeter::Watch({}), options, report);
    resumed_ = server.resumed();
    return status;
  }

  uint64_t resumed_ = 0;
};

void ExpectFault(const absl::Status& status, const char* part) {
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(part));
}

TEST_P(ResumeScenarioTest, AServerThatReplaysWhatWasMissedPasses) {
  const absl::Status status = Resume(Faithful);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_GT(resumed_, 5u);
}

TEST_P(ResumeScenarioTest, AMessageLeftOutOfAReplayIsSeen) {
  ExpectFault(Resume([](uint64_t all, uint64_t had) { return Faithful(all, had + 1); }),
              "lost or out of order");
}

TEST_P(ResumeScenarioTest, AReplayThatBeginsWithWhatTheClientHadIsSeen) {
  ExpectFault(
      Resume([](uint64_t all, uint64_t had) { return Faithful(all, had < 10 ? had : had - 1); }),
      "repeated or out of order");
}

TEST_P(ResumeScenarioTest, AReplayInAnotherOrderIsSeen) {
  ExpectFault(Resume([](uint64_t all, uint64_t had) {
                std::vector<uint64_t> ids = Faithful(all, had);
                if (ids.size() > 1) std::swap(ids[0], ids[1]);
                return ids;
              }),
              "out of order");
}

TEST_P(ResumeScenarioTest, NoReplayAtAllIsSeen) {
  ExpectFault(Resume([](uint64_t, uint64_t) { return std::vector<uint64_t>(); }),
              "lost or out of order");
}

TEST_P(ResumeScenarioTest, AGapIsNotTakenForAnExcuse) {
  ExpectFault(Resume([](uint64_t all, uint64_t had) {
                std::vector<uint64_t> ids = Faithful(all, had);
                ids.insert(ids.begin(), kGap);
                return ids;
              }),
              "told of a gap");
}

TEST_P(ResumeScenarioTest, AConnectionThatTheServerEndsIsSeen) {
  ExpectFault(Resume([](uint64_t, uint64_t) { return std::vector<uint64_t>{kEnd}; }),
              GetParam() == Form::kEvents ? "lost its connection" : "was sent Close 1001");
}

INSTANTIATE_TEST_SUITE_P(Forms, ResumeScenarioTest,
                         ::testing::Values(Form::kEvents, Form::kEnvelopes), [](const auto& info) {
                           return info.param == Form::kEvents ? "Events" : "Envelopes";
                         });

}  // namespace
}  // namespace hookcast::bench

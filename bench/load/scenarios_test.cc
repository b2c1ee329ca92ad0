// The load tool against a server that does wrong on purpose: each kind of fault must be seen.

#include "bench/load/scenarios.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/wire/frame.h"
#include "bench/wire/handshake.h"
#include "bench/wire/sse.h"

namespace hookcast::bench {
namespace {

using ::testing::HasSubstr;

constexpr size_t kPeers = 3;

// What the server sends peer number `peer` for message number `n` (from 0; probes are not
// messages).
using Forward =
    std::function<std::string(size_t peer, uint64_t n, uint8_t opcode, std::string payload)>;

std::string Frame(uint8_t opcode, std::string_view payload) {
  std::string frame;
  AppendFrame(frame, opcode, payload);
  return frame;
}

std::string Faithful(size_t, uint64_t, uint8_t opcode, std::string payload) {
  return Frame(opcode, payload);
}

std::string Event(std::string_view data, std::string_view name = {}) {
  std::string chunk;
  AppendSseChunk(chunk, name, data);
  return chunk;
}

std::string FaithfulEvents(size_t, uint64_t, uint8_t, const std::string& payload) {
  return Event(payload);
}

// The first kPeers connections are subscribers, over WebSocket or as streams of events as they ask;
// the next one is the publisher. Where `echo`, each of the first kPeers gets back what it sends
// itself, one after the other.
class FaultyServer {
 public:
  FaultyServer(bool echo, Forward forward) : echo_(echo), forward_(std::move(forward)) {
    listen_fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listen_fd_, 16);
    ::getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&address), &size);
    address_ = absl::StrCat("127.0.0.1:", ntohs(address.sin_port), "/any");
    url_ = absl::StrCat("ws://", address_);
    thread_ = std::thread([this] { Serve(); });
  }

  ~FaultyServer() {
    ::shutdown(listen_fd_, SHUT_RDWR);
    thread_.join();
    ::close(listen_fd_);
  }

  const std::string& url() const { return url_; }
  std::string events_url() const { return absl::StrCat("http://", address_); }

 private:
  void Serve() {
    std::vector<int> fds;
    bool events = false;
    const size_t wanted = kPeers + (echo_ ? 0 : 1);
    for (int fd; fds.size() < wanted && (fd = ::accept(listen_fd_, nullptr, nullptr)) >= 0;) {
      fds.push_back(fd);
      std::string head;
      for (char c; head.find("\r\n\r\n") == head.npos && ::recv(fd, &c, 1, 0) == 1;) head += c;
      const std::string_view key = HeaderValue(head, "sec-websocket-key");
      if (key.empty()) {
        events = true;
        Send(fd, absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n",
                              Event("{}", "hookcast.open")));
        continue;
      }
      Send(fd, absl::StrCat("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                            "Connection: Upgrade\r\nSec-WebSocket-Accept: ",
                            AcceptValue(key), "\r\n\r\n"));
    }
    uint8_t opcode = 0;
    std::string payload;
    if (echo_) {
      for (uint64_t n = 0; Read(fds[n % kPeers], opcode, payload); ++n) {
        Send(fds[n % kPeers], forward_(n % kPeers, n / kPeers, opcode, payload));
      }
    } else if (fds.size() == wanted) {
      for (uint64_t n = 0; Read(fds.back(), opcode, payload);) {
        const bool probe = payload.front() == 'P';
        for (size_t peer = 0; peer < kPeers; ++peer) {
          Send(fds[peer], !probe   ? forward_(peer, n, opcode, payload)
                          : events ? Event(payload)
                                   : Frame(opcode, payload));
        }
        if (!probe) ++n;
      }
    }
    for (const int fd : fds) ::close(fd);
  }

  static void Send(int fd, std::string_view bytes) {
    ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  static bool Read(int fd, uint8_t& opcode, std::string& payload) {
    std::string bytes;
    FrameHeader header;
    while (!ParseFrameHeader(bytes.data(), bytes.size(), header) ||
           bytes.size() < header.header_size + header.payload_size) {
      char c;
      if (::recv(fd, &c, 1, 0) != 1) return false;
      bytes += c;
    }
    payload = bytes.substr(header.header_size);
    ApplyMask(payload.data(), payload.size(), header.mask);
    opcode = header.opcode;
    return true;
  }

  const bool echo_;
  const Forward forward_;
  int listen_fd_;
  std::string address_;
  std::string url_;
  std::thread thread_;
};

enum class Sub { kWebSocket, kEvents };

absl::Status Fanout(const Forward& forward, uint64_t in_flight = 4, Sub sub = Sub::kWebSocket) {
  FaultyServer server(false, forward);
  Loop loop(Clock::now() + std::chrono::milliseconds(1500));
  FanoutOptions options;
  options.sub = sub == Sub::kEvents ? server.events_url() : server.url();
  options.pub = server.url();
  options.peers = kPeers;
  options.concurrency = 1;
  options.in_flight = in_flight;
  options.messages = 30;
  options.warmup = 5;
  Report report("fanout");
  return RunFanout(loop, *ServerMeter::Watch({}), options, report);
}

absl::Status FanoutEvents(const Forward& forward) { return Fanout(forward, 4, Sub::kEvents); }

absl::Status Echo(const Forward& forward) {
  FaultyServer server(true, forward);
  Loop loop(Clock::now() + std::chrono::milliseconds(1500));
  EchoOptions options;
  options.url = server.url();
  options.peers = kPeers;
  options.concurrency = 1;
  options.messages = 30;
  options.warmup = 6;
  Report report("echo");
  return RunEcho(loop, *ServerMeter::Watch({}), options, report);
}

bool Unlucky(size_t peer, uint64_t n) { return peer == 1 && n == 9; }

void ExpectFault(const absl::Status& status, const char* part) {
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(part));
}

TEST(FanoutScenarioTest, AFaithfulServerPasses) {
  EXPECT_TRUE(Fanout(Faithful, 1).ok());
  EXPECT_TRUE(Fanout(Faithful, 7).ok());
}

TEST(FanoutScenarioTest, ALostMessageIsSeenByTheNextOne) {
  const auto lose = [](size_t peer, uint64_t n, uint8_t opcode, const std::string& payload) {
    return Unlucky(peer, n) ? "" : Frame(opcode, payload);
  };
  ExpectFault(Fanout(lose), "peer 2: lost or out of order: message 10 came where 9 was due");
}

TEST(FanoutScenarioTest, ALostMessageWithNothingAfterItEndsAtTheDeadline) {
  const auto lose = [](size_t peer, uint64_t n, uint8_t opcode, const std::string& payload) {
    return Unlucky(peer, n) ? "" : Frame(opcode, payload);
  };
  EXPECT_EQ(Fanout(lose, 1).code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(FanoutScenarioTest, ARepeatedMessageIsSeen) {
  const auto repeat = [](size_t peer, uint64_t n, uint8_t opcode, const std::string& payload) {
    return Frame(opcode, payload) + (Unlucky(peer, n) ? Frame(opcode, payload) : "");
  };
  ExpectFault(Fanout(repeat), "peer 2: repeated or out of order: message 9 came where 10 was due");
  ExpectFault(Fanout(repeat, 1), "peer 2: repeated or out of order: message 9 came where 10");
}

TEST(FanoutScenarioTest, ARepetitionOfTheLastMessageIsSeen) {
  const auto repeat = [](size_t, uint64_t n, uint8_t opcode, const std::string& payload) {
    return Frame(opcode, payload) + (n == 34 ? Frame(opcode, payload) : "");
  };
  ExpectFault(Fanout(repeat), "message 34 came where 35 was due");
}

TEST(FanoutScenarioTest, MessagesOutOfOrderAreSeen) {
  std::string held;
  const auto swap = [&held](size_t peer, uint64_t n, uint8_t opcode, const std::string& payload) {
    if (Unlucky(peer, n)) {
      held = Frame(opcode, payload);
      return std::string();
    }
    return Frame(opcode, payload) + std::exchange(held, {});
  };
  ExpectFault(Fanout([&](size_t peer, uint64_t n, uint8_t opcode, const std::string& payload) {
                return peer == 1 ? swap(peer, n, opcode, payload) : Frame(opcode, payload);
              }),
              "message 10 came where 9 was due");
}

TEST(FanoutScenarioTest, AChangedByteIsSeenWhereverItIs) {
  for (const size_t at : {0u, 5u, 20u, 60u, 127u}) {
    const auto damage = [at](size_t peer, uint64_t n, uint8_t opcode, std::string payload) {
      if (Unlucky(peer, n)) payload[at] ^= 1;
      return Frame(opcode, payload);
    };
    ExpectFault(Fanout(damage), "damaged or not ours");
  }
}

TEST(FanoutScenarioTest, ACutPayloadIsSeen) {
  const auto cut = [](size_t peer, uint64_t n, uint8_t opcode, const std::string& payload) {
    return Frame(opcode, Unlucky(peer, n) ? payload.substr(0, 127) : payload);
  };
  ExpectFault(Fanout(cut), "damaged or not ours: 127 bytes");
}

TEST(FanoutScenarioTest, TextThatBecomesBinaryIsSeen) {
  const auto change = [](size_t peer, uint64_t n, uint8_t opcode, const std::string& payload) {
    return Frame(Unlucky(peer, n) ? uint8_t{kBinary} : opcode, payload);
  };
  ExpectFault(Fanout(change), "opcode 2, not 1");
}

TEST(FanoutScenarioTest, APeerThatIsClosedIsSeen) {
  const auto close = [](size_t peer, uint64_t n, uint8_t opcode, const std::string& payload) {
    return Unlucky(peer, n) ? Frame(kClose, CloseBody(1013, "slow")) : Frame(opcode, payload);
  };
  ExpectFault(Fanout(close), "was sent Close 1013 slow");
}

TEST(FanoutOfEventsTest, AFaithfulServerPasses) {
  EXPECT_TRUE(Fanout(FaithfulEvents, 1, Sub::kEvents).ok());
  EXPECT_TRUE(Fanout(FaithfulEvents, 7, Sub::kEvents).ok());
}

TEST(FanoutOfEventsTest, NamesIdsAndCommentsAreNoPartOfAMessage) {
  const auto adorn = [](size_t, uint64_t n, uint8_t, const std::string& payload) {
    const std::string event =
        absl::StrCat(":\n\nid: ", n, "\nevent: tick\nretry: 100\ndata: ", payload, "\n\n");
    return absl::StrCat(absl::Hex(event.size()), "\r\n", event, "\r\n");
  };
  EXPECT_TRUE(FanoutEvents(adorn).ok());
}

TEST(FanoutOfEventsTest, ALostARepeatedAndADamagedEventAreSeen) {
  const auto lose = [](size_t peer, uint64_t n, uint8_t, const std::string& payload) {
    return Unlucky(peer, n) ? "" : Event(payload);
  };
  ExpectFault(FanoutEvents(lose), "peer 2: lost or out of order: message 10 came where 9 was due");
  const auto repeat = [](size_t peer, uint64_t n, uint8_t, const std::string& payload) {
    return Event(payload) + (Unlucky(peer, n) ? Event(payload) : "");
  };
  ExpectFault(FanoutEvents(repeat), "peer 2: repeated or out of order: message 9 came where 10");
  const auto damage = [](size_t peer, uint64_t n, uint8_t, std::string payload) {
    if (Unlucky(peer, n)) payload[60] ^= 1;
    return Event(payload);
  };
  ExpectFault(FanoutEvents(damage), "damaged or not ours");
}

TEST(FanoutOfEventsTest, APayloadThatBecomesTwoLinesIsSeen) {
  const auto split = [](size_t peer, uint64_t n, uint8_t, std::string payload) {
    if (Unlucky(peer, n)) payload.insert(60, "\ndata: ");
    return Event(payload);
  };
  ExpectFault(FanoutEvents(split), "damaged or not ours: 129 bytes");
}

TEST(FanoutOfEventsTest, AGapAndACloseAreSeen) {
  const auto gap = [](size_t peer, uint64_t n, uint8_t, const std::string& payload) {
    return Unlucky(peer, n) ? Event(R"({"lost":1})", "hookcast.gap") : Event(payload);
  };
  ExpectFault(FanoutEvents(gap), R"(told of a gap: {"lost":1})");
  const auto close = [](size_t peer, uint64_t n, uint8_t, const std::string& payload) {
    return Unlucky(peer, n) ? Event(R"({"code":1013,"reason":"slow"})", "hookcast.close")
                            : Event(payload);
  };
  ExpectFault(FanoutEvents(close), "was sent Close 1013 slow");
}

TEST(FanoutOfEventsTest, AStreamThatEndsOrIsNoneIsSeen) {
  const auto end = [](size_t peer, uint64_t n, uint8_t, const std::string& payload) {
    return Unlucky(peer, n) ? "0\r\n\r\n" : Event(payload);
  };
  ExpectFault(FanoutEvents(end), "peer 2: lost its connection");
  const auto spoil = [](size_t peer, uint64_t n, uint8_t, const std::string& payload) {
    return Unlucky(peer, n) ? Event(payload).substr(1) : Event(payload);
  };
  ExpectFault(FanoutEvents(spoil), "broke the protocol");
}

TEST(EchoScenarioTest, AFaithfulServerPasses) { EXPECT_TRUE(Echo(Faithful).ok()); }

TEST(EchoScenarioTest, AChangedByteIsSeen) {
  const auto damage = [](size_t peer, uint64_t n, uint8_t opcode, std::string payload) {
    if (Unlucky(peer, n)) payload[100] ^= 1;
    return Frame(opcode, payload);
  };
  ExpectFault(Echo(damage), "damaged or not ours");
}

TEST(EchoScenarioTest, ASecondAnswerIsSeen) {
  const auto repeat = [](size_t peer, uint64_t n, uint8_t opcode, const std::string& payload) {
    return Frame(opcode, payload) + (Unlucky(peer, n) ? Frame(opcode, payload) : "");
  };
  ExpectFault(Echo(repeat), "repeated or out of order");
}

TEST(ScenarioTest, NobodyListeningIsSaidSoWithTheAddress) {
  std::string url;
  { url = FaultyServer(false, Faithful).url(); }
  Loop loop(Clock::now() + std::chrono::seconds(5));
  EchoOptions options;
  options.url = url;
  Report report("echo");
  const absl::Status status = RunEcho(loop, *ServerMeter::Watch({}), options, report);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("connection refused; is hookcastd running there?"));
}

}  // namespace
}  // namespace hookcast::bench

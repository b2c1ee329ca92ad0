// Many threads publish to one peer while it is pinged, kicked, and at last its node ends. What its
// client finds on the wire is read to the byte.

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "edge/session.h"
#include "edge/websocket/websocket_transport.h"
#include "tests/unit/edge/client_socket.h"
#include "tests/unit/edge/server_frames.h"
#include "tests/unit/edge/test_shard.h"

namespace hookcast::edge {
namespace {

using std::chrono::milliseconds;

constexpr int kPublishers = 8;
constexpr std::string_view kResponse = "HTTP/1.1 101 Switching Protocols\r\n\r\n";

std::string Payload(int publisher, int number) {
  return absl::StrCat(
      publisher, ":", number, ":",
      std::string(static_cast<size_t>(number % 40) * 20, static_cast<char>('a' + publisher)));
}

class BusyPeerTest : public testing::Test {
 protected:
  BusyPeerTest() : node_(ConfigOfNode()) {
    node_.loop().Start();
    for (int i = 0; i < kPublishers; ++i) {
      publishers_.emplace_back([this, i] {
        for (int number = 0; !stop_; ++number) {
          node_.Publish("ns", "t", Payload(i, number));
          // As a caller would who awaits each answer, more or less.
          if (number % 4 == 0) OnShard([] {});
        }
      });
    }
  }
  ~BusyPeerTest() override {
    stop_ = true;
    for (std::thread& publisher : publishers_) publisher.join();
    node_.loop().Stop();
  }

  static config::Config ConfigOfNode() {
    config::Route route;
    route.path = "/r";
    route.static_rules.emplace().subscribe = {"t"};
    config::Config config = TestShard::ConfigOf({route});
    config.websocket.ping_interval = milliseconds(1);
    config.websocket.pong_timeout = std::chrono::seconds(60);
    return config;
  }

  template <typename Task>
  void OnShard(Task task) {
    std::promise<void> ran;
    node_.loop().Post([&] {
      task();
      ran.set_value();
    });
    ran.get_future().wait();
  }

  // A peer of the real transport, with its client's end.
  ClientSocket Connect(PeerId* id) {
    Connected connected = ConnectLoopback();
    OnShard([&] {
      Shard& shard = node_.shard();
      shard.connections().Add(1);
      auto facts = std::make_unique<pubsub::PeerFacts>();
      facts->ns = "ns";
      facts->target = "/r";
      config::Params params;
      const config::Route& route = *shard.routes().Match("/r", &params);
      *id = node_.hub().NextPeerId();
      auto session =
          std::make_unique<Session>(&shard, &shard.BindingOf(route), *id, 16, std::move(facts), "");
      auto transport = std::make_unique<WebSocketTransport>(
          &shard, session.get(), Socket(connected.server, &shard.connections()),
          WebSocketOptions{.slow_peer = route.slow_peer});
      Session* const started = session.get();
      WebSocketTransport* const reading = transport.get();
      shard.Keep(std::move(session));
      reading->Start(kResponse);
      started->Start(std::move(transport));
    });
    return std::move(connected.client);
  }

  // Reads until so many whole frames are there, or the end. Checks each.
  void ReadFramesOf(ClientSocket& client, size_t most) {
    while (frames_.size() < most && !client.gone()) {
      pollfd ready{client.fd(), POLLIN, 0};
      ASSERT_EQ(poll(&ready, 1, 10'000), 1) << "nothing came";
      client.Pump();
      frames_ = {};
      if (client.received().size() < kResponse.size()) continue;
      ASSERT_TRUE(client.received().starts_with(kResponse));
      frames_ = ReadFrames(std::string_view(client.received()).substr(kResponse.size()));
    }
  }

  bool PingCame() const {
    return std::any_of(frames_.begin(), frames_.end(),
                       [](const ServerFrame& frame) { return frame.opcode == 9; });
  }

  // All are whole but the last, where the connection was cut; each publisher's messages are an
  // unbroken run; nothing is behind a Close.
  void CheckFrames(bool cut) {
    std::map<int, int> last;
    std::map<int, int> seen;
    for (size_t i = 0; i < frames_.size(); ++i) {
      const ServerFrame& frame = frames_[i];
      if (frame.opcode == 9) continue;
      if (frame.opcode == 8) {
        EXPECT_EQ(i + 1, frames_.size()) << "behind a Close";
        continue;
      }
      if (frame.opcode == -1 && cut) {
        EXPECT_EQ(i + 1, frames_.size());
        continue;
      }
      ASSERT_EQ(frame.opcode, 1);
      const std::vector<std::string> parts = absl::StrSplit(frame.payload, ':');
      int publisher = 0;
      int number = 0;
      ASSERT_EQ(parts.size(), 3);
      ASSERT_TRUE(absl::SimpleAtoi(parts[0], &publisher) && absl::SimpleAtoi(parts[1], &number));
      ASSERT_EQ(frame.payload, Payload(publisher, number));
      // The first may have been on its way when the peer subscribed: one behind it may be missing
      // that was published, in between, when nobody wanted the namespace.
      if (++seen[publisher] > 2) {
        ASSERT_EQ(number, last[publisher] + 1);
      }
      last[publisher] = number;
    }
  }

  TestShard node_;
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> publishers_;
  std::vector<ServerFrame> frames_;
};

TEST_F(BusyPeerTest, B22WhateverComesAtOnceEachFrameIsWholeAndInItsOrder) {
  constexpr int kRounds = 300;
  for (int round = 0; round < kRounds; ++round) {
    frames_.clear();
    PeerId id;
    ClientSocket client = Connect(&id);
    ReadFramesOf(client, 5);
    // One of the rounds lasts until the peer was pinged.
    while (round == 0 && !PingCame() && !HasFatalFailure())
      ReadFramesOf(client, frames_.size() + 1);
    const bool terminate = round % 3 == 2;
    node_.loop().Post([this, id, terminate] {
      pubsub::Peer* const peer = node_.hub().Find(id);
      if (peer == nullptr) return;  // the client was faster
      if (terminate) {
        peer->Terminate();
      } else {
        peer->Close(4000, "kicked");
      }
    });
    // A masked Close crosses the server's.
    if (round % 3 == 1) client.Send(std::string_view("\x88\x80\x00\x00\x00\x00", 6));
    bool answered = round % 3 == 1;
    while (!client.gone()) {
      ReadFramesOf(client, frames_.size() + 1);
      if (HasFatalFailure()) return;
      if (!answered && !frames_.empty() && frames_.back().opcode == 8) {
        client.Send(std::string_view("\x88\x80\x00\x00\x00\x00", 6));
        answered = true;
      }
    }
    CheckFrames(terminate);
    if (HasFatalFailure()) return;
  }

  frames_.clear();
  PeerId id;
  ClientSocket client = Connect(&id);
  ReadFramesOf(client, 5);
  std::promise<void> done;
  node_.loop().Post([&] { node_.shard().CloseAll([&] { done.set_value(); }); });
  while (frames_.empty() || frames_.back().opcode != 8) {
    ReadFramesOf(client, frames_.size() + 1);
    if (HasFatalFailure()) return;
  }
  client.Send(std::string_view("\x88\x80\x00\x00\x00\x00", 6));
  ReadFramesOf(client, SIZE_MAX);
  CheckFrames(false);
  EXPECT_EQ(CloseCodeOf(frames_.back()), 1012);
  done.get_future().wait();
}

}  // namespace
}  // namespace hookcast::edge

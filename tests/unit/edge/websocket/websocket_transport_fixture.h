#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/websocket/websocket_transport.h"
#include "tests/fakes/edge/recording_listener.h"
#include "tests/unit/edge/client_socket.h"
#include "tests/unit/edge/server_frames.h"
#include "tests/unit/edge/test_shard.h"

namespace hookcast::edge {

// One connection over the loopback: the server's end is a transport on a polled loop, the client's
// end is in the test's hands. When a test ends, the transport has kept the rules of its seam and
// left no gauge behind.
class WebSocketTransportTest : public testing::Test {
 protected:
  static constexpr std::string_view kResponse = "HTTP/1.1 101 Switching Protocols\r\n\r\n";

  struct Settings {
    config::WebSocketConfig websocket;
    WebSocketOptions options;
    int buffer_bytes = 0;       // of the sockets, towards the client; 0: the system's own
    int send_buffer_bytes = 0;  // of the server's socket alone, where not 0
    std::string rest;           // what came behind the handshake
  };

  // No pings, and a short time to close.
  static Settings Quiet();
  // The same with sockets that take little, and this queue.
  static Settings Narrow(size_t queue_bytes, config::SlowPeer slow_peer = config::SlowPeer::kClose);

  void Start(const Settings& settings = Quiet());
  void TearDown() override;

  bool RunUntil(absl::FunctionRef<bool()> holds) { return node_->RunUntil(holds); }
  void RunFor(Duration time);

  // What has come at the client, behind the handshake's response.
  std::vector<ServerFrame> Frames();
  // Runs until that many whole frames have come, and returns them.
  std::vector<ServerFrame> AwaitFrames(size_t count);
  // Runs until the server has ended the connection, and returns all frames.
  std::vector<ServerFrame> FramesToTheEnd();

  void AwaitReleased();
  void ExpectClosed(uint16_t code, std::string_view reason, hooks::ClosedBy by, bool was_clean);

  bool Send(std::string_view text) { return transport_->Send(TextData(text)); }
  bool Deliver(std::string_view text, std::string topic = "t");
  metrics::Catalogue& metrics() { return node_->metrics(); }

  fakes::RecordingListener listener_;
  std::optional<TestShard> node_;
  std::optional<ClientSocket> client_;
  std::unique_ptr<WebSocketTransport> transport_;
};

}  // namespace hookcast::edge

// A blocking WebSocket client for tests, with a frame codec of its own: a fault in the product's
// codec cannot hide in it. Every operation has a deadline; waiting is poll(), never sleep.

#ifndef HOOKCAST_TESTS_INTEGRATION_CLIENT_WEBSOCKET_CLIENT_H_
#define HOOKCAST_TESTS_INTEGRATION_CLIENT_WEBSOCKET_CLIENT_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/integration/client/http_client.h"

namespace hookcast::testing {

class Socket;

// One connection. The destructor closes the socket without a closing handshake (FIN).
// Thread: any one at a time.
class WebSocketClient {
 public:
  struct Options {
    // Sent after the handshake's own. One that names a header of the handshake (Host, Upgrade,
    // Connection, Sec-WebSocket-Key, Sec-WebSocket-Version) replaces it.
    HttpHeaders headers;
    std::vector<std::string> subprotocols;
    std::chrono::milliseconds timeout{10000};  // of each operation, and of connecting
    std::string source_address;                // an IPv4 address to bind to; "" for any
  };

  struct Received {
    // kEof: the server's FIN. kReset: its RST.
    enum Kind { kText, kBinary, kPing, kPong, kClose, kEof, kReset } kind = kEof;
    std::string payload;      // of kClose: the reason
    uint16_t close_code = 0;  // of kClose: the code, 1005 where the frame had none
    uint8_t rsv = 0;          // RSV1 (4), RSV2 (2), RSV3 (1) of the first frame
    int frames = 0;           // how many frames the message came in
  };

  // Opens a connection to `host_port` ("127.0.0.1:8080") and upgrades. Checks 101, Upgrade,
  // Connection, Sec-WebSocket-Accept, and that the subprotocol was offered.
  // Errors: UNAVAILABLE (could not connect), FAILED_PRECONDITION ("HTTP 401 Unauthorized: <body>",
  // the server refused), DATA_LOSS (a wrong handshake), DEADLINE_EXCEEDED.
  static absl::StatusOr<std::unique_ptr<WebSocketClient>> Connect(const std::string& host_port,
                                                                  const std::string& target,
                                                                  Options options);
  static absl::StatusOr<std::unique_ptr<WebSocketClient>> Connect(const std::string& host_port,
                                                                  const std::string& target);

  // Sends the handshake and returns the response whatever its status, with its body (to
  // Content-Length, the last chunk, or the end of the connection). Then waits, up to the timeout,
  // for the server to end the connection: `closed` tells whether it did. After 101 it does not
  // wait.
  static absl::StatusOr<HttpResponse> TryUpgrade(const std::string& host_port,
                                                 const std::string& target, Options options);
  static absl::StatusOr<HttpResponse> TryUpgrade(const std::string& host_port,
                                                 const std::string& target);

  ~WebSocketClient();
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  // The answer to the handshake; its body is empty.
  const HttpResponse& response() const { return response_; }

  // Errors of the senders: UNAVAILABLE (the connection is gone), DEADLINE_EXCEEDED (not all bytes
  // were taken within the timeout; the stream is then cut in mid frame and of no more use).
  absl::Status SendText(std::string_view text);
  absl::Status SendBinary(std::string_view bytes);
  absl::Status SendPing(std::string_view payload = {});
  absl::Status SendPong(std::string_view payload = {});
  // `code` 0 sends a Close frame without a body; any other is sent unchecked.
  absl::Status SendClose(uint16_t code, std::string_view reason = {});
  // One frame, right or wrong: `opcode` 0–15, `rsv` 0–7 (4 is RSV1).
  absl::Status SendFrame(uint8_t opcode, bool fin, std::string_view payload, uint8_t rsv = 0,
                         bool masked = true);
  // Unframed bytes.
  absl::Status SendRaw(std::string_view bytes);

  // The next whole message or control frame; a control frame between fragments comes first. After
  // kEof or kReset it returns the same again.
  // Errors: DEADLINE_EXCEEDED (nothing whole within the timeout; call again), DATA_LOSS (the server
  // broke RFC 6455: masked, reserved bits or opcodes, wrong fragmentation, a long control frame, a
  // length not in its shortest form, a bad Close body, text that is not UTF-8).
  absl::StatusOr<Received> Receive();
  absl::StatusOr<Received> Receive(std::chrono::milliseconds timeout);
  // The same, but answers pings and skips pongs.
  absl::StatusOr<Received> ReceiveMessage();
  absl::StatusOr<Received> ReceiveMessage(std::chrono::milliseconds timeout);

  // Takes up to `most` bytes of what has arrived, for a later Receive to find: how a client reads
  // slowly. Never waits. False once the connection has ended.
  bool ReadAhead(size_t most);

  // Sends Close and returns the server's Close after skipping what arrives before it, then awaits
  // the server's end of the connection. Errors as Receive; DATA_LOSS where it ended without Close.
  absl::StatusOr<Received> CloseHandshake(uint16_t code = 1000, std::string_view reason = {});

  // True if no byte arrives (and the connection stays) for that long. A round trip that must come
  // back without anything before it is faster and surer; use that where there is one.
  bool NothingArrivesWithin(std::chrono::milliseconds duration);

  void Reset();          // RST
  void CloseSocket();    // FIN, both ways
  void ShutdownWrite();  // FIN, still reads
  int fd() const;        // -1 after Reset or CloseSocket

 private:
  struct Frame {
    uint8_t opcode;
    bool fin;
    uint8_t rsv;
    std::string payload;
  };
  enum class End { kNone, kEof, kReset };

  WebSocketClient(std::unique_ptr<Socket> socket, HttpResponse response, std::string leftover,
                  std::chrono::milliseconds timeout);
  // Takes one whole frame from buffer_; false where there is none yet.
  absl::StatusOr<bool> TakeFrame(Frame& frame);
  // Adds a data frame to the message at hand; true when `message` is whole.
  absl::StatusOr<bool> AddFragment(Frame frame, Received& message);

  const std::unique_ptr<Socket> socket_;
  const HttpResponse response_;
  const std::chrono::milliseconds timeout_;
  std::string buffer_;  // received, not yet taken
  End end_ = End::kNone;
  bool in_message_ = false;  // a fragmented message is at hand, in partial_
  Received partial_;
};

}  // namespace hookcast::testing

#endif  // HOOKCAST_TESTS_INTEGRATION_CLIENT_WEBSOCKET_CLIENT_H_

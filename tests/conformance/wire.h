#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/conformance/frame.h"
#include "tests/integration/client/http_client.h"
#include "tests/integration/client/socket.h"

namespace hookcast::conformance {

// What a server did: answered a request, sent a frame, ended the connection, broke the standard
// itself, or did nothing in time.
struct Event {
  enum class Kind { kResponse, kFrame, kEnd, kReset, kBroken, kNothing };

  Kind kind = Kind::kNothing;
  testing::HttpResponse response;  // of kResponse, with its body
  Frame frame;                     // of kFrame
  std::string broken;              // of kBroken: how
};

std::string Describe(const Event& event);

// The client of these tests: sends any bytes, and takes apart what comes back, strictly, with no
// opinion on what should have come. After a 101 what comes is frames.
//
// Checks of each frame what binds a server whatever it answers: not masked (RFC 6455, section
// 5.1), the length in its shortest form (5.2), no reserved opcode, control frames whole and short.
//
// Thread: one at a time.
class Wire {
 public:
  // `to_head`: the request will be HEAD, whose response has no body. Null where the server could
  // not be reached.
  static std::unique_ptr<Wire> Connect(const std::string& host_port, bool to_head = false);

  // In writes of at most that many bytes. False where the server took no more.
  bool Send(std::string_view bytes, size_t piece);
  Event Next(std::chrono::milliseconds limit);
  // Ends the client's side; what comes is still read.
  void ShutdownWrite() { socket_->ShutdownWrite(); }

 private:
  Wire(std::unique_ptr<testing::Socket> socket, bool to_head)
      : socket_(std::move(socket)), to_head_(to_head) {}
  std::optional<Event> TakeResponse();
  std::optional<Event> TakeFrame();

  std::unique_ptr<testing::Socket> socket_;
  const bool to_head_;
  bool upgraded_ = false;
  std::string received_;  // and not yet taken
};

}  // namespace hookcast::conformance

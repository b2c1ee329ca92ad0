#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/client/http_client.h"

namespace hookcast::conformance {

using testing::HttpHeaders;

// An opening handshake (RFC 6455, section 4.1), right as it stands, and edited into what a row of
// a table is about: Handshake().Without("Host"), Handshake().With("Upgrade", "h2c").
//
// The methods return a changed copy.
class Request {
 public:
  explicit Request(std::string target);

  Request Method(std::string method) const;
  Request Target(std::string target) const;
  Request Version(std::string version) const;  // "HTTP/1.1"
  // One header line more, at the end, whatever is there already.
  Request With(std::string name, std::string value) const;
  // The lines of that name are gone.
  Request Without(std::string_view name) const;
  // The line of that name has this value.
  Request Replacing(std::string_view name, std::string value) const;
  // A line as it stands, without its line end, right or wrong.
  Request Line(std::string line) const;
  // That many further header lines.
  Request Padded(int lines) const;
  // Bytes that follow at once: a body, or the first frames.
  Request Behind(std::string bytes) const;

  std::string Bytes() const;
  bool is_head() const { return method_ == "HEAD"; }
  // The value of the first Sec-WebSocket-Key.
  std::string key() const;

 private:
  std::string method_ = "GET";
  std::string target_;
  std::string version_ = "HTTP/1.1";
  std::vector<std::string> lines_;
  std::string behind_;
};

// The handshake that each table begins with, for its route.
inline Request Handshake(std::string target = "/echo") { return Request(std::move(target)); }

}  // namespace hookcast::conformance

// Plain HTTP/1.1 for tests: one request a connection, every operation under a deadline.

#ifndef HOOKCAST_TESTS_INTEGRATION_CLIENT_HTTP_CLIENT_H_
#define HOOKCAST_TESTS_INTEGRATION_CLIENT_HTTP_CLIENT_H_

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace hookcast::testing {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// What a server answered, as it was on the wire.
struct HttpResponse {
  int status = 0;  // 0: the server sent no status line
  std::string reason;
  HttpHeaders headers;  // in order, names as sent
  std::string body;     // chunks joined, where the server sent chunks
  bool closed = false;  // the server ended the connection after it (FIN or RST)
  bool reset = false;   // ... and did so with RST
  std::string raw;      // every byte that arrived

  // The first header of that name (any case), or "". HeaderValues has all of them.
  std::string header(std::string_view name) const;
  std::vector<std::string> HeaderValues(std::string_view name) const;
  bool HasHeader(std::string_view name) const;
};

// A request with `Host` and `Connection: close`, and Content-Length where there is a body;
// `headers` of the same name replace these. Reads the whole response, waits for the server to
// close. Errors: UNAVAILABLE (could not connect), DEADLINE_EXCEEDED (no whole response within
// `timeout`), DATA_LOSS (not HTTP, or cut short).
absl::StatusOr<HttpResponse> HttpRequest(
    const std::string& host_port, std::string_view method, std::string_view target,
    const HttpHeaders& headers = {}, std::string_view body = {},
    std::chrono::milliseconds timeout = std::chrono::seconds(10));

absl::StatusOr<HttpResponse> HttpGet(const std::string& host_port, std::string_view target,
                                     const HttpHeaders& headers = {},
                                     std::chrono::milliseconds timeout = std::chrono::seconds(10));

// Sends `bytes` as they are and reads until the server closes or `timeout` has passed; neither is
// an error: `closed` tells which it was, `raw` has all that arrived. Where that begins with an HTTP
// response, status and headers are filled and `body` is everything after the head, undecoded.
absl::StatusOr<HttpResponse> RawExchange(const std::string& host_port, std::string_view bytes,
                                         std::chrono::milliseconds timeout);

}  // namespace hookcast::testing

#endif  // HOOKCAST_TESTS_INTEGRATION_CLIENT_HTTP_CLIENT_H_

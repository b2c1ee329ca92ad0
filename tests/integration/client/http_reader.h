// Reads one HTTP/1.1 response from a socket. Shared by the HTTP and the WebSocket client.

#ifndef HOOKCAST_TESTS_INTEGRATION_CLIENT_HTTP_READER_H_
#define HOOKCAST_TESTS_INTEGRATION_CLIENT_HTTP_READER_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/integration/client/http_client.h"
#include "tests/integration/client/socket.h"

namespace hookcast::testing {

bool EqualsIgnoringCase(std::string_view a, std::string_view b);

// `defaults` then `extra`, as header lines; a header of `extra` takes the place of its namesake.
std::string HeaderLines(const HttpHeaders& defaults, const HttpHeaders& extra);

// Fills status, reason and headers from the head that `bytes` begins with and returns the head's
// size; 0 while it is not whole. Errors: DATA_LOSS.
absl::StatusOr<size_t> ParseHead(std::string_view bytes, HttpResponse& response);

// Reads up to the end of the head into `response`. response.raw has all bytes that came, also those
// after the head; returns the head's size. Errors: DATA_LOSS, DEADLINE_EXCEEDED.
absl::StatusOr<size_t> ReadHead(Socket& socket, Deadline deadline, HttpResponse& response);

// After ReadHead: reads the body, and sets `closed` if the connection's end was its end.
absl::Status ReadBody(Socket& socket, Deadline deadline, size_t head_size, HttpResponse& response);

// Reads on until the server closes (`closed`, `reset` are set) or the deadline passes (they are
// not).
void AwaitClose(Socket& socket, Deadline deadline, HttpResponse& response);

}  // namespace hookcast::testing

#endif  // HOOKCAST_TESTS_INTEGRATION_CLIENT_HTTP_READER_H_

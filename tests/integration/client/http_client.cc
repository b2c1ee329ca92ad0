#include "tests/integration/client/http_client.h"

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/client/http_reader.h"
#include "tests/integration/client/socket.h"

namespace hookcast::testing {

std::string HttpResponse::header(std::string_view name) const {
  for (const auto& [own_name, value] : headers) {
    if (EqualsIgnoringCase(own_name, name)) return value;
  }
  return "";
}

std::vector<std::string> HttpResponse::HeaderValues(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [own_name, value] : headers) {
    if (EqualsIgnoringCase(own_name, name)) values.push_back(value);
  }
  return values;
}

bool HttpResponse::HasHeader(std::string_view name) const { return !HeaderValues(name).empty(); }

absl::StatusOr<HttpResponse> HttpRequest(const std::string& host_port, std::string_view method,
                                         std::string_view target, const HttpHeaders& headers,
                                         std::string_view body, std::chrono::milliseconds timeout) {
  const Deadline deadline = After(timeout);
  absl::StatusOr<std::unique_ptr<Socket>> socket = Socket::Connect(host_port, deadline);
  if (!socket.ok()) return socket.status();

  HttpHeaders defaults = {{"Host", host_port}, {"Connection", "close"}};
  if (!body.empty()) defaults.emplace_back("Content-Length", std::to_string(body.size()));
  const std::string request =
      absl::StrCat(std::string(method), " ", std::string(target), " HTTP/1.1\r\n",
                   HeaderLines(defaults, headers), "\r\n", std::string(body));
  if (absl::Status sent = (*socket)->Send(request, deadline); !sent.ok()) return sent;

  HttpResponse response;
  absl::StatusOr<size_t> head_size = ReadHead(**socket, deadline, response);
  if (!head_size.ok()) return head_size.status();
  if (method != "HEAD") {
    if (absl::Status read = ReadBody(**socket, deadline, *head_size, response); !read.ok()) {
      return read;
    }
  }
  AwaitClose(**socket, deadline, response);
  return response;
}

absl::StatusOr<HttpResponse> HttpGet(const std::string& host_port, std::string_view target,
                                     const HttpHeaders& headers,
                                     std::chrono::milliseconds timeout) {
  return HttpRequest(host_port, "GET", target, headers, {}, timeout);
}

absl::StatusOr<HttpResponse> RawExchange(const std::string& host_port, std::string_view bytes,
                                         std::chrono::milliseconds timeout) {
  const Deadline deadline = After(timeout);
  absl::StatusOr<std::unique_ptr<Socket>> socket = Socket::Connect(host_port, deadline);
  if (!socket.ok()) return socket.status();
  // A server may answer and close before it has taken all of a bad request: what it said counts.
  const absl::Status sent = (*socket)->Send(bytes, deadline);

  HttpResponse response;
  AwaitClose(**socket, deadline, response);
  if (!sent.ok() && response.raw.empty() && !response.closed) return sent;
  absl::StatusOr<size_t> head_size = ParseHead(response.raw, response);
  if (head_size.ok() && *head_size > 0) response.body = response.raw.substr(*head_size);
  return response;
}

}  // namespace hookcast::testing

#include "tests/integration/client/http_reader.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace hookcast::testing {
namespace {

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

absl::Status Ended(const HttpResponse& response, std::string_view where) {
  return absl::DataLossError(absl::StrCat("the server ", response.reset ? "reset" : "closed",
                                          " the connection ", std::string(where),
                                          "; received: ", response.raw));
}

// Reads once more into response.raw; false at the end of the connection.
absl::StatusOr<bool> ReadMore(Socket& socket, Deadline deadline, HttpResponse& response) {
  absl::StatusOr<Socket::ReadResult> result = socket.Read(response.raw, deadline);
  if (!result.ok()) {
    return absl::Status(result.status().code(), absl::StrCat(std::string(result.status().message()),
                                                             "; received so far: ", response.raw));
  }
  if (*result == Socket::ReadResult::kData) return true;
  response.closed = true;
  response.reset = *result == Socket::ReadResult::kReset;
  return false;
}

// Joins the chunks at the front of `bytes`; false while the last one has not come.
absl::StatusOr<bool> Dechunk(std::string_view bytes, std::string& body) {
  body.clear();
  while (true) {
    const size_t line_end = bytes.find("\r\n");
    if (line_end == std::string_view::npos) return false;
    uint64_t size = 0;
    const auto [stop, error] = std::from_chars(bytes.data(), bytes.data() + line_end, size, 16);
    if (error != std::errc() || (*stop != '\r' && *stop != ';' && *stop != ' ')) {
      return absl::DataLossError("a chunk without a size");
    }
    bytes.remove_prefix(line_end + 2);
    if (size == 0) return bytes.substr(0, 2) == "\r\n" || bytes.find("\r\n\r\n") != bytes.npos;
    if (size > bytes.size() || bytes.size() - size < 2) return false;
    body.append(bytes.substr(0, size));
    if (bytes.substr(size, 2) != "\r\n") return absl::DataLossError("a chunk longer than its size");
    bytes.remove_prefix(size + 2);
  }
}

}  // namespace

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return absl::ascii_tolower(static_cast<unsigned char>(x)) ==
           absl::ascii_tolower(static_cast<unsigned char>(y));
  });
}

std::string HeaderLines(const HttpHeaders& defaults, const HttpHeaders& extra) {
  std::string lines;
  for (const auto& [name, value] : defaults) {
    const bool replaced = std::any_of(
        extra.begin(), extra.end(),
        [&name = name](const auto& header) { return EqualsIgnoringCase(header.first, name); });
    if (!replaced) absl::StrAppend(&lines, name, ": ", value, "\r\n");
  }
  for (const auto& [name, value] : extra) absl::StrAppend(&lines, name, ": ", value, "\r\n");
  return lines;
}

absl::StatusOr<size_t> ParseHead(std::string_view bytes, HttpResponse& response) {
  const size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  std::string_view head = bytes.substr(0, end + 2);
  const auto take_line = [&head] {
    const size_t line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    head.remove_prefix(line_end + 2);
    return line;
  };

  const std::string_view status_line = take_line();
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (status_line.size() < 12 || status_line.substr(0, 7) != "HTTP/1." || status_line[8] != ' ' ||
      !std::all_of(status_line.begin() + 9, status_line.begin() + 12, is_digit)) {
    return absl::DataLossError(absl::StrCat("not a status line: ", std::string(status_line)));
  }
  std::from_chars(status_line.data() + 9, status_line.data() + 12, response.status);
  response.reason = std::string(Trimmed(status_line.substr(12)));

  response.headers.clear();
  while (!head.empty()) {
    const std::string_view line = take_line();
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      return absl::DataLossError(absl::StrCat("not a header: ", std::string(line)));
    }
    response.headers.emplace_back(line.substr(0, colon), Trimmed(line.substr(colon + 1)));
  }
  return end + 4;
}

absl::StatusOr<size_t> ReadHead(Socket& socket, Deadline deadline, HttpResponse& response) {
  while (true) {
    absl::StatusOr<size_t> head_size = ParseHead(response.raw, response);
    if (!head_size.ok() || *head_size > 0) return head_size;
    absl::StatusOr<bool> more = ReadMore(socket, deadline, response);
    if (!more.ok()) return more.status();
    if (!*more) return Ended(response, "before the end of the response's head");
  }
}

absl::Status ReadBody(Socket& socket, Deadline deadline, size_t head_size, HttpResponse& response) {
  if (response.status < 200 || response.status == 204 || response.status == 304) {
    return absl::OkStatus();
  }
  const bool chunked = EqualsIgnoringCase(response.header("Transfer-Encoding"), "chunked");
  uint64_t length = UINT64_MAX;
  if (const std::string text = response.header("Content-Length"); !text.empty()) {
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc() || stop != text.data() + text.size()) {
      return absl::DataLossError(absl::StrCat("Content-Length: ", text));
    }
  }
  while (true) {
    const std::string_view after = std::string_view(response.raw).substr(head_size);
    if (chunked) {
      absl::StatusOr<bool> whole = Dechunk(after, response.body);
      if (!whole.ok()) return whole.status();
      if (*whole) return absl::OkStatus();
    } else {
      response.body = std::string(after.substr(0, length));
      if (after.size() >= length) return absl::OkStatus();
    }
    absl::StatusOr<bool> more = ReadMore(socket, deadline, response);
    if (!more.ok()) return more.status();
    if (!*more) {
      const bool end_is_end = !chunked && length == UINT64_MAX && !response.reset;
      return end_is_end ? absl::OkStatus() : Ended(response, "inside the body");
    }
  }
}

void AwaitClose(Socket& socket, Deadline deadline, HttpResponse& response) {
  while (!response.closed) {
    if (!ReadMore(socket, deadline, response).ok()) return;
  }
}

}  // namespace hookcast::testing

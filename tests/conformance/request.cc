#include "tests/conformance/request.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/integration/client/http_reader.h"

namespace hookcast::conformance {
namespace {

bool IsNamed(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         testing::EqualsIgnoringCase(line.substr(0, name.size()), name);
}

}  // namespace

// The key is the one of RFC 6455, section 1.3.
Request::Request(std::string target)
    : target_(std::move(target)),
      lines_{"Host: server.example.com", "Upgrade: websocket", "Connection: Upgrade",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"} {}

Request Request::Method(std::string method) const {
  Request request = *this;
  request.method_ = std::move(method);
  return request;
}

Request Request::Target(std::string target) const {
  Request request = *this;
  request.target_ = std::move(target);
  return request;
}

Request Request::Version(std::string version) const {
  Request request = *this;
  request.version_ = std::move(version);
  return request;
}

Request Request::With(std::string name, std::string value) const {
  return Line(absl::StrCat(name, ": ", value));
}

Request Request::Without(std::string_view name) const {
  Request request = *this;
  std::erase_if(request.lines_, [&](const std::string& line) { return IsNamed(line, name); });
  return request;
}

Request Request::Replacing(std::string_view name, std::string value) const {
  Request request = *this;
  for (std::string& line : request.lines_) {
    if (IsNamed(line, name)) line = absl::StrCat(std::string(name), ": ", value);
  }
  return request;
}

Request Request::Line(std::string line) const {
  Request request = *this;
  request.lines_.push_back(std::move(line));
  return request;
}

Request Request::Padded(int lines) const {
  Request request = *this;
  for (int i = 0; i < lines; ++i) request.lines_.push_back(absl::StrCat("X-", i, ": y"));
  return request;
}

Request Request::Behind(std::string bytes) const {
  Request request = *this;
  request.behind_ += bytes;
  return request;
}

std::string Request::Bytes() const {
  std::string bytes = absl::StrCat(method_, " ", target_, " ", version_, "\r\n");
  for (const std::string& line : lines_) absl::StrAppend(&bytes, line, "\r\n");
  return absl::StrCat(bytes, "\r\n", behind_);
}

std::string Request::key() const {
  constexpr std::string_view kName = "Sec-WebSocket-Key";
  for (const std::string& line : lines_) {
    if (!IsNamed(line, kName)) continue;
    const size_t from = line.find_first_not_of(" \t", kName.size() + 1);
    if (from == std::string::npos) return "";
    return line.substr(from, line.find_last_not_of(" \t") + 1 - from);
  }
  return "";
}

}  // namespace hookcast::conformance

#include "broker/config/redis_url.h"

#include <charconv>

#include "absl/strings/str_cat.h"

namespace hookcast::config {
namespace {

constexpr char kExample[] = "redis://127.0.0.1:6379";

absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::optional<std::string> Decode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = DigitOf(text[i + 1]);
    const int low = DigitOf(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

std::optional<int> NumberIn(std::string_view text, int least, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < least || value > most) return std::nullopt;
  return value;
}

absl::Status ReadUser(std::string_view text, RedisUrl* out) {
  const size_t colon = text.find(':');
  const std::optional<std::string> username = Decode(text.substr(0, colon));
  std::optional<std::string> password = std::string();
  if (colon != std::string_view::npos) password = Decode(text.substr(colon + 1));
  if (!username || !password) {
    return Wrong(
        "has a % in its user or password that two hexadecimal digits do not follow; write % itself "
        "as %25, or the password into backplane.password_file");
  }
  out->username = *username;
  out->password = *password;
  return absl::OkStatus();
}

absl::Status ReadHost(std::string_view text, RedisUrl* out) {
  if (text.find(',') != std::string_view::npos) {
    return Wrong(absl::StrCat(
        "names several hosts, and Sentinel and Cluster are not part of this version; write one, "
        "such as ",
        kExample));
  }
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos || (end + 1 < text.size() && text[end + 1] != ':')) {
      return Wrong("has a [ in its host and no ] behind it; write such as redis://[::1]:6379");
    }
    out->host = text.substr(1, end - 1);
    has_port = end + 1 < text.size();
    if (has_port) port = text.substr(end + 2);
  } else {
    const size_t colon = text.find(':');
    out->host = text.substr(0, colon);
    has_port = colon != std::string_view::npos;
    if (has_port) port = text.substr(colon + 1);
    if (port.find(':') != std::string_view::npos) {
      return Wrong("has an IPv6 address without brackets; write such as redis://[::1]:6379");
    }
  }
  if (out->host.empty()) {
    return Wrong(absl::StrCat("names no host; write such as ", kExample));
  }
  for (const char c : out->host) {
    if (static_cast<unsigned char>(c) > ' ' && c != 0x7f) continue;
    return Wrong(absl::StrCat("has white space in its host; write such as ", kExample));
  }
  if (!has_port) return absl::OkStatus();
  const std::optional<int> number = NumberIn(port, 1, 65535);
  if (!number) return Wrong("has a port that is no number from 1 to 65535");
  out->port = static_cast<uint16_t>(*number);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RedisUrl> ParseRedisUrl(std::string_view text) {
  if (text.starts_with("rediss://")) {
    return Wrong("begins with rediss://, and TLS is not part of this version; write redis://");
  }
  if (text.find("sentinel") < text.find("://")) {
    return Wrong(absl::StrCat(
        "asks for Sentinel, which is not part of this version; write the address of one Redis, "
        "such as ",
        kExample));
  }
  constexpr std::string_view kScheme = "redis://";
  if (!text.starts_with(kScheme)) {
    return Wrong(absl::StrCat("does not begin with redis://; write a URL such as ", kExample));
  }
  text.remove_prefix(kScheme.size());
  RedisUrl url;
  // As RedactUrl has it: the last @ ends what is secret.
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    const absl::Status status = ReadUser(text.substr(0, at), &url);
    if (!status.ok()) return status;
    text.remove_prefix(at + 1);
  }
  if (text.find_first_of("?#") != std::string_view::npos) {
    return Wrong("has a query or a fragment, which say nothing here; leave them out");
  }
  const size_t slash = text.find('/');
  const absl::Status status = ReadHost(text.substr(0, slash), &url);
  if (!status.ok()) return status;
  if (slash == std::string_view::npos || slash + 1 == text.size()) return url;
  url.database = NumberIn(text.substr(slash + 1), 0, kMaxRedisDatabase);
  if (!url.database) {
    return Wrong(
        "has a path that is no number of a database; write such as redis://127.0.0.1:6379/0");
  }
  return url;
}

}  // namespace hookcast::config

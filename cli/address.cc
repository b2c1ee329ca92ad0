#include "cli/address.h"

#include <charconv>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/failure.h"
#include "cli/text.h"

namespace hookcast::cli {
namespace {

absl::Status Refuse(std::string_view text, std::string_view why) {
  return UsageFailure(
      absl::StrCat("--server: ", Quoted(text), " ", std::string(why)),
      "write host:port, for example 127.0.0.1:8082, broker.internal:8082 or [::1]:8082");
}

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_' || c == ':' || c == '%';
}

}  // namespace

std::string Address::ToString() const {
  const bool brackets = host.find(':') != std::string::npos;
  return brackets ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

absl::StatusOr<Address> ParseAddress(std::string_view text) {
  if (text.find("://") != std::string_view::npos) return Refuse(text, "is a URL");
  std::string_view host;
  std::string_view rest;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return Refuse(text, "lacks its ]");
    host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) return Refuse(text, "has no port");
    if (text.find(':', colon + 1) != std::string_view::npos) {
      return Refuse(text, "is IPv6 without its brackets");
    }
    host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (host.empty()) return Refuse(text, "has no host");
  for (const char c : host) {
    if (!IsHostCharacter(c)) return Refuse(text, "has a host that cannot be one");
  }
  if (!rest.starts_with(':')) return Refuse(text, "has no port");
  rest.remove_prefix(1);
  unsigned port = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
  if (error != std::errc() || end != rest.data() + rest.size() || port < 1 || port > 65535) {
    return Refuse(text, "has a port that is not a number from 1 to 65535");
  }
  return Address{std::string(host), static_cast<uint16_t>(port)};
}

absl::StatusOr<std::vector<Address>> ParseAddresses(std::string_view text) {
  std::vector<Address> addresses;
  for (absl::string_view piece : absl::StrSplit(absl::string_view(text.data(), text.size()), ',')) {
    piece = absl::StripAsciiWhitespace(piece);
    auto address = ParseAddress({piece.data(), piece.size()});
    if (!address.ok()) return address.status();
    addresses.push_back(*std::move(address));
  }
  return addresses;
}

}  // namespace hookcast::cli

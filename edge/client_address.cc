#include "edge/client_address.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace hookcast::edge {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsPort(std::string_view text) {
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), IsDigit)) {
    return false;
  }
  int port = 0;
  for (const char c : text) port = port * 10 + (c - '0');
  return port <= 65535;
}

// RFC 7239, section 6.
bool IsHiddenPort(std::string_view text) {
  return text.size() > 1 && text.front() == '_' &&
         std::all_of(text.begin() + 1, text.end(), [](char c) {
           return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                  c == '_' || c == '-';
         });
}

}  // namespace

std::optional<ClientAddress> ClientAddress::Parse(std::string_view text) {
  std::string_view host = text;
  std::string_view port;
  const bool bracketed = text.starts_with('[');
  const size_t end = bracketed ? text.find(']') : text.find(':');
  if (bracketed) {
    if (end == std::string_view::npos) return std::nullopt;
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else if (end != std::string_view::npos && text.find(':', end + 1) == std::string_view::npos) {
    host = text.substr(0, end);
    port = text.substr(end);
  }
  const std::optional<IpAddress> ip = IpAddress::Parse(host);
  if (!ip || (bracketed && host.find(':') == std::string_view::npos)) return std::nullopt;
  ClientAddress address{ip->ToString(), *ip, false};
  if (port.empty()) return address;
  if (port.front() != ':') return std::nullopt;
  port.remove_prefix(1);
  if (IsHiddenPort(port)) return address;
  if (!IsPort(port)) return std::nullopt;
  address.text = ip->is_v4() ? absl::StrCat(address.text, ":", std::string(port))
                             : absl::StrCat("[", address.text, "]:", std::string(port));
  return address;
}

}  // namespace hookcast::edge

#include "broker/config/origin_pattern.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "broker/base/ip_address.h"
#include "broker/config/quote.h"

namespace hookcast::config {
namespace {

struct Origin {
  std::string scheme;
  std::string host;  // an IPv6 address in brackets and in its usual form
  int port = 0;      // 0 for none
};

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHostSign(char c) { return IsAlpha(c) || IsDigit(c) || c == '-' || c == '_'; }

std::string Lower(std::string_view text) {
  return absl::AsciiStrToLower(absl::string_view(text.data(), text.size()));
}

bool IsWeb(std::string_view scheme) { return scheme == "http" || scheme == "https"; }

int DefaultPort(std::string_view scheme) {
  if (scheme == "http") return 80;
  return scheme == "https" ? 443 : 0;
}

// RFC 3986, section 3.1.
bool IsScheme(std::string_view text) {
  return !text.empty() && IsAlpha(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return IsAlpha(c) || IsDigit(c) || c == '+' || c == '-' || c == '.';
         });
}

// Labels with dots between them.
bool IsName(std::string_view text) {
  while (true) {
    const std::string_view label = text.substr(0, text.find('.'));
    if (label.empty() || !std::all_of(label.begin(), label.end(), IsHostSign)) return false;
    if (label.size() == text.size()) return true;
    text.remove_prefix(label.size() + 1);
  }
}

std::optional<std::string> ReadHost(std::string_view scheme, std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    const auto address = IpAddress::Parse(text.substr(1, text.size() - 2));
    if (!address || address->is_v4()) return std::nullopt;
    return absl::StrCat("[", address->ToString(), "]");
  }
  // Schemes of applications put there what they like, or nothing: app://., file://.
  const bool sound = IsWeb(scheme) ? IsName(text)
                                   : std::all_of(text.begin(), text.end(),
                                                 [](char c) { return IsHostSign(c) || c == '.'; });
  return sound ? std::optional<std::string>(Lower(text)) : std::nullopt;
}

std::optional<int> ReadPort(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.front() == '0') return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), IsDigit)) return std::nullopt;
  int port = 0;
  for (const char c : text) port = port * 10 + (c - '0');
  return port <= 65535 ? std::optional<int>(port) : std::nullopt;
}

// nullopt for what no browser writes.
std::optional<Origin> ReadOrigin(std::string_view text) {
  const size_t end = text.find("://");
  if (end == std::string_view::npos || !IsScheme(text.substr(0, end))) return std::nullopt;
  Origin origin;
  origin.scheme = Lower(text.substr(0, end));
  std::string_view host = text.substr(end + 3);
  origin.port = DefaultPort(origin.scheme);
  const size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    const std::optional<int> port = ReadPort(host.substr(colon + 1));
    if (!port) return std::nullopt;
    origin.port = *port;
    host = host.substr(0, colon);
  }
  std::optional<std::string> read = ReadHost(origin.scheme, host);
  if (!read) return std::nullopt;
  origin.host = *std::move(read);
  return origin;
}

// Why an entry is none, as far as one can tell, and what would be right.
std::string Fault(std::string_view text) {
  const size_t end = text.find("://");
  if (end == std::string_view::npos) {
    return "has no scheme; write it with one, such as https://app.example.com";
  }
  const std::string_view rest = text.substr(end + 3);
  const std::string scheme = Lower(text.substr(0, end));
  if (scheme.find('*') != std::string::npos) {
    return "has a star in its scheme; name each scheme in an entry of its own";
  }
  if (const size_t path = rest.find_first_of("/?#"); path != std::string_view::npos) {
    return absl::StrCat("has something behind its host, and an origin ends there; write ",
                        PlainText(text.substr(0, end + 3 + path)));
  }
  if (rest.find('@') != std::string_view::npos) {
    return "has a user before its host, which no origin has; leave it out";
  }
  if (std::any_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; })) {
    return "is not ASCII; write the host as browsers send it, such as "
           "https://xn--bcher-kva.example";
  }
  if (rest.find(":*") != std::string_view::npos) {
    return "has a star for its port; name each port in an entry of its own, or none for the "
           "scheme's";
  }
  if (rest.find('*') != std::string_view::npos) {
    return "has a star elsewhere than as the whole first part of a host; write one such as "
           "https://*.example.com, or * alone for any origin";
  }
  if (rest.ends_with('.')) return "ends with a dot; leave it out";
  const size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos &&
      !ReadPort(rest.substr(colon + 1))) {
    return "has no sound port behind its colon; write 1 to 65535, without leading zeros";
  }
  return "is not an origin; write scheme, host and perhaps a port, such as "
         "https://app.example.com or http://localhost:3000";
}

}  // namespace

absl::StatusOr<OriginPattern> OriginPattern::Parse(std::string_view text) {
  if (text == "*") return OriginPattern(Kind::kAny);
  if (text == "null") return OriginPattern(Kind::kNull);
  constexpr std::string_view kStar = "://*.";
  const size_t star = text.find(kStar);
  const bool below = star != std::string_view::npos && star == text.find("://");
  std::string plain(text);
  if (below) plain.erase(star + 3, 2);
  std::optional<Origin> origin = ReadOrigin(plain);
  if (!origin || (below && !IsName(origin->host))) {
    return absl::InvalidArgumentError(absl::StrCat(Quote(text), " ", Fault(text)));
  }
  if (origin->scheme == "ws" || origin->scheme == "wss") {
    return absl::InvalidArgumentError(
        absl::StrCat(Quote(text),
                     " has the scheme of the WebSocket, and an origin is that of the "
                     "page; write ",
                     origin->scheme == "ws" ? "http" : "https", "://",
                     PlainText(text.substr(text.find("://") + 3))));
  }
  OriginPattern pattern(below ? Kind::kBelow : Kind::kExact);
  pattern.scheme_ = std::move(origin->scheme);
  pattern.host_ = below ? absl::StrCat(".", origin->host) : std::move(origin->host);
  pattern.port_ = origin->port;
  return pattern;
}

bool OriginPattern::Matches(std::string_view text) const {
  if (kind_ == Kind::kAny) return true;
  if (kind_ == Kind::kNull) return text == "null";
  const std::optional<Origin> origin = ReadOrigin(text);
  if (!origin || origin->scheme != scheme_ || origin->port != port_) return false;
  return kind_ == Kind::kExact
             ? origin->host == host_
             : origin->host.ends_with(host_) && origin->host.size() > host_.size();
}

}  // namespace hookcast::config

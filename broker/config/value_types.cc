#include "broker/config/value_types.h"

#include <algorithm>

namespace hookcast::config {

namespace {

bool IsHostName(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

}  // namespace

absl::StatusOr<std::string> HostNameType::Parse(std::string_view text) const {
  if (IsHostName(text)) return std::string(text);
  // Of a URL, or with a port.
  std::string_view host = text;
  if (const size_t scheme = host.find("://"); scheme != host.npos) host.remove_prefix(scheme + 3);
  host = host.substr(0, host.find_first_of(":/"));
  return absl::InvalidArgumentError(
      absl::StrCat(text.empty() ? "is empty" : absl::StrCat(Quote(text), " is no host name"),
                   "; write it without scheme, port and path, such as ",
                   IsHostName(host) ? std::string(host) : std::string("hookcast.internal"),
                   "; addresses need not be named"));
}

std::string OneOf(const std::vector<std::string>& names) {
  std::string result;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) result.append(i + 1 == names.size() ? " or " : ", ");
    result.append(names[i]);
  }
  return result;
}

}  // namespace hookcast::config

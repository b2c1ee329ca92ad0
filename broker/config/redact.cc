#include "broker/config/redact.h"

#include <algorithm>

namespace hookcast::config {
namespace {

constexpr std::string_view kHidden = "***";

void AppendQuery(std::string_view query, std::string* out) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&', 1), query.size());
    const std::string_view field = query.substr(0, end);
    const size_t equals = field.find('=');
    out->append(field.substr(0, equals));
    if (equals != std::string_view::npos) out->append("=").append(kHidden);
    query.remove_prefix(end);
  }
}

}  // namespace

std::string RedactUrl(std::string_view url) {
  std::string result;
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) {
    result.append(url.substr(0, scheme + 3));
    url.remove_prefix(scheme + 3);
  }
  // Passwords are often pasted unencoded, with '/', '?' and '@' in them: the last '@' of all ends
  // them, even where that hides a part of the path.
  const size_t at = url.rfind('@');
  if (at != std::string_view::npos) {
    const size_t colon = url.find(':');
    if (colon < at) result.append(url.substr(0, colon + 1));
    result.append(kHidden);
    url.remove_prefix(at);
  }
  const size_t query = std::min(url.find('?'), url.size());
  result.append(url.substr(0, query));
  AppendQuery(url.substr(query), &result);
  return result;
}

}  // namespace hookcast::config

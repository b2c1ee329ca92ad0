#include "cli/redact.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"

namespace hookcast::cli {
namespace {

constexpr char kHidden[] = "***";

// "a=1&b" becomes "a=***&***": the names stay, since they tell what was asked.
std::string HideQuery(std::string_view query) {
  std::string hidden;
  while (!query.empty()) {
    const size_t end = std::min(query.find_first_of("&;"), query.size());
    const std::string_view pair = query.substr(0, end);
    const size_t equals = pair.find('=');
    if (equals != std::string_view::npos) hidden.append(pair.substr(0, equals + 1));
    if (!pair.empty()) hidden.append(kHidden);
    if (end < query.size()) hidden.push_back(query[end]);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return hidden;
}

// The query of a target or URL; a fragment after it goes as well.
std::string HideQueryOf(std::string_view url) {
  const size_t start = url.find('?');
  if (start == std::string_view::npos) return std::string(url);
  return std::string(url.substr(0, start + 1)) + HideQuery(url.substr(start + 1));
}

bool CarriesCredentials(const std::string& name) {
  const std::string lower = absl::AsciiStrToLower(name);
  if (lower == "sec-websocket-key") return false;  // a nonce
  for (const char* word :
       {"auth", "cookie", "token", "key", "secret", "password", "session", "jwt"}) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

void HideSecrets(v1::PeerInfo* peer) {
  if (!peer->has_request()) return;
  v1::Request* request = peer->mutable_request();
  request->set_target(HideQueryOf(request->target()));
  request->set_query(HideQuery(request->query()));
  for (v1::Header& header : *request->mutable_headers()) {
    if (CarriesCredentials(header.name())) {
      header.set_value(kHidden);
    } else if (absl::AsciiStrToLower(header.name()) == "referer") {
      header.set_value(HideQueryOf(header.value()));
    }
  }
}

}  // namespace hookcast::cli

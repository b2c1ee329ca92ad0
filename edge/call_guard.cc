#include "edge/call_guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace hookcast::edge {
namespace {

bool Same(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase({a.data(), a.size()}, {b.data(), b.size()});
}

bool IsAddress(int family, std::string_view text) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(family, std::string(text).c_str(), bytes) == 1;
}

// A Host header's value (RFC 9110 section 7.2): a name or address, maybe with a port.
bool IsOurs(std::string_view host, const std::vector<std::string>& hosts) {
  if (host.find('\0') != std::string_view::npos) return false;
  const size_t bracket = host.rfind(']');
  const size_t colon = host.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  const std::string_view name = has_port ? host.substr(0, colon) : host;
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
    return IsAddress(AF_INET6, name.substr(1, name.size() - 2));
  }
  return IsAddress(AF_INET, name) || Same(name, "localhost") ||
         std::any_of(hosts.begin(), hosts.end(),
                     [&](const std::string& ours) { return Same(name, ours); });
}

bool IsJson(std::string_view content_type) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(absl::string_view(content_type.data(), content_type.size()), ';');
  if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(parts[0]), "application/json")) {
    return false;
  }
  return std::all_of(parts.begin() + 1, parts.end(), [](absl::string_view part) {
    part = absl::StripAsciiWhitespace(part);
    return absl::EqualsIgnoreCase(part, "charset=utf-8") ||
           absl::EqualsIgnoreCase(part, "charset=\"utf-8\"");
  });
}

}  // namespace

HttpResponse CallError(int status, std::string_view code, std::string_view message) {
  const nlohmann::ordered_json json = {{"code", code}, {"message", message}};
  return {status,
          {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"};
}

std::optional<HttpResponse> RefuseCall(const HttpRequest& request,
                                       const std::vector<std::string>& hosts) {
  if (request.method != "POST") {
    HttpResponse response = CallError(405, "unimplemented", "calls are made with POST");
    response.headers.emplace_back("Allow", "POST");
    return response;
  }
  const std::vector<std::string_view> host = request.Values("Host");
  if (host.size() != 1 || !IsOurs(host[0], hosts)) {
    return CallError(403, "permission_denied",
                     "the Host is not one of this node; connect by address, or name the host in "
                     "admin.hosts");
  }
  for (const std::string_view origin : request.Values("Origin")) {
    const std::string own(host[0]);
    if (!Same(origin, "http://" + own) && !Same(origin, "https://" + own)) {
      return CallError(403, "permission_denied",
                       "the request comes from a web page of another origin; such pages may not "
                       "make calls");
    }
  }
  const std::vector<std::string_view> type = request.Values("Content-Type");
  if (type.size() != 1 || !IsJson(type[0])) {
    HttpResponse response =
        CallError(415, "invalid_argument", "the Content-Type has to be application/json");
    response.headers.emplace_back("Accept-Post", "application/json");
    return response;
  }
  for (const std::string_view coding : request.Values("Content-Encoding")) {
    if (!Same(coding, "identity")) {
      return CallError(501, "unimplemented", "compressed bodies are not read; send it as it is");
    }
  }
  return std::nullopt;
}

}  // namespace hookcast::edge

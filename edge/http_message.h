#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hookcast::edge {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// A request, as it came. Values are trimmed of white space around them.
struct HttpRequest {
  std::string method;
  std::string target;
  unsigned version = 11;  // 10 for HTTP/1.0
  HttpHeaders headers;    // repeated ones kept, in order
  std::string body;

  // The values of the header lines of that name, in any case.
  std::vector<std::string_view> Values(std::string_view name) const;
  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
};

// A whole response. Content-Length and Connection are added when it is written.
struct HttpResponse {
  int status = 200;
  HttpHeaders headers;
  std::string body;
  bool endless = false;  // an answer to HEAD, for what has no length: none is said

  // A refusal with one sentence, as text.
  static HttpResponse Text(int status, std::string_view sentence);

  // The bytes to send; the connection closes after them. `head_only` leaves the body out, as for
  // HEAD.
  std::string Serialize(bool head_only = false) const;
};

// "Not Found" for 404; "Status" for those without a name. RFC 9110 section 15.
std::string_view ReasonPhrase(int status);

}  // namespace hookcast::edge

#include "edge/http_message.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hookcast::edge {

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 499:
      return "Client Closed Request";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

std::vector<std::string_view> HttpRequest::Values(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : headers) {
    if (absl::EqualsIgnoreCase(key, {name.data(), name.size()})) values.push_back(value);
  }
  return values;
}

HttpResponse HttpResponse::Text(int status, std::string_view sentence) {
  HttpResponse response{status, {}, std::string(sentence)};
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  if (!response.body.empty() && response.body.back() != '\n') response.body.push_back('\n');
  return response;
}

std::string HttpResponse::Serialize(bool head_only) const {
  const std::string_view phrase = ReasonPhrase(status);
  std::string out = absl::StrCat("HTTP/1.1 ", status, " ");
  out.append(phrase).append("\r\n");
  for (const auto& [name, value] : headers) absl::StrAppend(&out, name, ": ", value, "\r\n");
  // RFC 9110 section 8.6: a 304 has no body and need not speak of one, a 204 must not.
  const bool bodiless = status == 204 || status == 304 || endless;
  if (!bodiless) absl::StrAppend(&out, "Content-Length: ", body.size(), "\r\n");
  out.append("Connection: close\r\n\r\n");
  if (!head_only && !bodiless) out.append(body);
  return out;
}

}  // namespace hookcast::edge

#include "edge/http_request_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hookcast::edge {
namespace {

namespace http = boost::beast::http;

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

// The request line is well-formed: a method, a target, and HTTP's name with some version.
bool HasVersion(std::string_view head) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  if (line.size() == head.size() || std::count(line.begin(), line.end(), ' ') != 2) return false;
  const std::string_view version = line.substr(line.rfind(' ') + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
         version[6] == '.' && is_digit(version[7]);
}

}  // namespace

struct HttpRequestReader::Parser : http::request_parser<http::string_body> {
  // Beast counts the length of a field in 16 bits, and throws where that is too little, whatever
  // the limits allow: value_too_large.
  size_t Take(std::string_view bytes, boost::system::error_code& error) {
    try {
      return put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    } catch (const std::length_error&) {
      error = make_error_code(boost::system::errc::value_too_large);
      return 0;
    }
  }
};

HttpRequestReader::HttpRequestReader(const HttpLimits& limits)
    : limits_(limits), body_limit_(limits.body_bytes), parser_(std::make_unique<Parser>()) {
  parser_->header_limit(static_cast<std::uint32_t>(limits.header_bytes));
  parser_->body_limit(limits.body_bytes);
}

HttpRequestReader::~HttpRequestReader() = default;

HttpRequestReader::Progress HttpRequestReader::Read(std::string_view bytes, size_t* consumed) {
  *consumed = 0;
  return parser_->is_header_done() ? ReadBody(bytes, consumed) : ReadHead(bytes, consumed);
}

HttpRequestReader::Progress HttpRequestReader::ReadHead(std::string_view bytes, size_t* consumed) {
  // RFC 9112 section 2.2: an empty line in front of the request is skipped.
  if (head_bytes_ == 0 && bytes.starts_with('\r')) {
    if (bytes.size() == 1) return Progress::kNeedMore;
    if (bytes[1] == '\n') head_bytes_ = *consumed = 2;
    if (*consumed == bytes.size()) return Progress::kNeedMore;
  }
  boost::system::error_code error;
  // put() handles the request line and the header block as separate steps.
  while (!parser_->is_header_done()) {
    const size_t used = parser_->Take(bytes.substr(*consumed), error);
    *consumed += used;
    head_bytes_ += used;
    if (error == http::error::need_more) {
      if (used != 0) continue;
      if (head_bytes_ + (bytes.size() - *consumed) > limits_.header_bytes) break;
      return Progress::kNeedMore;
    }
    if (error) break;
  }
  // The parser's own limit is for what it is given at once: headers that come line by line pass it.
  if (!error && head_bytes_ > limits_.header_bytes) error = http::error::header_limit;
  if (error == http::error::header_limit || error == http::error::need_more) {
    return Refuse(431, absl::StrCat("The request's headers have more than ", limits_.header_bytes,
                                    " bytes."));
  }
  if (error == boost::system::errc::value_too_large) {
    return Refuse(431, "A header line of the request is too long, whatever the limits allow.");
  }
  if (error == http::error::body_limit) return RefuseBody();
  if (error == http::error::bad_version && HasVersion(bytes.substr(*consumed))) {
    return Refuse(505, "The request is not HTTP/1.1.");
  }
  if (error) {
    return Refuse(400, absl::StrCat("The request is not valid HTTP: ", error.message(), "."));
  }
  return CheckHead();
}

HttpRequestReader::Progress HttpRequestReader::CheckHead() {
  const auto& fields = parser_->get();
  if (fields.target().size() > limits_.target_bytes) {
    return Refuse(414, absl::StrCat("The request's target has ", fields.target().size(),
                                    " bytes; at most ", limits_.target_bytes, " are taken."));
  }
  const auto count = static_cast<size_t>(std::distance(fields.begin(), fields.end()));
  if (count > limits_.headers) {
    return Refuse(431, absl::StrCat("The request has ", count, " header lines; at most ",
                                    limits_.headers, " are taken."));
  }
  // RFC 9112, section 6.1: whose codings are not understood has no end that could be told, and what
  // says both, or speaks HTTP/1.0, may mean another end to those in front.
  const size_t codings = fields.count(http::field::transfer_encoding);
  if (codings != 0) {
    const bool chunked_alone =
        codings == 1 && boost::beast::iequals(fields[http::field::transfer_encoding], "chunked");
    if (!chunked_alone) return Refuse(501, "Of transfer codings only chunked is taken here.");
    if (fields.version() < 11 || fields.count(http::field::content_length) != 0) {
      return Refuse(400, "Transfer-Encoding stands beside Content-Length, or in HTTP/1.0.");
    }
  }
  const bool has_body = parser_->chunked() || parser_->content_length_remaining().value_or(0) != 0;
  if (!has_body) return Progress::kDone;
  if (limits_.body_bytes == 0) return RefuseBody();
  head_ = MakeRequest();
  return Progress::kHead;
}

HttpRequestReader::Progress HttpRequestReader::ReadBody(std::string_view bytes, size_t* consumed) {
  while (!parser_->is_done() && *consumed < bytes.size()) {
    boost::system::error_code error;
    const size_t used = parser_->Take(bytes.substr(*consumed), error);
    *consumed += used;
    if (error == http::error::body_limit || parser_->get().body().size() > body_limit_) {
      return RefuseBody();
    }
    if (error && error != http::error::need_more) {
      return Refuse(400,
                    absl::StrCat("The request's body is not valid HTTP: ", error.message(), "."));
    }
    // What remains is the part of a chunk's head, which has a bound of its own.
    if (error && used == 0) {
      if (bytes.size() - *consumed > limits_.header_bytes) {
        return Refuse(400, "The request's body has a chunk whose head does not end.");
      }
      break;
    }
  }
  return parser_->is_done() ? Progress::kDone : Progress::kNeedMore;
}

HttpRequest HttpRequestReader::TakeRequest() {
  if (head_.method.empty()) return MakeRequest();
  head_.body = std::move(parser_->get().body());
  return std::move(head_);
}

HttpRequest HttpRequestReader::MakeRequest() const {
  const auto& fields = parser_->get();
  HttpRequest request;
  request.method = std::string(View(fields.method_string()));
  request.target = std::string(View(fields.target()));
  request.version = fields.version();
  request.headers.reserve(static_cast<size_t>(std::distance(fields.begin(), fields.end())));
  for (const auto& field : fields) {
    request.headers.emplace_back(View(field.name_string()), View(field.value()));
  }
  return request;
}

HttpRequestReader::Progress HttpRequestReader::RefuseBody() {
  if (limits_.body_bytes == 0) {
    return Refuse(413, "The request has a body; this request takes none.");
  }
  return Refuse(413, absl::StrCat("The request's body has more than ", body_limit_, " bytes."));
}

HttpRequestReader::Progress HttpRequestReader::Refuse(int status, std::string_view sentence) {
  refusal_ = HttpResponse::Text(status, sentence);
  return Progress::kRefused;
}

}  // namespace hookcast::edge

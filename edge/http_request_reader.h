#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "edge/http_message.h"

namespace hookcast::edge {

struct HttpLimits {
  size_t header_bytes = 16 * 1024;  // request line and headers together
  size_t headers = 100;
  size_t target_bytes = 8 * 1024;
  size_t body_bytes = 0;  // 0: a request with a body is refused
};

// Reads one HTTP/1 request as its bytes come. Bytes behind it stay with the caller. Knows no
// sockets.
//
// Thread: one at a time.
class HttpRequestReader {
 public:
  // kHead, at most once: the head is there, and a body is to come. Reading may go on at once.
  enum class Progress { kNeedMore, kHead, kDone, kRefused };

  explicit HttpRequestReader(const HttpLimits& limits);
  ~HttpRequestReader();

  // Reads on. Sets *consumed to how many bytes, from the front, are done with; on kNeedMore the
  // rest is to be given again in front of what comes next. REQUIRES: neither done nor refused
  // before.
  Progress Read(std::string_view bytes, size_t* consumed);

  // After kHead: the request without its body. Fields that come behind a body are not taken.
  const HttpRequest& head() const { return head_; }
  // After kHead: of this body no more than that is taken.
  void LimitBody(size_t bytes) { body_limit_ = bytes; }
  // After kDone.
  HttpRequest TakeRequest();
  // After kRefused: 400, 413, 414, 431, 501 or 505, with a sentence that says what was wrong.
  const HttpResponse& refusal() const { return refusal_; }

 private:
  struct Parser;

  Progress ReadHead(std::string_view bytes, size_t* consumed);
  Progress ReadBody(std::string_view bytes, size_t* consumed);
  Progress CheckHead();
  HttpRequest MakeRequest() const;
  Progress RefuseBody();
  Progress Refuse(int status, std::string_view sentence);

  const HttpLimits limits_;
  size_t body_limit_;
  std::unique_ptr<Parser> parser_;  // Beast's, kept out of this header
  size_t head_bytes_ = 0;           // that the parser has taken
  HttpRequest head_;                // where a body follows
  HttpResponse refusal_;
};

}  // namespace hookcast::edge

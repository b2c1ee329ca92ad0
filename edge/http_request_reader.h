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
};

// Reads the head of one HTTP/1 request as its bytes come. Bytes behind the head stay with the
// caller. Knows no sockets. Requests with a body are refused.
//
// Thread: one at a time.
class HttpRequestReader {
 public:
  enum class Progress { kNeedMore, kDone, kRefused };

  explicit HttpRequestReader(const HttpLimits& limits);
  ~HttpRequestReader();

  // Reads on. Sets *consumed to how many bytes, from the front, are done with; on kNeedMore the
  // rest is to be given again in front of what comes next. REQUIRES: neither done nor refused
  // before.
  Progress Read(std::string_view bytes, size_t* consumed);

  // After kDone.
  HttpRequest TakeRequest();
  // After kRefused: 400, 413, 414, 431 or 505, with a sentence that says what was wrong.
  const HttpResponse& refusal() const { return refusal_; }

 private:
  struct Parser;

  Progress Refuse(int status, std::string_view sentence);

  const HttpLimits limits_;
  std::unique_ptr<Parser> parser_;  // Beast's, kept out of this header
  size_t head_bytes_ = 0;           // that the parser has taken
  HttpResponse refusal_;
};

}  // namespace hookcast::edge

// However a request is cut, the reader takes it or does not; and what it takes keeps its limits and
// cannot break a line of a log or of another request.
#include "edge/http_request_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/require.h"

using hookcast::edge::HttpLimits;
using hookcast::edge::HttpRequest;
using hookcast::edge::HttpRequestReader;
using hookcast::fuzz::Require;

namespace {

using Progress = HttpRequestReader::Progress;

constexpr size_t kHead = 3;

struct Taken {
  HttpRequest request;
  std::string rest;  // behind the head
};

std::optional<Taken> Read(const HttpLimits& limits, std::string_view stream, size_t piece) {
  HttpRequestReader reader(limits);
  std::string waiting;
  while (!stream.empty()) {
    waiting.append(stream.substr(0, piece));
    stream.remove_prefix(std::min(piece, stream.size()));
    size_t consumed = 0;
    Progress progress = reader.Read(waiting, &consumed);
    Require(consumed <= waiting.size(), "no more is used than there is");
    waiting.erase(0, consumed);
    if (progress == Progress::kHead) {
      Require(limits.body_bytes != 0, "a body is taken where it is wanted");
      progress = reader.Read(waiting, &consumed);
      Require(progress != Progress::kHead, "one head");
      waiting.erase(0, consumed);
    }
    switch (progress) {
      case Progress::kNeedMore:
        Require(waiting.size() <= limits.header_bytes, "little waits");
        break;
      case Progress::kRefused: {
        const int status = reader.refusal().status;
        Require(status == 400 || status == 413 || status == 414 || status == 431 || status == 505,
                "the status");
        Require(!reader.refusal().body.empty(), "the body says why");
        return std::nullopt;
      }
      case Progress::kHead:
      case Progress::kDone:
        return Taken{reader.TakeRequest(), waiting.append(stream)};
    }
  }
  return std::nullopt;
}

void CheckTaken(const HttpLimits& limits, const HttpRequest& request, size_t head_bytes) {
  constexpr std::string_view kLineBreakers("\r\n\0", 3);
  Require(!request.method.empty() && request.method.find(' ') == std::string::npos, "the method");
  Require(!request.target.empty() && request.target.size() <= limits.target_bytes, "the target");
  for (const char c : request.target) {
    Require(static_cast<unsigned char>(c) > ' ' && c != 0x7F, "the target is one word");
  }
  Require(request.version == 10 || request.version == 11, "the version");
  Require(request.headers.size() <= limits.headers, "the number of headers");
  Require(request.body.size() <= limits.body_bytes, "the size of the body");
  if (limits.body_bytes == 0) {
    Require(head_bytes <= limits.header_bytes, "the size of the head");
  }
  for (const auto& [name, value] : request.headers) {
    Require(!name.empty() && name.find_first_of(" :\t\r\n") == std::string::npos, "names");
    Require(value.find_first_of(kLineBreakers) == std::string::npos, "values");
  }
}

}  // namespace

// Head: the limits on bytes and on headers, and the size of a piece; a high first bit lets a body
// come. The rest is what comes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kHead) return 0;
  HttpLimits limits;
  limits.header_bytes = size_t{16} << data[0] % 11;
  limits.headers = 1 + data[1];
  limits.target_bytes = limits.header_bytes / 2;
  limits.body_bytes = data[0] >= 128 ? 4 * limits.header_bytes : 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + kHead, size - kHead);

  const std::optional<Taken> whole = Read(limits, stream, SIZE_MAX);
  if (whole) CheckTaken(limits, whole->request, stream.size() - whole->rest.size());
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{1} + data[2]}) {
    const std::optional<Taken> cut = Read(limits, stream, piece);
    // A part of a chunk's head waits for the rest up to a bound that a whole one does not meet.
    Require(cut.has_value() == whole.has_value() || (whole && limits.body_bytes != 0),
            "cuts make no difference");
    if (!cut) continue;
    Require(cut->rest == whole->rest, "what follows stays");
    Require(cut->request.method == whole->request.method &&
                cut->request.target == whole->request.target &&
                cut->request.version == whole->request.version &&
                cut->request.headers == whole->request.headers &&
                cut->request.body == whole->request.body,
            "cuts make no difference to the request");
  }
  return 0;
}

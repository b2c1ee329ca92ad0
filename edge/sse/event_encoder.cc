#include "edge/sse/event_encoder.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>

namespace hookcast::sse {
namespace {

constexpr std::string_view kId = "id: ";
constexpr std::string_view kEvent = "event: ";
constexpr std::string_view kRetry = "retry: ";
constexpr std::string_view kData = "data: ";
constexpr size_t kMaxDigits = 20;

// A text's lines, each in turn. A text that ends with a line end has an empty line behind it, as a
// client that joins the lines gets the text back that way.
class Lines {
 public:
  explicit Lines(std::string_view text)
      : next_(text.data()), end_(next_ + text.size()), cr_(Find('\r')), lf_(Find('\n')) {}

  bool Next(std::string_view* line) {
    if (done_) return false;
    const char* const end = std::min(cr_, lf_);
    *line = std::string_view(next_, static_cast<size_t>(end - next_));
    if (end == end_) {
      done_ = true;
      return true;
    }
    const bool both = end == cr_ && cr_ + 1 == lf_ && lf_ != end_;
    next_ = end + (both ? 2 : 1);
    // Each byte is looked at once for each kind of line end, however many there are.
    if (cr_ < next_) cr_ = Find('\r');
    if (lf_ < next_) lf_ = Find('\n');
    return true;
  }

 private:
  const char* Find(char c) const {
    if (next_ == end_) return end_;
    const void* const found = std::memchr(next_, c, static_cast<size_t>(end_ - next_));
    return found == nullptr ? end_ : static_cast<const char*>(found);
  }

  const char* next_;
  const char* end_;
  const char* cr_;
  const char* lf_;
  bool done_ = false;
};

bool Fits(std::string_view field) { return !field.empty() && CanStandInField(field); }

// Calls `put` with each piece of the block, in order.
template <typename Put>
void Visit(const Event& event, Put put) {
  const auto line = [&](std::string_view name, std::string_view value) {
    put(name);
    put(value);
    put("\n");
  };
  if (Fits(event.id)) line(kId, event.id);
  if (Fits(event.event)) line(kEvent, event.event);
  if (event.retry_ms && *event.retry_ms >= 0) {
    char digits[kMaxDigits];
    const auto [end, error] = std::to_chars(digits, digits + kMaxDigits, *event.retry_ms);
    assert(error == std::errc());
    line(kRetry, std::string_view(digits, static_cast<size_t>(end - digits)));
  }
  if (event.data) {
    Lines lines(*event.data);
    for (std::string_view text; lines.Next(&text);) line(kData, text);
  }
  put("\n");
}

}  // namespace

bool CanStandInField(std::string_view text) {
  return text.find('\n') == std::string_view::npos && text.find('\r') == std::string_view::npos &&
         text.find('\0') == std::string_view::npos;
}

size_t EventSize(const Event& event) {
  size_t size = 0;
  Visit(event, [&](std::string_view piece) { size += piece.size(); });
  return size;
}

size_t WriteEvent(const Event& event, char* out) {
  const char* const begin = out;
  Visit(event, [&](std::string_view piece) {
    if (!piece.empty()) std::memcpy(out, piece.data(), piece.size());
    out += piece.size();
  });
  return static_cast<size_t>(out - begin);
}

std::string WriteEvent(const Event& event) {
  std::string block(EventSize(event), '\0');
  WriteEvent(event, block.data());
  return block;
}

size_t ChunkHeadSize(size_t size) {
  size_t digits = 1;
  while (size >>= 4) ++digits;
  return digits + kChunkTail.size();
}

size_t WriteChunkHead(size_t size, char* out) {
  assert(size > 0);
  const size_t head = ChunkHeadSize(size);
  char* const digits_end = out + head - kChunkTail.size();
  std::to_chars(out, digits_end, size, 16);
  std::memcpy(digits_end, kChunkTail.data(), kChunkTail.size());
  return head;
}

}  // namespace hookcast::sse

#include "bench/wire/sse.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace hookcast::bench {
namespace {

constexpr size_t kMaxFramingLine = 64;
constexpr uint64_t kMaxChunk = uint64_t{64} << 20;

void AppendHex(std::string& out, uint64_t value) { absl::StrAppend(&out, absl::Hex(value)); }

}  // namespace

void AppendSseChunk(std::string& out, std::string_view name, std::string_view data) {
  constexpr std::string_view kName = "event: ", kData = "data: ";
  const size_t name_size = name.empty() ? 0 : kName.size() + name.size() + 1;
  AppendHex(out, name_size + kData.size() + data.size() + 2);
  out.append("\r\n");
  if (!name.empty()) out.append(kName).append(name).push_back('\n');
  out.append(kData).append(data).append("\n\n\r\n");
}

SseReader::Got SseReader::Next(std::string_view& input) {
  if (event_told_) {
    event_told_ = false;
    name_.clear();
    data_.clear();
  }
  while (!input.empty()) {
    Got got = Got::kNothing;
    if (state_ == State::kUnchunked) {
      got = TakeBody(input, input.size());
    } else if (state_ == State::kChunk) {
      const size_t before = input.size();
      got = TakeBody(input, static_cast<size_t>(std::min<uint64_t>(chunk_left_, before)));
      chunk_left_ -= before - input.size();
      if (chunk_left_ == 0) state_ = State::kChunkEnd;
    } else {
      got = TakeFraming(input.front());
      input.remove_prefix(1);
    }
    if (got != Got::kNothing) return got;
  }
  return Got::kNothing;
}

// Up to `size` bytes of the stream, but not beyond the end of an event.
SseReader::Got SseReader::TakeBody(std::string_view& input, size_t size) {
  while (size > 0) {
    const std::string_view body = input.substr(0, size);
    const size_t end = body.find('\n');
    if (end == std::string_view::npos) {
      line_.append(body);
      input.remove_prefix(size);
      return Got::kNothing;
    }
    std::string_view line = body.substr(0, end);
    input.remove_prefix(end + 1);
    size -= end + 1;
    std::string joined;
    if (!line_.empty()) {
      joined = std::exchange(line_, {});
      joined.append(line);
      line = joined;
    }
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (const Got got = OnLine(line); got != Got::kNothing) return got;
  }
  return Got::kNothing;
}

SseReader::Got SseReader::TakeFraming(char byte) {
  if (state_ == State::kEnded) return Broken("bytes behind the last chunk");
  framing_.push_back(byte);
  if (framing_.size() > kMaxFramingLine) return Broken("no chunk begins where one was due");
  if (byte != '\n') return Got::kNothing;
  if (framing_.size() < 2 || framing_[framing_.size() - 2] != '\r') {
    return Broken("a line of the chunked coding without CR");
  }
  framing_.resize(framing_.size() - 2);
  const Got got = OnFramingLine();
  framing_.clear();
  return got;
}

SseReader::Got SseReader::OnFramingLine() {
  if (state_ == State::kChunkEnd || state_ == State::kLastChunk) {
    if (!framing_.empty()) return Broken("bytes between the end of a chunk and its line's");
    if (state_ == State::kLastChunk) {
      state_ = State::kEnded;
      return Got::kEnd;
    }
    state_ = State::kChunkSize;
    return Got::kNothing;
  }
  if (!absl::SimpleHexAtoi(framing_, &chunk_left_) || chunk_left_ > kMaxChunk) {
    return Broken(absl::StrCat("not the size of a chunk: ", framing_));
  }
  state_ = chunk_left_ > 0 ? State::kChunk : State::kLastChunk;
  return Got::kNothing;
}

SseReader::Got SseReader::OnLine(std::string_view line) {
  if (line.empty()) return OnBlockEnd();
  in_block_ = true;
  const size_t colon = line.find(':');
  if (colon == 0) return Got::kNothing;  // a comment
  if (colon == std::string_view::npos) return OnField(line, {});
  std::string_view value = line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  return OnField(line.substr(0, colon), value);
}

SseReader::Got SseReader::OnField(std::string_view field, std::string_view value) {
  if (field == "data") {
    if (has_data_) data_.push_back('\n');
    has_data_ = true;
    data_.append(value);
  } else if (field == "event") {
    name_.assign(value);
  } else if (field == "id") {
    id_.assign(value);
  } else if (field != "retry" || !std::all_of(value.begin(), value.end(),
                                              [](char c) { return c >= '0' && c <= '9'; })) {
    return Broken(absl::StrCat("not a field of an event: ", std::string(field.substr(0, 64)), ": ",
                               std::string(value.substr(0, 64))));
  }
  return Got::kNothing;
}

SseReader::Got SseReader::OnBlockEnd() {
  in_block_ = false;
  last_event_id_ = id_;
  if (!has_data_) {
    name_.clear();
    return Got::kNothing;
  }
  has_data_ = false;
  event_told_ = true;
  return Got::kEvent;
}

bool SseReader::between_events() const {
  return !in_block_ && line_.empty() && framing_.empty() &&
         (state_ == State::kUnchunked || state_ == State::kChunkSize || state_ == State::kEnded);
}

SseReader::Got SseReader::Broken(std::string how) {
  error_ = std::move(how);
  return Got::kBroken;
}

}  // namespace hookcast::bench

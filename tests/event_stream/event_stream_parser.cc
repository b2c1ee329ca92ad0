#include "tests/event_stream/event_stream_parser.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>
#include <utility>

namespace hookcast::testing {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace

// The Encoding Standard, section 8.1.1, step by step.
std::string DecodeUtf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  size_t begin = 0;  // of the character at hand
  int needed = 0;
  int seen = 0;
  uint8_t lower = 0x80;
  uint8_t upper = 0xBF;
  for (size_t i = 0; i < bytes.size();) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    if (needed == 0) {
      begin = i;
      if (byte <= 0x7F) {
        text.push_back(bytes[i]);
      } else if (byte >= 0xC2 && byte <= 0xDF) {
        needed = 1;
      } else if (byte >= 0xE0 && byte <= 0xEF) {
        if (byte == 0xE0) lower = 0xA0;
        if (byte == 0xED) upper = 0x9F;
        needed = 2;
      } else if (byte >= 0xF0 && byte <= 0xF4) {
        if (byte == 0xF0) lower = 0x90;
        if (byte == 0xF4) upper = 0x8F;
        needed = 3;
      } else {
        text.append(kReplacement);
      }
      ++i;
      continue;
    }
    const bool in_range = byte >= lower && byte <= upper;
    lower = 0x80;
    upper = 0xBF;
    if (!in_range) {
      // The byte is looked at again, as the beginning of a character.
      needed = seen = 0;
      text.append(kReplacement);
      continue;
    }
    ++i;
    if (++seen < needed) continue;
    text.append(bytes.substr(begin, i - begin));
    needed = seen = 0;
  }
  if (needed != 0) text.append(kReplacement);
  return text;
}

void EventStreamParser::Feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const size_t end = bytes.find_first_of("\r\n");
    line_.append(bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    // Neither CR nor LF is part of another character, so that lines may be decoded one by one.
    std::string_view line = line_;
    if (std::exchange(first_line_, false) && line.starts_with(kByteOrderMark)) {
      line.remove_prefix(kByteOrderMark.size());
    }
    Line(DecodeUtf8(line));
    line_.clear();
  }
}

void EventStreamParser::Line(std::string_view line) {
  if (line.empty()) return Dispatch();
  const size_t colon = line.find(':');
  if (colon == 0) {
    ++comments_;
    return;
  }
  if (colon == std::string_view::npos) return Field(line, "");
  std::string_view value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  Field(line.substr(0, colon), value);
}

void EventStreamParser::Field(std::string_view name, std::string_view value) {
  in_block_ = true;
  if (name == "event") {
    type_ = value;
  } else if (name == "data") {
    data_.append(value);
    data_.push_back('\n');
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    const bool digits =
        std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    uint64_t number = 0;
    if (value.empty() || !digits) return;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    retry_ms_ = error == std::errc() ? number : UINT64_MAX;
  }
}

void EventStreamParser::Dispatch() {
  last_event_id_ = id_;
  const bool in_block = std::exchange(in_block_, false);
  // Before the last LF goes: data of one empty line is data.
  if (data_.empty()) {
    if (in_block) ++blocks_without_data_;
    type_.clear();
    return;
  }
  data_.pop_back();
  Event event{.data = std::exchange(data_, {}), .last_event_id = last_event_id_};
  if (!type_.empty()) event.type = std::exchange(type_, {});
  events_.push_back(std::move(event));
}

std::vector<EventStreamParser::Event> EventStreamParser::TakeEvents() {
  return std::exchange(events_, {});
}

bool EventStreamParser::at_rest() const { return line_.empty() && !in_block_; }

}  // namespace hookcast::testing

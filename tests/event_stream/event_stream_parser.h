#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hookcast::testing {

// What a browser's EventSource makes of an event stream, written from WHATWG HTML, sections 9.2.5
// and 9.2.6, and sharing nothing with what writes streams: a fault of that cannot hide in it.
//
// Bytes come in any cuts. What the stream's end leaves undispatched is discarded, as the standard
// has it.
//
// Thread: one at a time.
class EventStreamParser {
 public:
  struct Event {
    std::string type = "message";
    std::string data;
    std::string last_event_id;
    bool operator==(const Event&) const = default;
  };

  // All of it is decoded as UTF-8, with U+FFFD for what is not.
  void Feed(std::string_view bytes);

  // Those dispatched since this was asked last, in order.
  std::vector<Event> TakeEvents();

  // What a reconnecting client sends as Last-Event-ID: set whenever a block ends, with data or
  // without.
  const std::string& last_event_id() const { return last_event_id_; }
  // The last `retry` that was valid, in milliseconds.
  std::optional<uint64_t> retry_ms() const { return retry_ms_; }

  // What no script in a browser sees. Lines that begin with a colon; blocks that ended without
  // data, comments alone not among them.
  size_t comments() const { return comments_; }
  size_t blocks_without_data() const { return blocks_without_data_; }
  // Nothing would be lost if the stream ended here.
  bool at_rest() const;

 private:
  void Line(std::string_view line);
  void Field(std::string_view name, std::string_view value);
  void Dispatch();

  std::string line_;  // its bytes so far
  bool first_line_ = true;
  bool after_cr_ = false;  // an LF that comes next belongs to the CR before it

  // The buffers of section 9.2.6.
  std::string data_;
  std::string type_;
  std::string id_;
  bool in_block_ = false;  // a field came since the last empty line

  std::string last_event_id_;
  std::optional<uint64_t> retry_ms_;
  size_t comments_ = 0;
  size_t blocks_without_data_ = 0;
  std::vector<Event> events_;
};

// The Encoding Standard's "UTF-8 decode without BOM", as UTF-8: valid text stays as it is.
std::string DecodeUtf8(std::string_view bytes);

}  // namespace hookcast::testing

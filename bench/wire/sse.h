// Server-Sent Events (WHATWG HTML, section 9.2) over HTTP/1.1 as plain bytes, for both sides of a
// benchmark.

#ifndef HOOKCAST_BENCH_WIRE_SSE_H_
#define HOOKCAST_BENCH_WIRE_SSE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hookcast::bench {

// Appends an event in a chunk of its own, as servers send. `name` may be empty; `data` is one line.
void AppendSseChunk(std::string& out, std::string_view name, std::string_view data);

// Reads the body of a response: chunks where it is chunked, and the events in it, cut anywhere.
// Strict, as what it measures is to be right: an unknown field, a chunk of a wrong form or bytes
// behind the last one are errors. Lines end with LF or CRLF.
class SseReader {
 public:
  enum class Got {
    kNothing,  // all of the input is taken, and more has to come
    kEvent,    // name() and data() hold until the next call
    kEnd,      // the last chunk
    kBroken,   // error() says how
  };

  explicit SseReader(bool chunked) : state_(chunked ? State::kChunkSize : State::kUnchunked) {}

  // Takes from the front of `input` until something is there.
  Got Next(std::string_view& input);

  std::string_view name() const { return name_; }  // "": none was given
  std::string_view data() const { return data_; }
  std::string_view error() const { return error_; }

  // Where to resume: the id of the last block that ended. Blocks without data move it too.
  const std::string& last_event_id() const { return last_event_id_; }

  // Whether nothing has begun that should still end: the connection may end here.
  bool between_events() const;

 private:
  enum class State : uint8_t { kUnchunked, kChunkSize, kChunk, kChunkEnd, kLastChunk, kEnded };

  Got TakeBody(std::string_view& input, size_t size);
  Got TakeFraming(char byte);
  Got OnFramingLine();
  Got OnLine(std::string_view line);
  Got OnField(std::string_view field, std::string_view value);
  Got OnBlockEnd();
  Got Broken(std::string how);

  State state_;
  bool event_told_ = false;  // name_ and data_ are those of the event before
  bool has_data_ = false;
  bool in_block_ = false;
  uint64_t chunk_left_ = 0;
  std::string framing_;  // the beginning of a line of the chunked coding
  std::string line_;     // the beginning of a line of the stream
  std::string name_;
  std::string data_;
  std::string id_;
  std::string last_event_id_;
  std::string error_;
};

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_WIRE_SSE_H_

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hookcast::sse {

// One block of an event stream (WHATWG HTML, section 9.2). What is empty is left out; so an empty
// id, which would make the client forget its position, is never written.
//
// REQUIRES: no CR, LF or NUL in id and event (CanStandInField), and a retry that is not negative:
// what breaks that is left out whole, so that no caller can add a line to a client's stream. All of
// it is UTF-8, which is not looked at here.
struct Event {
  std::string_view id;
  std::string_view event;
  std::optional<int64_t> retry_ms;
  // Without data nothing is dispatched: such a block moves the client's position, or says when to
  // come back. Data that is empty is an event with empty data.
  std::optional<std::string_view> data;
};

// No CR, no LF, no NUL: the whole of `text` arrives as one field's value.
//
// Thread: any, as for all here.
bool CanStandInField(std::string_view text);

// The block: the fields as id, event, retry, data, a data line for each line of the payload (which
// CRLF, LF and CR end alike), and the empty line that dispatches it.
std::string WriteEvent(const Event& event);

// The same into space of the caller's. REQUIRES: `out` has EventSize(event) bytes. Returns what was
// written, which is that.
size_t EventSize(const Event& event);
size_t WriteEvent(const Event& event, char* out);

// A comment: it keeps what stands between from taking the connection for idle, and no client sees
// it.
inline constexpr std::string_view kComment = ":\n\n";

// Chunks of HTTP/1.1 (RFC 9112, section 7.1): a head before the bytes, a tail behind them.
// REQUIRES: size > 0, as a chunk of none ends the body; `out` has ChunkHeadSize(size) bytes.
// Returns what was written, which is that.
size_t ChunkHeadSize(size_t size);
size_t WriteChunkHead(size_t size, char* out);
inline constexpr std::string_view kChunkTail = "\r\n";
// Ends the body.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace hookcast::sse

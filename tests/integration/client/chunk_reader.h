// Reads the chunked coding of RFC 9112, section 7.1, as it comes, and strictly: extensions and
// trailers, which the product never sends, are errors too.

#ifndef HOOKCAST_TESTS_INTEGRATION_CLIENT_CHUNK_READER_H_
#define HOOKCAST_TESTS_INTEGRATION_CLIENT_CHUNK_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace hookcast::testing {

// Thread: any one at a time.
class ChunkReader {
 public:
  // Appends what `bytes`, in any cuts, bring of the body. Errors: DATA_LOSS, from then on always.
  absl::Status Feed(std::string_view bytes, std::string& body);

  // The last chunk and the empty line behind it came.
  bool ended() const { return state_ == State::kEnded; }
  // Whole chunks so far, without the last one.
  size_t chunks() const { return chunks_; }

 private:
  enum class State { kSize, kData, kTail, kLast, kEnded, kBroken };

  absl::Status Broken(std::string_view how);
  absl::Status TakeSize();

  State state_ = State::kSize;
  std::string line_;  // its bytes so far
  uint64_t left_ = 0;
  size_t chunks_ = 0;
};

}  // namespace hookcast::testing

#endif  // HOOKCAST_TESTS_INTEGRATION_CLIENT_CHUNK_READER_H_

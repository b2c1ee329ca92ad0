#include "tests/integration/client/chunk_reader.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace hookcast::testing {

absl::Status ChunkReader::Broken(std::string_view how) {
  state_ = State::kBroken;
  return absl::DataLossError(absl::StrCat("the server broke RFC 9112: ", std::string(how)));
}

absl::Status ChunkReader::TakeSize() {
  const auto [end, error] = std::from_chars(line_.data(), line_.data() + line_.size(), left_, 16);
  if (error != std::errc() || end != line_.data() + line_.size()) {
    return Broken(absl::StrCat("a chunk of the size \"", line_, "\""));
  }
  state_ = left_ == 0 ? State::kLast : State::kData;
  return absl::OkStatus();
}

absl::Status ChunkReader::Feed(std::string_view bytes, std::string& body) {
  while (!bytes.empty()) {
    if (state_ == State::kBroken) return Broken("earlier");
    if (state_ == State::kEnded) return Broken("bytes behind the last chunk");
    if (state_ == State::kData) {
      const std::string_view taken = bytes.substr(0, left_);
      body.append(taken);
      bytes.remove_prefix(taken.size());
      left_ -= taken.size();
      if (left_ == 0) state_ = State::kTail;
      continue;
    }
    // All else are lines that end with CRLF.
    const size_t lf = std::min(bytes.find('\n'), bytes.size() - 1);
    line_.append(bytes.substr(0, lf + 1));
    bytes.remove_prefix(lf + 1);
    if (!line_.ends_with('\n')) continue;
    if (!line_.ends_with("\r\n")) return Broken("a line that does not end with CRLF");
    line_.resize(line_.size() - 2);
    if (state_ == State::kSize) {
      if (absl::Status taken = TakeSize(); !taken.ok()) return taken;
    } else if (!line_.empty()) {
      return Broken(state_ == State::kTail ? "a chunk longer than its size" : "a trailer");
    } else if (state_ == State::kTail) {
      ++chunks_;
      state_ = State::kSize;
    } else {
      state_ = State::kEnded;
    }
    line_.clear();
  }
  return absl::OkStatus();
}

}  // namespace hookcast::testing

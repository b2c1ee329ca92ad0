#include "cli/message_source.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/failure.h"

namespace hookcast::cli {

std::optional<absl::StatusOr<v1::Data>> RepeatedMessage::Next() {
  if (given_ == count_) return std::nullopt;
  ++given_;
  return data_;
}

bool MessageLines::Ready() {
  if (ended_) return true;
  const size_t end = buffer_.find('\n', searched_);
  searched_ = end == std::string::npos ? buffer_.size() : end;
  return end != std::string::npos;
}

std::optional<absl::StatusOr<v1::Data>> MessageLines::Next() {
  while (!Ready()) {
    if (buffer_.size() - start_ > DataArgument::kMostBytes) {
      status_ = RefusedFailure(absl::StatusCode::kOutOfRange,
                               absl::StrCat(name_, ": a line is longer than 64 MiB"));
      return std::nullopt;
    }
    ended_ = !Fill();
  }
  const size_t end = buffer_.find('\n', searched_);
  const bool whole = end != std::string::npos;
  if (!whole && start_ == buffer_.size()) return std::nullopt;
  std::string line = buffer_.substr(start_, whole ? end - start_ : std::string::npos);
  start_ = searched_ = whole ? end + 1 : buffer_.size();
  if (whole && line.ends_with('\r')) line.pop_back();
  return form_->Make(std::move(line));
}

bool MessageLines::Fill() {
  buffer_.erase(0, start_);
  searched_ -= start_;
  start_ = 0;
  std::array<char, 65536> piece;
  // Only peek waits, and only for the first byte.
  std::streamsize count = 0;
  if (in_->peek() != std::istream::traits_type::eof()) {
    count = in_->readsome(piece.data(), piece.size());
  }
  if (in_->bad()) {
    status_ = RefusedFailure(absl::StatusCode::kDataLoss, absl::StrCat("cannot read ", name_));
  }
  buffer_.append(piece.data(), static_cast<size_t>(count));
  return count > 0;
}

}  // namespace hookcast::cli

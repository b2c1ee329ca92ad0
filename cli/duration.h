#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace hookcast::cli {

// Both included.
struct DurationRange {
  absl::Duration least = absl::ZeroDuration();
  absl::Duration most = absl::Hours(24);
};

// Reads "5s", "500ms", "1m30s". Errors: a usage failure that names the option and says how to write
// it.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view option, std::string_view text,
                                             DurationRange range = {});

// The two largest units: "12s", "3m12s", "5h3m", "4d6h". Less than nothing, as clocks that differ
// give it, is "0s".
std::string FormatAge(absl::Duration age);

absl::Duration FromProto(const google::protobuf::Duration& duration);
absl::Time FromProto(const google::protobuf::Timestamp& time);
google::protobuf::Duration ToProto(absl::Duration duration);

}  // namespace hookcast::cli

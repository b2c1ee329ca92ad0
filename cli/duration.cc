#include "cli/duration.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "cli/failure.h"
#include "cli/text.h"

namespace hookcast::cli {

absl::StatusOr<absl::Duration> ParseDuration(std::string_view option, std::string_view text,
                                             DurationRange range) {
  absl::Duration duration;
  if (!absl::ParseDuration(std::string(text), &duration)) {
    return UsageFailure(
        absl::StrCat(std::string(option), ": ", Quoted(text), " is not a length of time"),
        "write a number with its unit, for example 5s, 500ms or 1m");
  }
  if (duration < range.least || duration > range.most) {
    return UsageFailure(absl::StrCat(std::string(option), ": ", Quoted(text), " is out of range"),
                        absl::StrCat("it must be from ", absl::FormatDuration(range.least), " to ",
                                     FormatAge(range.most)));
  }
  return duration;
}

std::string FormatAge(absl::Duration age) {
  const int64_t seconds = std::max<int64_t>(0, absl::ToInt64Seconds(age));
  const int64_t minutes = seconds / 60;
  const int64_t hours = minutes / 60;
  const int64_t days = hours / 24;
  if (minutes == 0) return absl::StrCat(seconds, "s");
  if (hours == 0) return absl::StrCat(minutes, "m", seconds % 60, "s");
  if (days == 0) return absl::StrCat(hours, "h", minutes % 60, "m");
  return absl::StrCat(days, "d", hours % 24, "h");
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
  return proto;
}

}  // namespace hookcast::cli

#pragma once

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::cli {

// A payload for people: its size, and its text, or binary's first bytes in hex. Safe to print.
std::string ShowData(const v1::Data& data);

// Shows what is watched, a line an event, safe to print:
//
//   time (UTC)     what     namespace  topic  size  text, or binary's first bytes in hex
//   08:00:00.000Z  message  /rooms/a   chat   5 B   hello
//   08:00:00.000Z  opened   /rooms/a   p-1    websocket from 192.0.2.1:40312
//   08:00:00.000Z  closed   /rooms/a   p-1    1000 by the client: bye
//
// Lines are not known in advance, so a column is as wide as what was longest in it so far, within
// reason. Thread: any one thread.
class EventLines {
 public:
  // Without the line's end; empty for an event that this version does not know. `now` stands in for
  // the time of what carries none. REQUIRES: not dropped events, which are no line of their own.
  std::string Format(const v1::WatchEvent& event, absl::Time now);

 private:
  std::string Line(absl::Time at, const std::string& what, const std::string& name_space,
                   const std::string& subject, const std::string& rest);

  size_t namespace_width_ = 0;
  size_t subject_width_ = 0;
};

}  // namespace hookcast::cli

#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "hookcast/v1/hooks.pb.h"

namespace hookcast::testing {

// Appends each event to a file as a line of its own, before it is answered: what was answered is on
// record, whatever happens to the process.
//
//   <monotonic ns> <hook> <peer id or -> <event id> <attempt> <text or code>
//
// Thread: any.
class Recorder {
 public:
  // An empty path records nothing.
  explicit Recorder(const std::string& path);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // All of these in one write.
  void Record(const v1::SessionEvents& events);
  void Record(std::string_view line);

 private:
  const int fd_;
};

// An event's line without its end.
std::string LineOf(const v1::SessionEvent& event);

}  // namespace hookcast::testing

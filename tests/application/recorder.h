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
// Where it prints, each event is also on stdout as a line that has all of it: a SessionEvent in
// protobuf's JSON form.
//
// Thread: any.
class Recorder {
 public:
  // An empty path records nothing.
  Recorder(const std::string& path, bool print);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // All of these in one write.
  void Record(const v1::SessionEvents& events);
  void Record(const v1::SessionEvent& event);
  void Record(std::string_view line);
  // A line on stdout, behind those of all events recorded before, where it prints.
  void Print(std::string line);

 private:
  void Print(const v1::SessionEvent& event);

  const int fd_;
  const bool print_;
  std::mutex printing_;
};

}  // namespace hookcast::testing

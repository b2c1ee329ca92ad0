#pragma once

#include <stop_token>
#include <thread>

#include "cli/terminal.h"

namespace hookcast::cli {

// SIGINT and SIGTERM as a request to stop, for commands that have more to say at their end. Until
// Catch they end the process, as ever; after it the first of each requests a stop, and the second
// ends the process. What the parent let be ignored stays ignored.
//
// One a process, since signals are. Thread: Catch and the destructor from one thread.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }

  // May be called again, to no effect.
  void Catch(StopOn what);

 private:
  void Watch(bool output);

  std::stop_source source_;
  int wake_fd_;          // an eventfd, written by signal handlers and the destructor
  std::thread watcher_;  // requests the stop, which a signal handler may not
};

}  // namespace hookcast::cli

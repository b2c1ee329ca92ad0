#pragma once

#include <signal.h>

#include <string>

namespace hookcast::app {

// What signals tell a node. SIGTERM and SIGINT: end. SIGHUP, SIGUSR1 and SIGUSR2, which would end
// it without a word: nothing, and the log says so each time. SIGPIPE is ignored.
//
// Thread: main.
class Signals {
 public:
  // Takes them from here on. REQUIRES: no other thread runs yet, so that all inherit it.
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Waits until the process is told to end: by which signal, in words.
  std::string AwaitEnd() const;
  // From here on the next of those signals ends the process at once, and the log says so.
  void EndAtTheNext() const;

 private:
  sigset_t taken_;
};

}  // namespace hookcast::app

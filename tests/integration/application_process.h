#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/client/child_process.h"
#include "tests/integration/client/held_port.h"

namespace hookcast::testing {

// A hookcast-test-application: an application that a test may stop, kill and start again, with a
// record of what it was sent that outlives its death.
//
// Thread: one at a time; start it from the test's main thread.
class ApplicationProcess {
 public:
  // One event as it was recorded, before it was answered.
  struct Event {
    std::chrono::nanoseconds at{};  // of the machine's monotonic clock
    std::string hook;
    std::string peer;
    std::string id;
    uint32_t attempt = 0;
    std::string what;  // a message's text, a close's code
  };

  // On any port of this host, an address of loopback. A failure is the test's.
  static std::unique_ptr<ApplicationProcess> Start(std::vector<std::string> flags = {},
                                                   const std::string& host = "127.0.0.1",
                                                   int port = 0);
  ~ApplicationProcess();

  // "127.0.0.1:port", the same after a restart.
  const std::string& address() const { return address_; }
  int port() const;

  void Kill();  // SIGKILL, and waits for its end
  void Restart();
  void Signal(int signal) { process_->Signal(signal); }

  // All events so far, in the order in which they were recorded, over all of its lives.
  std::vector<Event> Events() const;

 private:
  ApplicationProcess() = default;
  bool Run(const std::string& listen);

  std::vector<std::string> flags_;
  std::string record_;
  std::string address_;
  std::unique_ptr<ChildProcess> process_;
  std::optional<HeldPort> port_until_restart_;  // while it is killed
};

}  // namespace hookcast::testing

#pragma once

#include <memory>
#include <string>

#include "tests/integration/client/child_process.h"

namespace hookcast::testing {

// An nginx of its own for one test, on a free port of this host, with its files in a temporary
// folder.
//
// Thread: one at a time; start it from the test's main thread.
class NginxProcess {
 public:
  // `location` is the text of a location block; what deploy/nginx has for the http block is there.
  // A failure is the test's.
  static std::unique_ptr<NginxProcess> Start(const std::string& location);
  ~NginxProcess();

  // "127.0.0.1:port".
  const std::string& address() const { return address_; }

 private:
  NginxProcess() = default;

  std::string folder_;
  std::string address_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace hookcast::testing

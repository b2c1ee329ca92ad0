#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/integration/client/child_process.h"

namespace hookcast::testing {

// One of the chats of examples/, on ports that the system chose.
//
// Thread: one at a time; start it from the test's main thread.
class ChatProcess {
 public:
  // `language`: "cpp", "node" or "python". It has printed where it listens. A failure is the
  // test's: it says what the chat printed.
  static std::unique_ptr<ChatProcess> Start(const std::string& language,
                                            std::vector<std::string> flags = {});

  const std::string& hooks() const { return hooks_; }  // "127.0.0.1:port" of its HookService
  const std::string& page() const { return page_; }    // the same of its page
  ChildProcess& process() { return *process_; }

 private:
  ChatProcess() = default;

  std::unique_ptr<ChildProcess> process_;
  std::string hooks_;
  std::string page_;
};

}  // namespace hookcast::testing

// A program under test, run as a child, its output collected.

#ifndef HOOKCAST_TESTS_INTEGRATION_CLIENT_CHILD_PROCESS_H_
#define HOOKCAST_TESTS_INTEGRATION_CLIENT_CHILD_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"

namespace hookcast::testing {

// Owns the child: the destructor kills (SIGKILL) and reaps it. The kernel kills it too when the
// thread that called Start ends, so start children from a thread that outlives them. Thread: any;
// calls may overlap, except with the destructor.
class ChildProcess {
 public:
  using LinePredicate = std::function<bool(std::string_view line)>;

  // Runs argv[0] (searched in PATH) with this process's environment, changed by `env`. stdin is
  // /dev/null. Errors: NOT_FOUND and others, naming the program, where it could not be run.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(
      std::vector<std::string> argv, const std::map<std::string, std::string>& env = {});

  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  int pid() const { return pid_; }

  // The first line of stdout and stderr together that matches, among those from number `from_line`
  // on, printed already or to come; without its line end.
  // Errors: DEADLINE_EXCEEDED and UNAVAILABLE (the output ended first), both with the output so
  // far.
  absl::StatusOr<std::string> WaitForLine(
      const LinePredicate& matches, std::chrono::milliseconds timeout = std::chrono::seconds(10),
      size_t from_line = 0);
  absl::StatusOr<std::string> WaitForLine(
      std::string_view substring, std::chrono::milliseconds timeout = std::chrono::seconds(10),
      size_t from_line = 0);

  // How many whole lines were printed so far: a `from_line` that means "from now on".
  size_t line_count() const;
  // All output so far, stdout and stderr in the order they were written.
  std::string output() const;

  // kill(2): 0, or errno. ESRCH once it was reaped.
  int Signal(int signal);

  // Its exit code, or 128 + the signal that ended it. May be called again.
  // Errors: DEADLINE_EXCEEDED, with the output so far.
  absl::StatusOr<int> WaitExit(std::chrono::milliseconds timeout = std::chrono::seconds(10));

 private:
  ChildProcess(pid_t pid, int pid_fd, int output_fd, int stop_fd);
  void ReadOutput();

  const pid_t pid_;
  const int pid_fd_;
  const int output_fd_;  // read end of the child's stdout and stderr
  const int stop_fd_;    // an eventfd that ends ReadOutput

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::string output_;
  std::vector<std::string> lines_;
  size_t line_start_ = 0;  // where in output_ the line at hand begins
  bool output_ended_ = false;
  std::optional<int> exit_code_;  // once reaped

  std::thread reader_;
};

// The value of `"key":"value"` (or of a number or literal) in a line of flat JSON such as a log
// line of hookcastd, escapes undone except \u; nullopt where there is no such key.
std::optional<std::string> JsonField(std::string_view line, std::string_view key);

}  // namespace hookcast::testing

#endif  // HOOKCAST_TESTS_INTEGRATION_CLIENT_CHILD_PROCESS_H_

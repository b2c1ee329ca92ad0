#include "tests/integration/client/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hookcast::testing {
namespace {

using Clock = std::chrono::steady_clock;

int PollOne(int fd, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const int wait = static_cast<int>(std::clamp<long long>(left, 0, INT_MAX));
    pollfd poll_fd{fd, POLLIN, 0};
    const int ready = ::poll(&poll_fd, 1, wait);
    if (ready > 0 || (ready == 0 && wait == 0)) return ready;
  }
}

// This process's environment with `changes`, as "key=value".
std::vector<std::string> Environment(const std::map<std::string, std::string>& changes) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    if (!changes.contains(std::string(text.substr(0, text.find('='))))) result.emplace_back(text);
  }
  for (const auto& [key, value] : changes) result.push_back(absl::StrCat(key, "=", value));
  return result;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

// What the child does between fork and exec. The parent may have threads, so only async-signal-safe
// calls; an errno goes back through `error_fd`, which a successful exec closes.
[[noreturn]] void BecomeProgram(char** argv, char** envp, int output_fd, int error_fd,
                                pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it died before the line above
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null_fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null_fd, STDIN_FILENO);
  ::dup2(output_fd, STDOUT_FILENO);
  ::dup2(output_fd, STDERR_FILENO);
  // A test's own sockets must not live on in the child; where the kernel cannot, they do.
  ::syscall(SYS_close_range, 3u, ~0u, 1u << 2 /* CLOSE_RANGE_CLOEXEC */);
  ::execvpe(argv[0], argv, envp);
  const int error = errno;
  [[maybe_unused]] const ssize_t written = ::write(error_fd, &error, sizeof error);
  ::_exit(127);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(
    std::vector<std::string> argv, const std::map<std::string, std::string>& env) {
  if (argv.empty()) return absl::InvalidArgumentError("no program to run");
  std::vector<std::string> environment = Environment(env);
  std::vector<char*> argv_pointers = Pointers(argv);
  std::vector<char*> env_pointers = Pointers(environment);

  int output[2];
  int exec_error[2];
  if (::pipe2(output, O_CLOEXEC) != 0 || ::pipe2(exec_error, O_CLOEXEC) != 0) {
    return absl::InternalError(absl::StrCat("pipe: ", std::strerror(errno)));
  }
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    BecomeProgram(argv_pointers.data(), env_pointers.data(), output[1], exec_error[1], parent);
  }
  const int fork_error = errno;
  ::close(output[1]);
  ::close(exec_error[1]);
  int error = pid < 0 ? fork_error : 0;
  if (pid > 0 && ::read(exec_error[0], &error, sizeof error) == sizeof error) {
    ::waitpid(pid, nullptr, 0);
  }
  ::close(exec_error[0]);
  if (error != 0) {
    ::close(output[0]);
    const std::string why = absl::StrCat("cannot run ", argv[0], ": ", std::strerror(error));
    return error == ENOENT ? absl::NotFoundError(why) : absl::InternalError(why);
  }
  const int pid_fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  return std::unique_ptr<ChildProcess>(
      new ChildProcess(pid, pid_fd, output[0], ::eventfd(0, EFD_CLOEXEC)));
}

ChildProcess::ChildProcess(pid_t pid, int pid_fd, int output_fd, int stop_fd)
    : pid_(pid), pid_fd_(pid_fd), output_fd_(output_fd), stop_fd_(stop_fd) {
  ::fcntl(pid_fd_, F_SETFD, FD_CLOEXEC);
  reader_ = std::thread([this] { ReadOutput(); });
}

ChildProcess::~ChildProcess() {
  {
    const std::lock_guard lock(mutex_);
    if (!exit_code_) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      exit_code_ = 128 + SIGKILL;
    }
  }
  // A grandchild may still hold the output open: the reader must not wait for its end.
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_fd_, &one, sizeof one);
  reader_.join();
  for (const int fd : {pid_fd_, output_fd_, stop_fd_}) ::close(fd);
}

void ChildProcess::ReadOutput() {
  char bytes[16384];
  while (true) {
    pollfd fds[2] = {{output_fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0) continue;
    ssize_t got = 0;
    if (fds[1].revents == 0) {
      got = ::read(output_fd_, bytes, sizeof bytes);
      if (got < 0 && errno == EINTR) continue;
    }
    const std::lock_guard lock(mutex_);
    if (got > 0) {
      output_.append(bytes, static_cast<size_t>(got));
      for (size_t end; (end = output_.find('\n', line_start_)) != std::string::npos;) {
        lines_.push_back(output_.substr(line_start_, end - line_start_));
        line_start_ = end + 1;
      }
    } else {
      // The end, or the destructor's sign. A last line without a line end counts as one.
      if (line_start_ < output_.size()) lines_.push_back(output_.substr(line_start_));
      line_start_ = output_.size();
      output_ended_ = true;
    }
    changed_.notify_all();
    if (output_ended_) return;
  }
}

absl::StatusOr<std::string> ChildProcess::WaitForLine(const LinePredicate& matches,
                                                      std::chrono::milliseconds timeout,
                                                      size_t from_line) {
  const Clock::time_point deadline = Clock::now() + timeout;
  std::unique_lock lock(mutex_);
  size_t next = from_line;
  while (true) {
    for (; next < lines_.size(); ++next) {
      if (matches(lines_[next])) return lines_[next];
    }
    if (output_ended_) {
      return absl::UnavailableError(
          absl::StrCat("the program ended its output before the line; output:\n", output_));
    }
    if (changed_.wait_until(lock, deadline) == std::cv_status::timeout && next >= lines_.size() &&
        !output_ended_) {
      return absl::DeadlineExceededError(
          absl::StrCat("the line did not come in time; output so far:\n", output_));
    }
  }
}

absl::StatusOr<std::string> ChildProcess::WaitForLine(std::string_view substring,
                                                      std::chrono::milliseconds timeout,
                                                      size_t from_line) {
  return WaitForLine(
      [substring](std::string_view line) { return line.find(substring) != line.npos; }, timeout,
      from_line);
}

size_t ChildProcess::line_count() const {
  const std::lock_guard lock(mutex_);
  return lines_.size();
}

std::string ChildProcess::output() const {
  const std::lock_guard lock(mutex_);
  return output_;
}

int ChildProcess::Signal(int signal) {
  const std::lock_guard lock(mutex_);
  if (exit_code_) return ESRCH;
  return ::kill(pid_, signal) == 0 ? 0 : errno;
}

absl::StatusOr<int> ChildProcess::WaitExit(std::chrono::milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  const bool ended = PollOne(pid_fd_, deadline) > 0;
  std::unique_lock lock(mutex_);
  if (!ended && !exit_code_) {
    return absl::DeadlineExceededError(
        absl::StrCat("the program has not ended; output so far:\n", output_));
  }
  if (!exit_code_) {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  // What it wrote before its end is in the pipe already; only a grandchild can hold the end back.
  changed_.wait_for(lock, std::chrono::seconds(10), [this] { return output_ended_; });
  return *exit_code_;
}

std::optional<std::string> JsonField(std::string_view line, std::string_view key) {
  const std::string quoted = absl::StrCat("\"", std::string(key), "\"");
  for (size_t at = line.find(quoted); at != line.npos; at = line.find(quoted, at + 1)) {
    size_t i = line.find_first_not_of(" \t", at + quoted.size());
    if (i == line.npos || line[i] != ':') continue;  // a value that looks like the key
    i = line.find_first_not_of(" \t", i + 1);
    if (i == line.npos) return std::nullopt;
    if (line[i] != '"') return std::string(line.substr(i, line.find_first_of(",} \t", i) - i));
    std::string value;
    for (++i; i < line.size() && line[i] != '"'; ++i) {
      if (line[i] == '\\' && i + 1 < line.size()) {
        const char escaped = line[++i];
        value.push_back(escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped);
      } else {
        value.push_back(line[i]);
      }
    }
    return value;
  }
  return std::nullopt;
}

}  // namespace hookcast::testing

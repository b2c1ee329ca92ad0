#include "cli/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>

namespace hookcast::cli {
namespace {

std::atomic<int> signal_fd = -1;
static_assert(std::atomic<int>::is_always_lock_free, "signal handlers read it");

void Wake(int fd) {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(fd, &one, sizeof(one));
}

void OnSignal(int) {
  const int saved = errno;
  Wake(signal_fd);
  errno = saved;
}

void CatchSignal(int number) {
  struct sigaction action = {};
  if (sigaction(number, nullptr, &action) != 0 || action.sa_handler == SIG_IGN) return;
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART | SA_RESETHAND;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt() : wake_fd_(eventfd(0, EFD_CLOEXEC)) {}

Interrupt::~Interrupt() {
  signal_fd = -1;
  if (watcher_.joinable()) {
    Wake(wake_fd_);
    watcher_.join();
  }
  close(wake_fd_);
}

void Interrupt::Catch(StopOn what) {
  if (watcher_.joinable()) return;
  signal_fd = wake_fd_;
  watcher_ = std::thread([this, what] { Watch(what == StopOn::kInterruptOrUnreadOutput); });
  CatchSignal(SIGINT);
  CatchSignal(SIGTERM);
}

void Interrupt::Watch(bool output) {
  // A pipe without a reader tells of it unasked.
  std::array<pollfd, 2> fds = {{{wake_fd_, POLLIN, 0}, {output ? STDOUT_FILENO : -1, 0, 0}}};
  while (poll(fds.data(), fds.size(), -1) < 0 && errno == EINTR) {
  }
  source_.request_stop();
}

}  // namespace hookcast::cli

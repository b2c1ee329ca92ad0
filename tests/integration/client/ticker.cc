#include "tests/integration/client/ticker.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace hookcast::testing {

Ticker::Ticker(std::chrono::nanoseconds interval)
    : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval);
  const timespec every{seconds.count(), (interval - seconds).count()};
  const itimerspec when{every, every};
  timerfd_settime(fd_, 0, &when, nullptr);
}

Ticker::~Ticker() { close(fd_); }

void Ticker::Wait() {
  while (due_ == 0) {
    uint64_t ticks = 0;
    if (read(fd_, &ticks, sizeof ticks) == sizeof ticks) {
      due_ = ticks;
    } else if (errno != EINTR) {
      return;
    }
  }
  --due_;
}

}  // namespace hookcast::testing

#include "bench/load/loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/load/connection.h"

namespace hookcast::bench {
namespace {

constexpr int kMaxEvents = 1024;
constexpr int kLongestWaitMs = 50;
constexpr size_t kReadSize = 256 * 1024;

}  // namespace

Loop::Loop(Clock::time_point deadline)
    : epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)), deadline_(deadline), read_buffer_(kReadSize) {}

Loop::~Loop() { ::close(epoll_fd_); }

absl::Status Loop::RunUntil(const std::function<bool()>& done, const std::string& what) {
  while (failure_.ok() && !done()) {
    const Clock::time_point now = Clock::now();
    if (now >= deadline_) {
      const double seconds = std::chrono::duration<double>(deadline_ - start_).count();
      Fail(absl::DeadlineExceededError(
          absl::StrCat(what, " did not happen within ", std::lround(seconds), " s (--timeout)")));
      break;
    }
    const Clock::time_point next =
        std::min(deadline_, std::exchange(ask_at_, Clock::time_point::max()));
    const auto left =
        std::max<long long>(0, std::chrono::ceil<std::chrono::milliseconds>(next - now).count());
    Turn(static_cast<int>(std::min<long long>(left, kLongestWaitMs)));
  }
  return failure_;
}

absl::Status Loop::Idle(Clock::duration duration) {
  const Clock::time_point end = Clock::now() + duration;
  deadline_ += duration;
  return RunUntil([end] { return Clock::now() >= end; }, "the end of the wait");
}

void Loop::Fail(absl::Status failure) {
  if (failure_.ok()) failure_ = std::move(failure);
}

void Loop::Turn(int wait_ms) {
  epoll_event events[kMaxEvents];
  const int count = ::epoll_wait(epoll_fd_, events, kMaxEvents, wait_ms);
  for (int i = 0; i < count && failure_.ok(); ++i) {
    static_cast<Connection*>(events[i].data.ptr)->OnEvents(events[i].events);
  }
}

void Loop::Add(int fd, uint32_t events, Connection* connection) {
  epoll_event event{events, {.ptr = connection}};
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event);
}

void Loop::Change(int fd, uint32_t events, Connection* connection) {
  epoll_event event{events, {.ptr = connection}};
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event);
}

}  // namespace hookcast::bench

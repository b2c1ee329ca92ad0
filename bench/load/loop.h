// The event loop of the load tool.

#ifndef HOOKCAST_BENCH_LOAD_LOOP_H_
#define HOOKCAST_BENCH_LOAD_LOOP_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace hookcast::bench {

class Connection;

using Clock = std::chrono::steady_clock;

// One epoll, and what a run of the tool has exactly one of: its deadline and its first failure.
// Thread: main.
class Loop {
 public:
  // Everything must be done by `deadline`; waiting on purpose (Idle) moves it.
  explicit Loop(Clock::time_point deadline);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Serves connections until `done`, asked once a turn and at least every 50 ms; then OK. Errors:
  // the first failure, or DEADLINE_EXCEEDED with "`what` did not happen within ...".
  absl::Status RunUntil(const std::function<bool()>& done, const std::string& what);

  // `done` of RunUntil is asked at this time too, to the millisecond. The latest call counts, once.
  void AskAt(Clock::time_point time) { ask_at_ = time; }

  // Serves connections for that long.
  absl::Status Idle(Clock::duration duration);

  // Ends the run. The first failure counts; the later ones tend to be its consequences.
  void Fail(absl::Status failure);
  bool failed() const { return !failure_.ok(); }

  Clock::time_point deadline() const { return deadline_; }

  // For Connection. Events: EPOLLIN, EPOLLOUT.
  void Add(int fd, uint32_t events, Connection* connection);
  void Change(int fd, uint32_t events, Connection* connection);
  std::vector<char>& read_buffer() { return read_buffer_; }

 private:
  void Turn(int wait_ms);

  const int epoll_fd_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point deadline_;
  absl::Status failure_;
  Clock::time_point ask_at_ = Clock::time_point::max();
  std::vector<char> read_buffer_;
};

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_LOAD_LOOP_H_

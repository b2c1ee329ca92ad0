#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace hookcast::app {

// Waits, on the main thread, for a number of things on others.
class Gate {
 public:
  explicit Gate(size_t count) : left_(count) {}
  void Pass() {
    const std::lock_guard lock(mutex_);
    if (--left_ == 0) passed_.notify_all();
  }
  // False where the time was over first.
  bool Wait(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return passed_.wait_for(lock, limit, [this] { return left_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable passed_;
  size_t left_;
};

}  // namespace hookcast::app

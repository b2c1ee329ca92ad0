#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace hookcast::hooks {

// The calls that gRPC has not done its last with, so that whoever ends can wait for them. Shared
// with each of them.
//
// Thread: any.
class CallCount {
 public:
  void Add() {
    const std::lock_guard lock(mutex_);
    ++calls_;
  }
  void Remove() {
    const std::lock_guard lock(mutex_);
    if (--calls_ == 0) none_.notify_all();
  }
  void AwaitNone() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return calls_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  size_t calls_ = 0;
};

}  // namespace hookcast::hooks

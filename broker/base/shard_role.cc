#include "broker/base/shard_role.h"

#include <deque>
#include <mutex>

namespace hookcast {

struct ShardRole::Thread {
  std::atomic<bool> ended{false};
};

// A role may outlive its thread, so what it points at is kept for good: a few bytes for each thread
// that ever held one, and such threads are few.
const ShardRole::Thread* ShardRole::ThisThread() {
  static std::mutex mutex;
  static auto* const threads = new std::deque<Thread>;
  struct Mark {
    Mark() {
      const std::lock_guard lock(mutex);
      thread = &threads->emplace_back();
    }
    ~Mark() { thread->ended.store(true, std::memory_order_release); }
    Thread* thread;
  };
  thread_local const Mark mark;
  return mark.thread;
}

void ShardRole::Take() { holder_ = ThisThread(); }

bool ShardRole::Held() const {
  const Thread* const caller = ThisThread();
  const Thread* holder = holder_.load(std::memory_order_acquire);
  if (holder == caller) return true;
  if (holder != nullptr && !holder->ended.load(std::memory_order_acquire)) return false;
  return holder_.compare_exchange_strong(holder, caller);
}

}  // namespace hookcast

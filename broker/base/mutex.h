#pragma once

#include <mutex>

#include "broker/base/shard_role.h"

#if defined(__clang__)
#define HOOKCAST_SCOPED_CAPABILITY __attribute__((scoped_lockable))
#define HOOKCAST_ACQUIRE(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define HOOKCAST_RELEASE(...) __attribute__((release_capability(__VA_ARGS__)))
#else
#define HOOKCAST_SCOPED_CAPABILITY
#define HOOKCAST_ACQUIRE(...)
#define HOOKCAST_RELEASE(...)
#endif

namespace hookcast {

// A std::mutex that clang's thread-safety analysis knows, so that HOOKCAST_GUARDED_BY means
// something. For the few places that more than one thread shares.
//
// Thread: any.
class HOOKCAST_CAPABILITY("mutex") Mutex {
 public:
  void Lock() HOOKCAST_ACQUIRE() { mutex_.lock(); }
  void Unlock() HOOKCAST_RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// Holds a mutex for the life of a scope.
class HOOKCAST_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) HOOKCAST_ACQUIRE(mutex) : mutex_(mutex) { mutex->Lock(); }
  ~MutexLock() HOOKCAST_RELEASE() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

}  // namespace hookcast

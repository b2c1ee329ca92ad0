#pragma once

#include <atomic>
#include <cassert>

#if defined(__clang__)
#define HOOKCAST_CAPABILITY(x) __attribute__((capability(x)))
#define HOOKCAST_ASSERT_CAPABILITY(x) __attribute__((assert_capability(x)))
#define HOOKCAST_GUARDED_BY(x) __attribute__((guarded_by(x)))
#define HOOKCAST_REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#else
#define HOOKCAST_CAPABILITY(x)
#define HOOKCAST_ASSERT_CAPABILITY(x)
#define HOOKCAST_GUARDED_BY(x)
#define HOOKCAST_REQUIRES(...)
#endif

namespace hookcast {

// Being on a shard's thread, as something that code holds or does not. State that one shard owns
// has no lock; a method that touches it asserts this role first.
//
// The role begins with the first thread that asserts it or takes it. Once that thread has ended, it
// passes on to the next that asserts it: what outlives a stopped shard is taken apart elsewhere.
class HOOKCAST_CAPABILITY("shard") ShardRole {
 public:
  // Gives the role to the calling thread. REQUIRES: its holder, if any, uses it no more.
  void Take();

  // In builds with assertions: dies where another thread holds the role.
  void AssertHeld() const HOOKCAST_ASSERT_CAPABILITY(this) { assert(Held()); }

 private:
  struct Thread;

  // Takes the role where nobody holds it.
  bool Held() const;
  static const Thread* ThisThread();

  mutable std::atomic<const Thread*> holder_{nullptr};
};

}  // namespace hookcast

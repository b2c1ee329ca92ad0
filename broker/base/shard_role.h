#pragma once

#include <cassert>
#include <thread>

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
class HOOKCAST_CAPABILITY("shard") ShardRole {
 public:
  // The role starts with the first thread that asserts it or takes it.
  void Take() { owner_ = std::this_thread::get_id(); }

  // In builds with assertions: dies where the calling thread is not the owner.
  void AssertHeld() const HOOKCAST_ASSERT_CAPABILITY(this) {
    assert(owner_ == std::thread::id() || owner_ == std::this_thread::get_id());
  }

 private:
  std::thread::id owner_;
};

}  // namespace hookcast

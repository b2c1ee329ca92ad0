#include "broker/base/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace hookcast {
namespace {

TEST(Mutex, OneThreadAtATimeIsInside) {
  struct {
    Mutex mutex;
    int64_t count HOOKCAST_GUARDED_BY(mutex) = 0;
  } shared;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20000; ++i) {
        const MutexLock lock(&shared.mutex);
        ++shared.count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const MutexLock lock(&shared.mutex);
  EXPECT_EQ(shared.count, 80000);
}

}  // namespace
}  // namespace hookcast

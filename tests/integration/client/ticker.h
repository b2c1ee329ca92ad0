// Paces a test by the clock: what is done at a rate is done at that rate.

#ifndef HOOKCAST_TESTS_INTEGRATION_CLIENT_TICKER_H_
#define HOOKCAST_TESTS_INTEGRATION_CLIENT_TICKER_H_

#include <chrono>

namespace hookcast::testing {

// Thread: one at a time.
class Ticker {
 public:
  explicit Ticker(std::chrono::nanoseconds interval);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  // Returns at the next tick. Ticks that passed meanwhile are made up for at once.
  void Wait();

 private:
  const int fd_;
  unsigned long long due_ = 0;  // ticks that have passed and were not waited for
};

}  // namespace hookcast::testing

#endif  // HOOKCAST_TESTS_INTEGRATION_CLIENT_TICKER_H_

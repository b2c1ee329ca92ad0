#pragma once

namespace hookcast::testing {

// A port of 127.0.0.1 that nobody else gets while this lives, not even while nothing listens there:
// connections are refused then. Whoever sets SO_REUSEADDR, as servers do, can listen on it.
class HeldPort {
 public:
  // A failure is the test's.
  HeldPort();
  HeldPort(const HeldPort&) = delete;
  HeldPort& operator=(const HeldPort&) = delete;
  ~HeldPort();

  int number() const { return number_; }

 private:
  int fd_ = -1;
  int number_ = 0;
};

}  // namespace hookcast::testing

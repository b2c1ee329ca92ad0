#pragma once

namespace hookcast::testing {

// A port of 127.0.0.1 that nobody else gets while this lives, not even while nothing listens there:
// connections are refused then. Whoever sets SO_REUSEADDR, as servers do, can listen on it.
class HeldPort {
 public:
  // That one, or one that the system chooses.
  explicit HeldPort(int number = 0);
  HeldPort(const HeldPort&) = delete;
  HeldPort& operator=(const HeldPort&) = delete;
  ~HeldPort();

  // 0 where it cannot be had.
  int number() const { return number_; }

 private:
  const int fd_;
  int number_ = 0;
};

}  // namespace hookcast::testing

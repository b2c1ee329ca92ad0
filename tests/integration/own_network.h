#pragma once

#include "absl/status/status.h"

namespace hookcast::testing {

// A network of this process and its children alone: a network namespace whose only interface is the
// loopback, with rules of its own for what passes. The system's network is not touched.
//
// Thread: main.
class OwnNetwork {
 public:
  // Moves the calling thread into it, and with it what is started from now on: call it before
  // anything else. UNAVAILABLE where this system or user may not, or lacks ip or iptables.
  static absl::Status Enter();

  // REQUIRES: entered. A failure is the test's.
  //
  // From now on every packet from or to that TCP port is dropped without a word.
  static void Drop(int port);
  // From now on it is answered by a reset.
  static void Refuse(int port);
  // Everything passes again.
  static void PassAll();
};

}  // namespace hookcast::testing

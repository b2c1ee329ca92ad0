#pragma once

#include <string>

#include "hookcast/v1/hooks.pb.h"
#include "tests/application/behaviour.h"
#include "tests/application/holds.h"
#include "tests/application/obedience.h"

namespace hookcast::testing {

// What the application answers its events with.
//
// Thread: any.
class Answers {
 public:
  // The behaviour outlives it.
  explicit Answers(const Behaviour* behaviour) : behaviour_(behaviour) {}

  void Give(const v1::SessionEvent& event, v1::SessionAnswer* answer);
  // What the answer waits for; empty: nothing.
  std::string HoldOf(const v1::SessionEvent& event);
  Holds& holds() { return holds_; }

 private:
  const Behaviour* const behaviour_;
  Obedience obedience_;
  Holds holds_;
};

}  // namespace hookcast::testing

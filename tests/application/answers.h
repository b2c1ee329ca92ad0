#pragma once

#include "hookcast/v1/hooks.pb.h"
#include "tests/application/behaviour.h"

namespace hookcast::testing {

// What the application answers an event with.
void Answer(const Behaviour& behaviour, const v1::SessionEvent& event, v1::SessionAnswer* answer);

}  // namespace hookcast::testing

#pragma once

#include <cstdio>
#include <cstdlib>

namespace hookcast::fuzz {

// Ends the process where a target found what must not be, also in a release build.
inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

}  // namespace hookcast::fuzz

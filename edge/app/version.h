#pragma once

namespace hookcast::app {

// As the project's CMakeLists.txt has it.
inline constexpr const char* kVersion = HOOKCAST_VERSION;

}  // namespace hookcast::app

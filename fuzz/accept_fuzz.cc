// Accept: whatever the lines hold, their order is of no meaning, and one that takes event streams
// by name cannot be outdone.
#include "edge/sse/accept.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/require.h"

using hookcast::fuzz::Require;
using hookcast::sse::AcceptsEventStream;

// The first byte says where the first line ends and the second begins.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view first = bytes.substr(0, data[0]);
  const std::string_view second = bytes.substr(first.size());

  Require(AcceptsEventStream({first, second}) == AcceptsEventStream({second, first}),
          "the order of lines is of no meaning");
  Require(AcceptsEventStream({first, first}) == AcceptsEventStream({first}),
          "nor is a line that is there twice");
  Require(AcceptsEventStream({first, second, "text/event-stream;q=0.001"}),
          "the type by its name is taken");
  return 0;
}

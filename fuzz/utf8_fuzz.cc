// The UTF-8 validator against a slow reference, at once, byte by byte, and cut in two.
#include "broker/base/utf8.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/require.h"
#include "tests/unit/broker/base/reference_utf8.h"

using hookcast::IsValidUtf8;
using hookcast::Utf8Validator;
using hookcast::fuzz::Require;
using hookcast::testing::JudgeUtf8;
using hookcast::testing::Utf8Verdict;

// The first byte says where to cut; the rest is judged.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t cut = data[0] % (bytes.size() + 1);
  const Utf8Verdict verdict = JudgeUtf8(bytes);
  const bool possible = verdict != Utf8Verdict::kInvalid;
  const bool valid = verdict == Utf8Verdict::kValid;

  Require(IsValidUtf8(bytes) == valid, "the verdict on all bytes");

  Utf8Validator halves;
  const bool first = halves.Feed(bytes.substr(0, cut));
  Require(first == (JudgeUtf8(bytes.substr(0, cut)) != Utf8Verdict::kInvalid),
          "the verdict on the first half");
  Require(halves.Feed(bytes.substr(cut)) == possible, "the verdict on two halves");
  Require(halves.complete() == valid, "complete after two halves");

  // The failure comes with the very byte after which nothing can help.
  Utf8Validator singly;
  bool good = true;
  for (size_t i = 0; i < bytes.size(); ++i) {
    good = singly.Feed(bytes.substr(i, 1));
    if (good) continue;
    Require(JudgeUtf8(bytes.substr(0, i)) != Utf8Verdict::kInvalid, "no earlier byte was bad");
    Require(JudgeUtf8(bytes.substr(0, i + 1)) == Utf8Verdict::kInvalid, "this byte is bad");
    break;
  }
  Require(good == possible, "the verdict byte by byte");
  Require(singly.complete() == valid, "complete byte by byte");
  return 0;
}

#include "bench/load/payload.h"

#include <cinttypes>
#include <cstdio>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace hookcast::bench {
namespace {

// kind, mark, ' ', sequence, ' '
constexpr size_t kMarkSize = 8;
constexpr size_t kSequenceAt = 1 + kMarkSize + 1;
constexpr size_t kFillerAt = kSequenceAt + 16 + 1;
constexpr size_t kShifts = 89;  // a prime: neighbours differ, and so do runs of neighbours

std::string Hex(uint64_t value, int digits) {
  char text[17];
  std::snprintf(text, sizeof text, "%0*" PRIx64, digits, value);
  return text;
}

}  // namespace

PayloadMaker::PayloadMaker(size_t bytes) : bytes_(bytes) {
  std::mt19937 random(std::random_device{}());
  mark_ = Hex(random(), kMarkSize);
  for (size_t i = 0; i < bytes + kShifts; ++i) {
    pattern_.push_back(static_cast<char>('!' + random() % ('~' - '!' + 1)));
  }
}

std::string PayloadMaker::Make(char kind, uint64_t sequence) const {
  std::string payload;
  payload.reserve(bytes_);
  payload.push_back(kind);
  payload.append(mark_).push_back(' ');
  payload.append(Hex(sequence, 16)).push_back(' ');
  payload.append(pattern_, sequence % kShifts, bytes_ - kFillerAt);
  return payload;
}

bool PayloadMaker::Read(std::string_view payload, char kind, uint64_t& sequence) const {
  if (payload.size() != bytes_) return false;
  const std::string digits(payload.substr(kSequenceAt, 16));
  return absl::SimpleHexAtoi(digits, &sequence) && payload == Make(kind, sequence);
}

bool PayloadMaker::IsProbe(std::string_view payload) const {
  uint64_t sequence = 0;
  return payload.front() == 'P' && Read(payload, 'P', sequence);
}

std::string PayloadMaker::Explain(std::string_view payload, uint64_t expected) const {
  uint64_t sequence = 0;
  if (Read(payload, 'M', sequence)) {
    if (sequence > expected) {
      return absl::StrCat("lost or out of order: message ", sequence, " came where ", expected,
                          " was due");
    }
    return absl::StrCat("repeated or out of order: message ", sequence, " came where ", expected,
                        " was due");
  }
  return absl::StrCat("damaged or not ours: ", payload.size(), " bytes came where message ",
                      expected, " of ", bytes_,
                      " bytes was due: ", std::string(payload.substr(0, 64)));
}

}  // namespace hookcast::bench

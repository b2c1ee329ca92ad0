#include "broker/pubsub/position.h"

#include <charconv>

#include "absl/strings/str_cat.h"

namespace hookcast::pubsub {
namespace {

constexpr size_t kHashDigits = 8;

// FNV-1a, which has to be the same everywhere and for ever; it keeps out mistakes, not attacks.
uint32_t HashOf(std::string_view ns) {
  uint32_t hash = 2166136261u;
  for (const char c : ns) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 16777619u;
  }
  return hash;
}

// Reads all of `text`; false where it is no number, or has a sign.
template <typename T>
bool ReadNumber(std::string_view text, int base, T* number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *number, base);
  return error == std::errc() && stop == end && !text.empty();
}

}  // namespace

std::string ResumeId(std::string_view ns, Position position, bool owes) {
  return absl::StrCat(absl::Hex(HashOf(ns), absl::kZeroPad8), ".", position.epoch, ".",
                      position.sequence, owes ? "!" : "");
}

bool ResumePoint::IsOf(std::string_view ns) const { return ns_hash == HashOf(ns); }

std::optional<ResumePoint> ParseResumeId(std::string_view text) {
  text = text.substr(0, text.find(';'));
  if (text.size() < kHashDigits + 1 || text[kHashDigits] != '.') return std::nullopt;
  const std::string_view numbers = text.substr(kHashDigits + 1);
  const size_t dot = numbers.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  ResumePoint point;
  std::string_view sequence = numbers.substr(dot + 1);
  point.owes = sequence.ends_with('!');
  if (point.owes) sequence.remove_suffix(1);
  if (!ReadNumber(text.substr(0, kHashDigits), 16, &point.ns_hash) ||
      !ReadNumber(numbers.substr(0, dot), 10, &point.position.epoch) ||
      !ReadNumber(sequence, 10, &point.position.sequence)) {
    return std::nullopt;
  }
  return point;
}

}  // namespace hookcast::pubsub

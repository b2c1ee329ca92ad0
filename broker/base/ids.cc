#include "broker/base/ids.h"

#include <charconv>
#include <random>

#include "absl/strings/str_cat.h"

namespace hookcast {
namespace {

// Takes one field of lower-case hexadecimal digits off the front of *text, up to the end or `stop`.
// Refuses leading zeros (but for a fixed width), signs and upper case: a peer has one spelling.
std::optional<uint64_t> TakeHex(std::string_view* text, char stop, size_t fixed_width) {
  const size_t end = stop == '\0' ? text->size() : text->find(stop);
  if (end == std::string_view::npos || end == 0 || end > 16) return std::nullopt;
  const std::string_view field = text->substr(0, end);
  if (fixed_width != 0 ? field.size() != fixed_width : field.size() > 1 && field[0] == '0') {
    return std::nullopt;
  }
  for (const char c : field) {
    if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) return std::nullopt;
  }
  uint64_t value = 0;
  std::from_chars(field.data(), field.data() + field.size(), value, 16);
  text->remove_prefix(stop == '\0' ? end : end + 1);
  return value;
}

}  // namespace

Incarnation Incarnation::Random() {
  std::random_device device;
  const uint64_t high = device();
  return Incarnation{high << 32 | device()};
}

std::string Incarnation::ToString() const {
  return absl::StrCat(absl::Hex(value, absl::kZeroPad16));
}

std::string PeerId::ToString() const {
  return absl::StrCat(absl::Hex(incarnation.value, absl::kZeroPad16), "-",
                      absl::Hex(static_cast<uint16_t>(shard)), "-", absl::Hex(sequence));
}

std::optional<PeerId> PeerId::Parse(std::string_view text) {
  const auto incarnation = TakeHex(&text, '-', 16);
  if (!incarnation) return std::nullopt;
  const auto shard = TakeHex(&text, '-', 0);
  if (!shard || *shard > UINT16_MAX) return std::nullopt;
  const auto sequence = TakeHex(&text, '\0', 0);
  if (!sequence) return std::nullopt;
  return PeerId{Incarnation{*incarnation}, static_cast<ShardId>(*shard), *sequence};
}

std::string MessageId::ToString() const {
  return absl::StrCat(absl::Hex(incarnation.value, absl::kZeroPad16), "-m", absl::Hex(sequence));
}

}  // namespace hookcast

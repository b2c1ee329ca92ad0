#include "broker/config/value_text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "broker/config/quote.h"

namespace hookcast::config {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};
// Largest first, so that Format finds the shortest text.
constexpr std::array<Unit, 4> kDurationUnits{
    {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 4> kSizeUnits{
    {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}};

// What does not fit becomes the largest or smallest number, which no range takes.
std::optional<int64_t> Decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  int64_t value = 0;
  if (absl::SimpleAtoi(std::string(text), &value)) return value;
  return negative ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}

// A number with one of `units` after it; the largest number where it does not fit.
template <size_t N>
std::optional<int64_t> Quantity(std::string_view text, const std::array<Unit, N>& units) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<int64_t> number = Decimal(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name != text.substr(digits)) continue;
    constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
    return *number > kMax / unit.factor ? kMax : *number * unit.factor;
  }
  return std::nullopt;
}

template <size_t N>
std::string FormatQuantity(int64_t value, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) {
      return absl::StrCat(value / unit.factor, std::string(unit.name));
    }
  }
  return "0";
}

// `host` in its usual form if it is an IP address.
std::optional<std::string> Address(const std::string& host) {
  if (host.find('\0') != std::string::npos) return std::nullopt;
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  std::array<char, INET6_ADDRSTRLEN> text;
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, host.c_str(), bytes.data()) != 1) continue;
    if (inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) continue;
    return std::string(text.data());
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<Duration> ParseDuration(std::string_view text) {
  if (const auto value = Quantity(text, kDurationUnits)) return Duration(*value);
  if (Decimal(text) == 0) return Duration(0);
  if (const auto number = Decimal(text); number && *number > 0) {
    return absl::InvalidArgumentError(absl::StrCat(Quote(text), " has no unit; write ", *number,
                                                   "ms, ", *number, "s or ", *number, "m"));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      Quote(text), " is not a duration; write a whole number and ms, s, m or h, such as 250ms"));
}

std::string FormatDuration(Duration value) {
  return value.count() == 0 ? "0s" : FormatQuantity(value.count(), kDurationUnits);
}

absl::StatusOr<size_t> ParseSize(std::string_view text) {
  if (const auto value = Quantity(text, kSizeUnits)) return static_cast<size_t>(*value);
  return absl::InvalidArgumentError(absl::StrCat(
      Quote(text), " is not a size; write a whole number of bytes, or one with KiB, MiB or GiB, ",
      "such as 64KiB"));
}

std::string FormatSize(size_t value) {
  return FormatQuantity(static_cast<int64_t>(value), kSizeUnits);
}

absl::StatusOr<int64_t> ParseInteger(std::string_view text) {
  if (const auto value = Decimal(text)) return *value;
  return absl::InvalidArgumentError(
      absl::StrCat(Quote(text), " is not a whole number; write one such as 4"));
}

absl::StatusOr<bool> ParseBoolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return absl::InvalidArgumentError(
      absl::StrCat(Quote(text), " is neither true nor false; write one of them"));
}

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  const bool bracketed = !text.empty() && text.front() == '[';
  const bool has_port = colon != std::string_view::npos && (!bracketed || text[colon - 1] == ']');
  const std::optional<int64_t> port =
      has_port ? Decimal(text.substr(colon + 1)) : std::optional<int64_t>();
  if (!port) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quote(text), " is not address:port; write one such as 127.0.0.1:8080"));
  }
  if (*port < 0 || *port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quote(text), " has a port out of range; write 0 to 65535"));
  }
  std::string host(text.substr(0, colon));
  if (host.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(Quote(text),
                                                   " has no address; write 0.0.0.0:", *port,
                                                   " to listen on all, or 127.0.0.1:", *port));
  }
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  const std::optional<std::string> address = Address(host);
  const bool is_v6 = address && address->find(':') != std::string::npos;
  if (address && is_v6 && !bracketed) {
    return absl::InvalidArgumentError(absl::StrCat(
        Quote(text), " needs brackets around its address; write [", *address, "]:", *port));
  }
  if (!address || is_v6 != bracketed) {
    return absl::InvalidArgumentError(absl::StrCat(
        Quote(text), " does not begin with an IP address or localhost; write one such ",
        "as 127.0.0.1:", *port));
  }
  return ListenAddress{*address, static_cast<uint16_t>(*port)};
}

}  // namespace hookcast::config

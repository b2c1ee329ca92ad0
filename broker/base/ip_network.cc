#include "broker/base/ip_network.h"

#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace hookcast {
namespace {

// Up to three digits, without a leading zero.
std::optional<int> Length(std::string_view text) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0') ||
      text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  int length = 0;
  if (!absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &length)) return std::nullopt;
  return length;
}

}  // namespace

absl::StatusOr<IpNetwork> IpNetwork::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::optional<IpAddress> address = IpAddress::Parse(text.substr(0, slash));
  if (!address) {
    return absl::InvalidArgumentError(
        "does not begin with an IP address; write a network such as 10.0.0.0/8 or 2001:db8::/32, "
        "or one address");
  }
  if (slash == std::string_view::npos) return IpNetwork(*address, address->bits());
  const std::optional<int> length = Length(text.substr(slash + 1));
  if (!length || *length > address->bits()) {
    return absl::InvalidArgumentError(absl::StrCat("has no sound length behind its slash; write ",
                                                   address->ToString(), "/ and 0 to ",
                                                   address->bits()));
  }
  const IpAddress prefix = address->Prefix(*length);
  if (prefix != *address) {
    return absl::InvalidArgumentError(absl::StrCat("has bits set behind its first ", *length,
                                                   "; write ", prefix.ToString(), "/", *length));
  }
  return IpNetwork(prefix, *length);
}

}  // namespace hookcast

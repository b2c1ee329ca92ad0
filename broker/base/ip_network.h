#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "broker/base/ip_address.h"

namespace hookcast {

// A range of addresses: "10.0.0.0/8". Thread: any.
class IpNetwork {
 public:
  // "10.0.0.0/8", "2001:db8::/32"; an address alone is a network of one. INVALID_ARGUMENT with
  // what is wrong and what would be right, which does not repeat all of `text`.
  static absl::StatusOr<IpNetwork> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const {
    return address.is_v4() == prefix_.is_v4() && address.Prefix(length_) == prefix_;
  }

 private:
  IpNetwork(IpAddress prefix, int length) : prefix_(prefix), length_(length) {}

  IpAddress prefix_;
  int length_;
};

}  // namespace hookcast

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hookcast {

// An IPv4 or IPv6 address. An IPv4 address that came in IPv6's clothes (::ffff:192.0.2.1, as a
// socket that serves both tells it) is that IPv4 address. Thread: any.
class IpAddress {
 public:
  // "192.0.2.1", "2001:db8::1": no brackets, no port, no zone. nullopt for anything else.
  static std::optional<IpAddress> Parse(std::string_view text);

  bool is_v4() const { return v4_; }
  int bits() const { return v4_ ? 32 : 128; }

  // This address with all bits behind the first `length` cleared. REQUIRES: 0 to bits().
  IpAddress Prefix(int length) const;

  // In the usual form: "192.0.2.1", "2001:db8::1".
  std::string ToString() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const IpAddress& address) {
    return H::combine(std::move(h), address.v4_, address.bytes_);
  }

 private:
  bool v4_ = false;
  std::array<uint8_t, 16> bytes_{};  // the first four of IPv4, the others zero
};

}  // namespace hookcast

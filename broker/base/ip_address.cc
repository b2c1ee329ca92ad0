#include "broker/base/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace hookcast {
namespace {

constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  // inet_pton takes a C string; nothing that it takes is longer.
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size() || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::copy(text.begin(), text.end(), copy.begin());
  IpAddress address;
  address.v4_ = inet_pton(AF_INET, copy.data(), address.bytes_.data()) == 1;
  if (address.v4_) return address;
  if (inet_pton(AF_INET6, copy.data(), address.bytes_.data()) != 1) return std::nullopt;
  if (std::equal(kMapped.begin(), kMapped.end(), address.bytes_.begin())) {
    const auto v4 = address.bytes_;
    address = IpAddress();
    address.v4_ = true;
    std::copy(v4.begin() + kMapped.size(), v4.end(), address.bytes_.begin());
  }
  return address;
}

IpAddress IpAddress::Prefix(int length) const {
  IpAddress prefix = *this;
  for (int i = 0; i < static_cast<int>(bytes_.size()); ++i) {
    const int kept = std::clamp(length - 8 * i, 0, 8);
    prefix.bytes_[static_cast<size_t>(i)] &= static_cast<uint8_t>(0xff00 >> kept);
  }
  return prefix;
}

std::string IpAddress::ToString() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size());
  return text.data();
}

}  // namespace hookcast

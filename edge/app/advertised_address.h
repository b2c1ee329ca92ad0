#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "broker/config/config.h"

namespace hookcast::app {

// Where other nodes reach this node's control port, which is really `port`: control.advertise where
// it is set; the address that control listens on; and where that is any of the machine's, the one
// by which this machine would reach Redis, or else the one that its own name stands for. Looks
// names up; sends nothing.
std::string AdvertisedAddress(const config::Config& config, uint16_t port);

// The host and port of a redis:// URL, whatever stands in front of and behind them; the port 6379
// where it names none. Empty host where there is none.
struct HostAndPort {
  std::string host;
  std::string port;
};
HostAndPort EndpointOf(std::string_view url);

}  // namespace hookcast::app

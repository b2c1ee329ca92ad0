#pragma once

#include <cstdint>
#include <string>

#include "broker/config/config.h"

namespace hookcast::app {

// Where other nodes reach this node's control port, which is really `port`: control.advertise where
// it is set; the address that control listens on; and where that is any of the machine's, the one
// by which this machine would reach Redis, or else the one that its own name stands for. Looks
// names up; sends nothing.
std::string AdvertisedAddress(const config::Config& config, uint16_t port);

}  // namespace hookcast::app

#include "broker/config/entry_keys.h"

#include <string>
#include <utility>
#include <vector>

#include "broker/config/key_kinds.h"
#include "broker/config/value_types.h"

namespace hookcast::config {
namespace {

constexpr size_t kGiB = 1024 * 1024 * 1024;

}  // namespace

void AddOriginKeys(KeyTable<Route>* keys) {
  keys->push_back(List<Route>(
      "allowed_origins", OriginType(), [](const Route& route) { return route.allowed_origins; },
      [](Route* route, std::vector<std::string> origins) {
        route->allowed_origins = std::move(origins);
      },
      "Origins whose pages may connect, others get 403; clients that are no browser send none and "
      "pass. Empty: any."));
}

void AddEntryLimitKeys(KeyTable<Route>* keys) {
  const IntegerType connections{0, 10'000'000, "connections"};
  const IntegerType rate{0, 1'000'000, "connections a second"};
  keys->push_back(Scalar<Route>(
      "limits.connections", HOOKCAST_MEMBER(limits.connections), connections,
      "Most connections of the route at this node; 503 beyond. 0: no limit, here and below."));
  keys->push_back(Scalar<Route>("limits.connections_per_address",
                                HOOKCAST_MEMBER(limits.connections_per_address), connections,
                                "The same from one address, or one /64 of IPv6; 429 beyond."));
  keys->push_back(Scalar<Route>("limits.connect_rate", HOOKCAST_MEMBER(limits.connect_rate), rate,
                                "New connections of the route at this node, and as many at once; "
                                "503 beyond."));
  keys->push_back(Scalar<Route>("limits.connect_rate_per_address",
                                HOOKCAST_MEMBER(limits.connect_rate_per_address), rate,
                                "The same from one address, or one /64 of IPv6; 429 beyond."));
  keys->push_back(Scalar<Route>(
      "limits.messages_per_second", HOOKCAST_MEMBER(limits.messages_per_second),
      IntegerType{0, 1'000'000, "messages a second"},
      "Messages, pings and pongs of one peer, and five times as many at once; Close 1008 beyond."));
  keys->push_back(Scalar<Route>("limits.bytes_per_second", HOOKCAST_MEMBER(limits.bytes_per_second),
                                SizeType{0, kGiB},
                                "The bytes in them, and five times as many at once; Close 1008 "
                                "beyond."));
}

void AddProxyKeys(KeyTable<Config>* keys) {
  keys->push_back(List<Config>(
      "proxies.trusted", NetworkType(), [](const Config& config) { return config.proxies.trusted; },
      [](Config* config, std::vector<std::string> networks) {
        config->proxies.trusted = std::move(networks);
      },
      "Networks of the proxies whose word on a client's address is taken. Empty: nobody's."));
  keys->push_back(Scalar<Config>(
      "proxies.hops", HOOKCAST_MEMBER(proxies.hops), IntegerType{0, 100, "proxies"},
      "In place of trusted: how many proxies stand in front of the node, whatever their address."));
  keys->push_back(Scalar<Config>(
      "proxies.header", HOOKCAST_MEMBER(proxies.header),
      EnumType<ProxyHeader>{{{"x-forwarded-for", ProxyHeader::kXForwardedFor},
                             {"forwarded", ProxyHeader::kForwarded}}},
      "Where they say it: X-Forwarded-For (and X-Forwarded-Proto), or Forwarded (RFC 7239)."));
}

}  // namespace hookcast::config

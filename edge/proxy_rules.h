#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "broker/base/ip_network.h"
#include "broker/config/config.h"
#include "edge/client_address.h"
#include "edge/http_message.h"

namespace hookcast::edge {

// Whose word on a client's address is taken: that of proxies which the configuration trusts, by
// their networks or by how many there are. A header that a client made up stands to the left of
// what the proxies added, and is not read that far.
//
// Immutable. Thread: any.
class ProxyRules {
 public:
  // Entries of a checked configuration.
  explicit ProxyRules(const config::ProxiesConfig& proxies);

  // Walks from the socket's address leftwards through X-Forwarded-For or Forwarded (RFC 7239), past
  // as many proxies as are trusted. What is no address ends the walk at the last that was one.
  //
  // TLS is what the last proxy walked past says: by its element's proto, or, beside
  // X-Forwarded-For, by X-Forwarded-Proto, element for element, or by the one element it has.
  ClientAddress Resolve(std::string_view socket_address, const HttpHeaders& headers) const;

 private:
  bool Trusts(const ClientAddress& from, int walked) const;

  std::vector<IpNetwork> trusted_;
  const int hops_;
  const config::ProxyHeader header_;
};

}  // namespace hookcast::edge

#pragma once

#include <string>
#include <vector>

#include "broker/config/origin_pattern.h"
#include "edge/http_message.h"

namespace hookcast::edge {

// Whose pages may connect to a route, whatever the transport: what browsers say in Origin (RFC
// 6454, section 7) against the route's allowed_origins. A request without that header comes from no
// page, and passes.
//
// Immutable. Thread: any.
class OriginPolicy {
 public:
  // Entries of a checked configuration; none of them: any origin.
  explicit OriginPolicy(const std::vector<std::string>& allowed);

  // Several Origin lines are of no origin.
  bool Allows(const HttpRequest& request) const;

 private:
  bool all_;
  std::vector<config::OriginPattern> patterns_;
};

}  // namespace hookcast::edge

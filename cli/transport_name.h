#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "hookcast/v1/types.pb.h"

namespace hookcast::cli {

// "websocket", "sse"; the number of one that this version does not know.
inline std::string TransportName(v1::Transport transport) {
  switch (transport) {
    case v1::TRANSPORT_WEBSOCKET:
      return "websocket";
    case v1::TRANSPORT_SSE:
      return "sse";
    case v1::TRANSPORT_UNSPECIFIED:
      return "";
    default:
      return absl::StrCat(static_cast<int>(transport));
  }
}

}  // namespace hookcast::cli

#include "broker/config/sse_keys.h"

#include "broker/config/key_kinds.h"
#include "broker/config/value_types.h"

namespace hookcast::config {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

void AddSseKeys(KeyTable<Config>* keys) {
  keys->push_back(Scalar<Config>(
      "sse.keepalive", HOOKCAST_MEMBER(sse.keepalive), DurationType{milliseconds(0), hours(1)},
      "How long an event stream may be silent until a comment is sent; a client that acknowledges "
      "nothing for as long is cut off. 0: never."));
  keys->push_back(Scalar<Config>(
      "sse.retry", HOOKCAST_MEMBER(sse.retry), DurationType{milliseconds(0), hours(1)},
      "How long clients are told to wait before they connect again: each another time between half "
      "of it and one and a half."));
  keys->push_back(Scalar<Config>(
      "sse.max_age", HOOKCAST_MEMBER(sse.max_age), DurationType{milliseconds(0), hours(24 * 30)},
      "How long an event stream may last until its client has to connect again: each another time "
      "between four fifths of it and all. 0: no bound."));
}

void AddSseRouteKeys(KeyTable<Route>* keys) {
  keys->push_back(Scalar<Route>(
      "sse.binary_event", HOOKCAST_MEMBER(binary_event), TextType{"event name", true},
      "Name of the server-sent events in which binary payloads go out, in base64. Empty: they do "
      "not go out there, and are counted."));
}

}  // namespace hookcast::config

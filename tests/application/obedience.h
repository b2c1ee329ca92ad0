#pragma once

#include <map>
#include <mutex>
#include <string>

#include "hookcast/v1/hooks.pb.h"

namespace hookcast::testing {

// The client itself says what the application answers, so that a test needs no application of its
// own for each case. Replies are in protobuf's JSON form, where bytes are base64.
//
// In the upgrade request, as headers or as parameters of the query (percent-encoded):
//   x-upgrade-reply: an UpgradeReply
//   x-open-reply, x-close-reply, x-error-reply, x-drain-reply, x-resume-reply: a HookReply for that
//   hook x-HOOK-failure: CODE WORDS…   that hook fails with this google.rpc.Code x-HOOK-hold: NAME
//   that hook's answer waits until NAME is let go
// As a text message:
//   a HookReply       is the answer to that message
//   fail CODE WORDS…  as x-HOOK-failure
//   hold NAME         as x-HOOK-hold, with an empty reply
// Everything else is answered with an empty reply.
//
// Thread: any.
class Obedience {
 public:
  void Answer(const v1::SessionEvent& event, v1::SessionAnswer* answer);
  // What the answer waits for; empty: nothing.
  std::string HoldOf(const v1::SessionEvent& event);

 private:
  using Orders = std::map<std::string, std::string>;  // by name, in lower case

  // Those of the request that made the peer. Kept from upgrade or open to close.
  Orders OrdersOf(const v1::SessionEvent& event);

  std::mutex mutex_;
  std::map<std::string, Orders> by_peer_;
};

}  // namespace hookcast::testing

#pragma once

#include <boost/intrusive/list_hook.hpp>
#include <cstddef>
#include <string>

#include "absl/functional/any_invocable.h"
#include "broker/base/clock.h"
#include "broker/base/timer_wheel.h"
#include "broker/hooks/affinity.h"
#include "broker/hooks/application/session_codec.h"

namespace hookcast::hooks {

class ApplicationClient;
class HookLane;

// One event on its way to the application, from the call that wants it sent to its answer. Owned by
// the ApplicationClient; lanes and streams point at it.
//
// Thread: shard-affine.
struct PendingHook : boost::intrusive::list_base_hook<> {
  // `expire` is called when the deadline timer fires.
  PendingHook(ApplicationClient* client, void (*expire)(ApplicationClient*, PendingHook*))
      : client(client), expire(expire) {}

  void OnDeadline() { expire(client, this); }

  ApplicationClient* const client;
  void (*const expire)(ApplicationClient*, PendingHook*);
  Hook hook{};
  std::string event_id;
  v1::SessionEvent event;  // empty once it was sent
  size_t bytes = 0;        // of the event
  Duration deadline{};     // for the answer, from the sending on; of an upgrade, from `began` on
  TimePoint began;
  Affinity* affinity = nullptr;  // the peer's; null for an upgrade
  absl::AnyInvocable<void(HookAnswer)> done;

  HookLane* lane = nullptr;  // where it was sent; null while it waits for room
  bool attempt = false;      // of the breaker's
  Timer deadline_timer = Timer::For<&PendingHook::OnDeadline>(this);
  size_t place = 0;  // among its client's
};

}  // namespace hookcast::hooks

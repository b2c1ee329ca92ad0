#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "broker/base/timer_wheel.h"
#include "broker/hooks/action.h"
#include "broker/hooks/hook_event.h"

namespace hookcast::edge {

// What a session has to tell its application, in its order. Exists only while there is something.
//
// Thread: shard-affine. Owned by its session.
class Agenda {
 public:
  // Makes the timer, of the session, in its place: none is ever moved.
  template <typename MakeTimer>
  explicit Agenda(MakeTimer make_retry) : retry(make_retry()) {}

  // The first is being dealt with where `begun` says so. Mostly there is one; the window is short.
  using Events = absl::InlinedVector<hooks::PeerEvent, 1>;
  const Events& events() const { return events_; }
  hooks::PeerEvent& first() { return events_.front(); }

  // Behind all others, or as the next that is sent.
  void Add(hooks::PeerEvent event, bool next);
  void RemoveFirst();
  // Drops the messages that wait; how many they were.
  size_t DropMessages();
  // The first of the events that have not begun of which `is` holds; or null.
  hooks::PeerEvent* FindWaiting(absl::FunctionRef<bool(const hooks::PeerEvent&)> is);

  // What waits: not the first, where that has begun.
  struct Waiting {
    size_t events = 0;
    size_t bytes = 0;  // of messages
  };
  Waiting waiting() const;

  // What can happen again and again to a peer. What still waits to be told of it is told once.
  enum class Trouble : uint8_t {
    kSlow,      // messages dropped, as the client does not read
    kMissed,    // messages missed between nodes
    kNotTaken,  // publishes that the backplane did not take
  };
  // Whether an event that waits tells of this too now: so many more, or nobody knows how many.
  // `why` is a reason of kNotTaken: the first of those of which others may have the message, else
  // the first.
  bool AddToTrouble(Trouble trouble, std::optional<uint64_t> count, const absl::Status& why);
  // The event with this number tells of it from now on.
  void NoteTrouble(Trouble trouble, std::optional<uint64_t> count, const absl::Status& why,
                   uint64_t event);
  static hooks::ErrorEvent Describe(Trouble trouble, std::optional<uint64_t> count,
                                    const absl::Status& why);

  // A hook's reply, as far as it was carried out.
  struct Reply {
    std::vector<hooks::Action> actions;
    size_t next = 0;
    absl::Status first_error;
    bool awaits_heard = false;  // no action until the namespace is heard
    bool unheard = false;       // that took too long once: it is not awaited again
  };

  bool begun = false;      // with the first: it is called, waits to be called again, or its reply
                           // is carried out
  bool in_flight = false;  // its call: the answer is awaited
  Reply reply;             // to the first, while that is carried out
  Timer retry;

 private:
  struct Told {
    uint64_t event = 0;  // the number of the last that tells of it
    std::optional<uint64_t> count;
    absl::Status why;
  };

  Events events_;
  size_t bytes_ = 0;  // of all messages
  std::array<Told, 3> troubles_;
};

}  // namespace hookcast::edge

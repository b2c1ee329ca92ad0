#pragma once

#include <type_traits>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hookcast::control {

// The answer that somebody waits for: given exactly once. One that is thrown away ungiven, as when
// a loop that stops drops its tasks, is UNAVAILABLE, so that nobody waits for ever.
//
// Thread: any, one at a time.
template <typename Response>
class Answer {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<Response>)>;

  template <typename F,
            typename = std::enable_if_t<std::is_invocable_v<F, absl::StatusOr<Response>> &&
                                        !std::is_same_v<std::decay_t<F>, Answer>>>
  Answer(F done) : done_(std::move(done)) {}  // NOLINT: a lambda is an answer
  Answer(Answer&& other) noexcept : done_(std::exchange(other.done_, nullptr)) {}
  Answer& operator=(Answer&&) = delete;
  ~Answer() {
    if (done_ != nullptr) done_(absl::UnavailableError("the node is stopping"));
  }

  // REQUIRES: not called before, not moved from.
  void operator()(absl::StatusOr<Response> response) {
    std::exchange(done_, nullptr)(std::move(response));
  }

 private:
  Done done_;
};

}  // namespace hookcast::control

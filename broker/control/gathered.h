#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "broker/base/mutex.h"
#include "broker/control/answer.h"

namespace hookcast::control {

// The answers of several, for whoever wants all of them. Each may be left out of what is asked:
// what nobody was asked for stays UNAVAILABLE.
//
// Thread: any.
template <typename Response>
class Gathered {
 public:
  using All = std::vector<absl::StatusOr<Response>>;
  using Done = absl::AnyInvocable<void(All)>;

  // `done` is called once, when the last of the answers that At gave was given, by whoever gave it.
  Gathered(size_t count, Done done) : rest_(std::make_shared<Rest>(count, std::move(done))) {}

  Answer<Response> At(size_t i) {
    return [rest = rest_, i](absl::StatusOr<Response> response) {
      const MutexLock lock(&rest->mutex);
      rest->all[i] = std::move(response);
    };
  }

 private:
  // Ends with the last answer that holds it.
  struct Rest {
    Rest(size_t count, Done then)
        : all(count, absl::UnavailableError("it was not asked")), done(std::move(then)) {}
    ~Rest() { done(std::move(all)); }

    Mutex mutex;
    All all;  // guarded by the mutex until nobody else is left
    Done done;
  };

  std::shared_ptr<Rest> rest_;
};

}  // namespace hookcast::control

#include "tests/fakes/edge/cut_off_backplane.h"

namespace hookcast::fakes {

void CutOffBackplane::Hear(bool heard) {
  cut_off_ = !heard;
  for (pubsub::HeardCallback& done : std::exchange(waiting_, {})) done(heard);
}

void CutOffBackplane::Publish(std::shared_ptr<pubsub::Message> message,
                              pubsub::TakenCallback taken) {
  if (taken == nullptr || taken_.ok()) return own_.Publish(std::move(message), std::move(taken));
  own_.Publish(std::move(message),
               [status = taken_, taken = std::move(taken)](absl::Status, uint64_t count) mutable {
                 taken(std::move(status), count);
               });
}

void CutOffBackplane::AwaitHeard(std::string_view ns, pubsub::HeardCallback done) {
  if (Hears(ns)) return done(true);
  waiting_.push_back(std::move(done));
}

}  // namespace hookcast::fakes

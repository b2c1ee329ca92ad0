#include "broker/pubsub/publisher.h"

#include <memory>
#include <utility>

#include "broker/pubsub/limits.h"

namespace hookcast::pubsub {

Publisher::Publisher(Incarnation incarnation, Backplane* backplane, metrics::Catalogue* metrics,
                     const Clock* clock)
    : incarnation_(incarnation), backplane_(backplane), metrics_(metrics), keys_(clock, metrics) {}

void Publisher::Publish(Publication publication, PublishedCallback done) {
  absl::Status status = CheckNamespace(publication.ns);
  status.Update(CheckTopic(publication.topic));
  status.Update(CheckIdempotencyKey(publication.key));
  if (!status.ok()) {
    if (done != nullptr) done({std::move(status), {}, 0});
    return;
  }
  if (!publication.key.empty()) return PublishKeyed(std::move(publication), std::move(done));
  const MessageId id = NextId();
  TakenCallback taken;
  if (done != nullptr) {
    taken = [id, done = std::move(done)](absl::Status status, uint64_t local_count) mutable {
      done({std::move(status), id, local_count});
    };
  }
  Send(std::move(publication), id, /*delivered_here=*/false, std::move(taken));
}

void Publisher::PublishKeyed(Publication publication, PublishedCallback done) {
  std::optional<PublishKeys::Attempt> attempt =
      keys_.Begin(publication.ns, publication.key, NextId(), std::move(done));
  if (!attempt) return;
  const MessageId id = attempt->id();
  const bool delivered_here = attempt->reached() != 0;
  Send(std::move(publication), id, delivered_here,
       [attempt = *std::move(attempt)](absl::Status status, uint64_t local_count) mutable {
         attempt.Settle(std::move(status), local_count);
       });
}

MessageId Publisher::NextId() {
  return {incarnation_, last_sequence_.fetch_add(1, std::memory_order_relaxed) + 1};
}

void Publisher::Send(Publication publication, MessageId id, bool delivered_here,
                     TakenCallback taken) {
  auto message = std::make_shared<Message>();
  message->id = id;
  message->ns = std::move(publication.ns);
  message->topic = std::move(publication.topic);
  message->data = std::move(publication.data);
  message->exclude = publication.exclude;
  message->key = std::move(publication.key);
  message->delivered_here = delivered_here;
  message->once = publication.once;
  metrics_->published.Add();
  backplane_->Publish(std::move(message), std::move(taken));
}

}  // namespace hookcast::pubsub

#include "broker/pubsub/publisher.h"

#include <memory>
#include <utility>

#include "broker/pubsub/limits.h"

namespace hookcast::pubsub {

Publisher::Publisher(Incarnation incarnation, Backplane* backplane, metrics::Catalogue* metrics)
    : incarnation_(incarnation), backplane_(backplane), metrics_(metrics) {}

void Publisher::Publish(Publication publication, PublishedCallback done) {
  absl::Status status = CheckNamespace(publication.ns);
  status.Update(CheckTopic(publication.topic));
  if (!status.ok()) {
    if (done != nullptr) done({std::move(status), {}, 0});
    return;
  }
  auto message = std::make_shared<Message>();
  message->id = {incarnation_, last_sequence_.fetch_add(1, std::memory_order_relaxed) + 1};
  message->ns = std::move(publication.ns);
  message->topic = std::move(publication.topic);
  message->data = std::move(publication.data);
  message->exclude = publication.exclude;
  metrics_->published.Add();

  TakenCallback taken;
  if (done != nullptr) {
    taken = [id = message->id, done = std::move(done)](absl::Status status,
                                                       uint64_t local_count) mutable {
      done({std::move(status), id, local_count});
    };
  }
  backplane_->Publish(std::move(message), std::move(taken));
}

}  // namespace hookcast::pubsub

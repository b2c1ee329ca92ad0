#include "broker/backplane/redis/outgoing_queue.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/pubsub/published.h"

namespace hookcast::backplane {
namespace {

constexpr size_t kItemCost = 256;  // beside what it carries

}  // namespace

size_t Outgoing::cost() const {
  if (message == nullptr) return kItemCost + announcement.size();
  return kItemCost + message->data.payload.size() + message->ns.size() + message->topic.size();
}

void OutgoingQueue::Open() {
  const MutexLock lock(&mutex_);
  closed_ = absl::OkStatus();
}

void OutgoingQueue::Close(absl::Status why) {
  const MutexLock lock(&mutex_);
  closed_ = std::move(why);
}

absl::Status OutgoingQueue::Put(Outgoing item) {
  const size_t cost = item.cost();
  const MutexLock lock(&mutex_);
  if (!closed_.ok()) return closed_;
  if (item.message != nullptr && bytes_ != 0 && bytes_ + cost > most_bytes_) {
    return pubsub::NotTaken(
        absl::StrCat("Redis takes messages too slowly: ", bytes_, " bytes wait for it"));
  }
  bytes_ += cost;
  items_.push_back(std::move(item));
  return absl::OkStatus();
}

void OutgoingQueue::Take(size_t bytes, std::vector<Outgoing>* out) {
  const MutexLock lock(&mutex_);
  for (size_t taken = 0; taken < bytes && !items_.empty();) {
    const size_t cost = items_.front().cost();
    taken += cost;
    bytes_ -= cost;
    out->push_back(std::move(items_.front()));
    items_.pop_front();
  }
}

std::deque<Outgoing> OutgoingQueue::TakeAll() {
  const MutexLock lock(&mutex_);
  bytes_ = 0;
  return std::exchange(items_, {});
}

}  // namespace hookcast::backplane

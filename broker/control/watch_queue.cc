#include "broker/control/watch_queue.h"

#include <utility>

#include "broker/control/peer_info.h"
#include "broker/hooks/proto_codec.h"

namespace hookcast::control {

void WatchQueue::Add(pubsub::MessageRef message, std::chrono::system_clock::time_point received) {
  const size_t bytes = sizeof(pubsub::Message) + message->ns.size() + message->topic.size() +
                       message->data.payload.size();
  Add(Received{std::move(message), received}, bytes);
}

void WatchQueue::Add(v1::WatchEvent event) {
  const size_t bytes = event.SpaceUsedLong();
  Add(std::variant<Received, v1::WatchEvent>(std::move(event)), bytes);
}

void WatchQueue::Add(std::variant<Received, v1::WatchEvent> what, size_t bytes) {
  if (!items_.empty() && (items_.size() >= kMostEvents || bytes_ + bytes > kMostBytes)) {
    ++lost_;
    lost_metric_->Add();
    return;
  }
  bytes_ += bytes;
  items_.push_back({std::move(what), bytes, std::exchange(lost_, 0)});
}

bool WatchQueue::Take(v1::WatchEvent* event) {
  uint64_t& lost = items_.empty() ? lost_ : items_.front().lost_before;
  if (lost != 0) {
    event->set_dropped(std::exchange(lost, 0));
    return true;
  }
  if (items_.empty()) return false;
  Item item = std::move(items_.front());
  items_.pop_front();
  bytes_ -= item.bytes;
  if (auto* peer = std::get_if<v1::WatchEvent>(&item.what)) {
    *event = std::move(*peer);
    return true;
  }
  const Received& received = std::get<Received>(item.what);
  v1::PublishedMessage* const out = event->mutable_message();
  out->Clear();
  out->set_id(received.message->id.ToString());
  out->set_namespace_(received.message->ns);
  out->set_topic(received.message->topic);
  hooks::ToProto(received.message->data, out->mutable_data());
  *out->mutable_published_at() = ToTimestamp(received.at);
  return true;
}

}  // namespace hookcast::control

#include "broker/hooks/application/session_outbox.h"

#include <utility>

namespace hookcast::hooks {

void SessionOutbox::Add(v1::SessionEvent event) {
  const size_t bytes = event.ByteSizeLong();
  if (messages_.empty() || !messages_.back().has_events() ||
      messages_.back().events().events_size() >= kMostEvents ||
      bytes_of_last_ + bytes > kMostBytes) {
    messages_.emplace_back();
    bytes_of_last_ = 0;
  }
  bytes_of_last_ += bytes;
  *messages_.back().mutable_events()->add_events() = std::move(event);
}

void SessionOutbox::AddControl(v1::SessionRequest request) {
  if (request.has_ping() || request.has_pong()) {
    for (v1::SessionRequest& waiting : messages_) {
      if (waiting.kind_case() != request.kind_case()) continue;
      waiting = std::move(request);
      return;
    }
  }
  messages_.push_back(std::move(request));
}

std::optional<v1::SessionRequest> SessionOutbox::Take() {
  if (messages_.empty()) return std::nullopt;
  v1::SessionRequest message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

}  // namespace hookcast::hooks

#include "edge/agenda.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "broker/pubsub/published.h"

namespace hookcast::edge {
namespace {

using hooks::ErrorEvent;
using hooks::ErrorKind;
using hooks::PeerEvent;

size_t BytesOf(const PeerEvent& event) {
  const auto* message = std::get_if<hooks::MessageEvent>(&event.what);
  return message == nullptr ? 0 : message->data.payload.size();
}

}  // namespace

void Agenda::Add(PeerEvent event, bool next) {
  bytes_ += BytesOf(event);
  auto place = events_.end();
  if (next) place = events_.begin() + (begun ? 1 : 0);
  events_.insert(place, std::move(event));
}

void Agenda::RemoveFirst() {
  bytes_ -= BytesOf(events_.front());
  events_.erase(events_.begin());
}

size_t Agenda::DropMessages() {
  const auto first_dropped = std::stable_partition(
      events_.begin() + (begun ? 1 : 0), events_.end(), [](const PeerEvent& event) {
        return !std::holds_alternative<hooks::MessageEvent>(event.what);
      });
  const auto count = static_cast<size_t>(events_.end() - first_dropped);
  for (auto event = first_dropped; event != events_.end(); ++event) bytes_ -= BytesOf(*event);
  events_.erase(first_dropped, events_.end());
  return count;
}

PeerEvent* Agenda::FindWaiting(absl::FunctionRef<bool(const PeerEvent&)> is) {
  const auto found = std::find_if(events_.begin() + (begun ? 1 : 0), events_.end(), is);
  return found == events_.end() ? nullptr : &*found;
}

Agenda::Waiting Agenda::waiting() const {
  if (!begun) return {events_.size(), bytes_};
  return {events_.size() - 1, bytes_ - BytesOf(events_.front())};
}

bool Agenda::AddToTrouble(Trouble trouble, std::optional<uint64_t> count, const absl::Status& why) {
  Told& told = troubles_[static_cast<size_t>(trouble)];
  PeerEvent* const waiting =
      FindWaiting([&](const PeerEvent& event) { return event.number == told.event; });
  if (waiting == nullptr) return false;
  told.count = told.count && count ? std::optional(*told.count + *count) : std::nullopt;
  if (!pubsub::OthersMayHaveIt(told.why)) told.why = why;
  waiting->what = Describe(trouble, told.count, told.why);
  return true;
}

void Agenda::NoteTrouble(Trouble trouble, std::optional<uint64_t> count, const absl::Status& why,
                         uint64_t event) {
  troubles_[static_cast<size_t>(trouble)] = {event, count, why};
}

ErrorEvent Agenda::Describe(Trouble trouble, std::optional<uint64_t> count,
                            const absl::Status& why) {
  const std::string messages =
      count ? absl::StrCat(*count, *count == 1 ? " message" : " messages") : "messages";
  switch (trouble) {
    case Trouble::kSlow:
      return {ErrorKind::kLimit,
              absl::StrCat(messages,
                           " of its topics were dropped, as the client did not read fast enough"),
              std::nullopt};
    case Trouble::kMissed:
      return {ErrorKind::kBackplane,
              absl::StrCat(messages, " of its namespace were missed between nodes"), std::nullopt};
    case Trouble::kNotTaken:
      break;
  }
  std::string message(why.message());
  if (count.value_or(1) > 1) {
    message = absl::StrCat(*count, " publishes were not taken, or may not have been: ", message);
  }
  return {ErrorKind::kBackplane, std::move(message), std::nullopt};
}

}  // namespace hookcast::edge

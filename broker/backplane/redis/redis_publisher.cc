#include "broker/backplane/redis/redis_publisher.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/backplane/redis/redis_command.h"
#include "broker/backplane/redis/redis_words.h"
#include "broker/pubsub/published.h"

namespace hookcast::backplane {
namespace {

constexpr size_t kWriteBytes = 256 * 1024;

// What says of Redis, and not of the message, that it cannot go on.
bool IsEndOfLink(std::string_view words) {
  return words.starts_with("READONLY") || words.starts_with("LOADING") ||
         words.starts_with("MASTERDOWN") || words.starts_with("NOAUTH");
}

}  // namespace

RedisPublisher::RedisPublisher(boost::asio::io_context* loop, const RedisSettings* settings,
                               const RedisNames* names, Incarnation incarnation,
                               metrics::Catalogue* metrics, std::function<void()> changed,
                               std::function<void()> demoted)
    : settings_(settings),
      names_(names),
      metrics_(metrics),
      changed_(std::move(changed)),
      demoted_(std::move(demoted)),
      queue_(settings->most_queued_bytes),
      codec_(incarnation),
      link_(loop, settings, "commands",
            absl::StrCat("hookcast-", incarnation.ToString(), "-commands"), metrics, this) {
  queue_.Close(pubsub::NotTaken(std::string(link_.status().message())));
}

void RedisPublisher::Stop() {
  const bool was_up = link_.up();
  link_.Stop();
  queue_.Close(pubsub::NotTaken("the node is stopping"));
  if (was_up || !in_flight_.empty()) OnDown();
}

void RedisPublisher::OnUp() {
  const TimePoint now = Clock::System().Now();
  role_asked_ = now;
  losses_from_ = now;
  streams_.LinkUp(now);
  queue_.Open();
  Pump();
  changed_();
}

void RedisPublisher::NotSent(const pubsub::Message& message) {
  metrics_->backplane_published.Add(metrics::BackplanePublish::kNotSent);
  if (message.once) lost_.Add(message.ns, 1);
}

void RedisPublisher::OnDown() {
  const std::string why(link_.status().ok() ? "the node is stopping" : link_.status().message());
  queue_.Close(pubsub::NotTaken(why));
  for (InFlight& item : std::exchange(in_flight_, {})) {
    if (item.message) OnNotTaken(item, metrics::BackplanePublish::kUnknown);
    if (item.loss != nullptr) lost_.Add(item.loss->ns, item.loss->messages);
    if (item.pending != nullptr) {
      item.pending->Answered(
          pubsub::MaybeTaken(absl::StrCat(why, ", before it said whether it took the message")));
    }
  }
  for (Outgoing& item : queue_.TakeAll()) {
    if (item.message != nullptr) NotSent(*item.message);
    if (item.pending != nullptr) item.pending->Answered(pubsub::NotTaken(why));
  }
  changed_();
}

void RedisPublisher::Pump() {
  if (!link_.up() || link_.writing()) return;
  const TimePoint now = Clock::System().Now();
  TellLosses(now);
  queue_.Take(kWriteBytes, &batch_);
  if (!batch_.empty()) {
    for (Outgoing& item : batch_) Write(std::move(item), now);
    batch_.clear();
  }
  link_.Flush();
}

// In front of what is published from now on.
void RedisPublisher::TellLosses(TimePoint now) {
  if (now < losses_from_) return;
  while (link_.out().size() < kWriteBytes) {
    std::optional<LostPublishes::Loss> loss = lost_.Take();
    if (!loss) return;
    codec_.WriteLoss(loss->ns, loss->messages, &bytes_);
    names_->OfNamespace(loss->ns, &name_);
    AppendPublish(name_, bytes_);
    in_flight_.push_back(
        {.since = now, .loss = std::make_unique<LostPublishes::Loss>(*std::move(loss))});
  }
}

void RedisPublisher::Write(Outgoing item, TimePoint now) {
  InFlight& in_flight = in_flight_.emplace_back();
  in_flight.since = now;
  in_flight.pending = std::move(item.pending);
  if (item.message == nullptr) {
    return AppendPublish(names_->announcements(), item.announcement);
  }
  const pubsub::Message& message = *item.message;
  in_flight.message = streams_.Next(message.ns, now);
  in_flight.once = message.once;
  codec_.Write(message, in_flight.message->place, &bytes_);
  names_->OfNamespace(message.ns, &name_);
  AppendPublish(name_, bytes_);
}

void RedisPublisher::AppendPublish(std::string_view name, std::string_view bytes) {
  AppendCommand({"PUBLISH", name, bytes}, &link_.out());
}

void RedisPublisher::Probe(const std::string& text) {
  in_flight_.push_back({.since = Clock::System().Now()});
  AppendPublish(names_->own(), text);
  link_.Flush();
}

void RedisPublisher::OnReply(const RedisReply& reply) {
  if (in_flight_.empty()) return link_.Remake("it answered what was not asked");
  InFlight item = std::move(in_flight_.front());
  in_flight_.pop_front();
  if (item.role) return OnRole(reply);
  if (reply.IsError()) return Refuse(&item, reply.TextAt(0));
  if (item.message) {
    streams_.Taken(*item.message);
    metrics_->backplane_published.Add(metrics::BackplanePublish::kTaken);
  }
  if (item.pending != nullptr) item.pending->Answered(absl::OkStatus());
}

// Nobody is cut off when Redis is made a replica of another.
void RedisPublisher::OnRole(const RedisReply& reply) {
  if (!TellsOfReplica(reply.TextAt(0))) return;  // or the node may not ask
  link_.Remake(kIsReplica);
  demoted_();
}

void RedisPublisher::Refuse(InFlight* item, std::string_view words) {
  const std::string shown = link_.Shown(words);
  if (item->message) OnNotTaken(*item, metrics::BackplanePublish::kRefused);
  if (item->pending != nullptr) {
    item->pending->Answered(pubsub::NotTaken(
        absl::StrCat("Redis at ", settings_->Where(), " refuses the message: ", shown)));
  }
  if (item->loss != nullptr) {
    lost_.Add(item->loss->ns, item->loss->messages);
    losses_from_ = Clock::System().Now() + settings_->role_interval;
  }
  // A tail or a probe that is refused: nothing goes this way.
  if (IsEndOfLink(words) || !(item->message || item->loss != nullptr)) {
    link_.Remake(absl::StrCat("it refuses PUBLISH: ", shown));
  }
}

void RedisPublisher::OnNotTaken(const InFlight& item, metrics::BackplanePublish what) {
  if (item.once) lost_.Add(OriginStreams::NamespaceOf(*item.message), 1);
  streams_.NotTaken(*item.message);
  metrics_->backplane_published.Add(what);
}

void RedisPublisher::OnRead() {
  if (in_flight_.empty()) Pump();
  if (in_flight_.empty()) changed_();
}

void RedisPublisher::Tick(TimePoint now) {
  if (!link_.up()) return;
  if (!in_flight_.empty() && now - in_flight_.front().since >= settings_->answer_timeout) {
    return link_.Remake(absl::StrCat("no answer for ", settings_->answer_timeout.count(), " ms"));
  }
  if (link_.writing()) return;
  if (now - role_asked_ >= settings_->role_interval) {
    role_asked_ = now;
    in_flight_.push_back({.since = now, .role = true});
    AppendCommand({"INFO", "replication"}, &link_.out());
  }
  TellLosses(now);
  streams_.Tick(now, [&](std::string_view ns, StreamPlace last) {
    in_flight_.push_back({.since = now});
    codec_.WriteTail(ns, last, &bytes_);
    names_->OfNamespace(ns, &name_);
    AppendPublish(name_, bytes_);
  });
  link_.Flush();
}

}  // namespace hookcast::backplane

#include "broker/backplane/redis/redis_subscriber.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/backplane/redis/redis_command.h"
#include "broker/base/log.h"

namespace hookcast::backplane {
namespace {

constexpr size_t kNamesACommand = 500;
constexpr size_t kMostOut = 256 * 1024;
constexpr Duration kUnreadableEvery = std::chrono::minutes(1);

}  // namespace

RedisSubscriber::RedisSubscriber(boost::asio::io_context* loop, const RedisSettings* settings,
                                 const RedisNames* names, Incarnation incarnation, SeenKeys* keys,
                                 metrics::Catalogue* metrics, Callbacks callbacks)
    : settings_(settings),
      names_(names),
      keys_(keys),
      metrics_(metrics),
      callbacks_(std::move(callbacks)),
      codec_(incarnation),
      table_(metrics, settings->linger),
      unreadable_told_(kUnreadableEvery),
      versions_cleared_(kUnreadableEvery),
      link_(loop, settings, "subscriptions",
            absl::StrCat("hookcast-", incarnation.ToString(), "-subscriptions"), metrics, this) {}

void RedisSubscriber::Start(pubsub::Receiver* receiver, pubsub::AnnouncedCallback announced) {
  receiver_ = receiver;
  announced_ = std::move(announced);
  link_.Start();
}

void RedisSubscriber::Stop() {
  link_.Stop();
  SubscriptionTable::Answers answers;
  {
    const MutexLock lock(&mutex_);
    stopped_ = true;
    table_.LinkDown();
    answers.swap(later_);
    table_.Stop(&answers);
  }
  Call(&answers);
}

void RedisSubscriber::Call(SubscriptionTable::Answers* answers) {
  for (SubscriptionTable::Answer& answer : *answers) answer.done(answer.heard);
  answers->clear();
}

void RedisSubscriber::Want(std::string_view ns) {
  const MutexLock lock(&mutex_);
  table_.Want(ns);
}

void RedisSubscriber::Unwant(std::string_view ns) {
  const MutexLock lock(&mutex_);
  table_.Unwant(ns, Clock::System().Now(), &later_);
}

bool RedisSubscriber::Hears(std::string_view ns) const {
  const MutexLock lock(&mutex_);
  return table_.IsHeard(ns);
}

void RedisSubscriber::AwaitHeard(std::string_view ns, pubsub::HeardCallback done) {
  SubscriptionTable::Answers answers;
  {
    const MutexLock lock(&mutex_);
    if (stopped_) {
      answers.push_back({std::move(done), false});
    } else {
      table_.AwaitHeard(ns, std::move(done), Clock::System().Now(), &answers);
    }
  }
  Call(&answers);
}

absl::Status RedisSubscriber::Restored() {
  const MutexLock lock(&mutex_);
  if (table_.restoring() == 0) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("Redis at ", settings_->Where(), " is connected again, and ", table_.restoring(),
                   " namespaces of ", table_.wanted(), " are not heard yet"));
}

void RedisSubscriber::OnUp() {
  own_heard_ = false;
  last_read_ = Clock::System().Now();
  owed_since_ = last_read_;
  AppendCommand({"SUBSCRIBE", names_->own(), names_->announcements()}, &link_.out());
  {
    const MutexLock lock(&mutex_);
    table_.LinkUp();
  }
  Pump();
  callbacks_.changed();
}

void RedisSubscriber::OnDown() {
  own_heard_ = false;
  // What is heard first afterwards is where the count begins anew: how much was published
  // meanwhile cannot be known.
  streams_.Clear();
  {
    const MutexLock lock(&mutex_);
    table_.LinkDown();
  }
  // From now on, and not only once it hears again, it may miss what others say of themselves.
  if (announced_ != nullptr) announced_({});
  callbacks_.changed();
}

void RedisSubscriber::Pump() {
  SubscriptionTable::Answers answers;
  bool asked = false;
  {
    const MutexLock lock(&mutex_);
    answers.swap(later_);
    while (link_.up() && link_.out().size() < kMostOut) {
      const auto command = table_.NextCommand(kNamesACommand);
      if (!command) break;
      AppendCommandHead(1 + command->namespaces.size(), &link_.out());
      AppendCommandWord(command->subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE", &link_.out());
      for (const std::string_view ns : command->namespaces) {
        names_->OfNamespace(ns, &name_);
        AppendCommandWord(name_, &link_.out());
      }
      asked = true;
    }
  }
  Call(&answers);
  if (!link_.up()) return;
  if (asked && !owed_since_) owed_since_ = Clock::System().Now();
  link_.Flush();
}

void RedisSubscriber::OnReply(const RedisReply& reply) {
  if (reply.IsError()) {
    return link_.Remake(absl::StrCat("it refuses to subscribe: ", link_.Shown(reply.TextAt(0))));
  }
  const std::string_view kind = reply.TextAt(0);
  if (kind == "message" && reply.values.size() == 3) {
    OnMessage(reply.values[1].text, reply.values[2].text);
  } else if (kind == "subscribe" && reply.values.size() == 3) {
    OnSubscribed(reply.values[1].text);
  } else if (kind == "unsubscribe" && reply.values.size() == 3) {
    const std::optional<std::string> ns = names_->NamespaceOf(reply.values[1].text);
    if (!ns) return;
    const MutexLock lock(&mutex_);
    table_.Unsubscribed(*ns);
  } else if (kind != "pong") {
    link_.Remake("it answered what was not asked");
  }
}

void RedisSubscriber::OnRead() {
  last_read_ = Clock::System().Now();
  owed_since_.reset();
  {
    const MutexLock lock(&mutex_);
    if (!own_heard_ || table_.unanswered() > 0) owed_since_ = last_read_;
  }
  Pump();
}

void RedisSubscriber::OnSubscribed(std::string_view name) {
  if (name == names_->own()) {
    own_heard_ = true;
    return callbacks_.changed();
  }
  if (name == names_->announcements() && announced_ != nullptr) announced_({});
  const std::optional<std::string> ns = names_->NamespaceOf(name);
  if (!ns) return;
  // What was heard in an earlier time is no measure any more.
  streams_.Forget(*ns);
  SubscriptionTable::Answers answers;
  bool missed = false;
  bool restored = false;
  {
    const MutexLock lock(&mutex_);
    const size_t restoring = table_.restoring();
    missed = table_.Subscribed(*ns, &answers);
    restored = restoring != 0 && table_.restoring() == 0;
  }
  // In front of whatever comes from now on.
  if (missed) {
    metrics_->backplane_gaps.Add(metrics::Gap::kUnknown);
    receiver_->Missed(*ns, std::nullopt);
  }
  Call(&answers);
  if (restored) callbacks_.changed();
}

void RedisSubscriber::OnMessage(std::string_view name, std::string_view bytes) {
  if (names_->IsOfNamespace(name)) return OnEnvelope(name, bytes);
  if (name == names_->own()) return callbacks_.own(bytes);
  if (name != names_->announcements()) return;
  if (bytes.size() > pubsub::Backplane::kMostAnnouncement) {
    return SkipUnreadable(Skip::kMalformed, name);
  }
  if (announced_ != nullptr) announced_(bytes);
}

void RedisSubscriber::OnEnvelope(std::string_view name, std::string_view bytes) {
  if (codec_.IsOwn(bytes)) return metrics_->backplane_skipped.Add(Skip::kOwn);
  Received received;
  switch (codec_.Read(bytes, &received)) {
    case EnvelopeCodec::Fault::kNone:
      break;
    case EnvelopeCodec::Fault::kVersion:
      return SkipVersion(name);
    case EnvelopeCodec::Fault::kMalformed:
      return SkipUnreadable(Skip::kMalformed, name);
  }
  names_->OfNamespace(received.ns, &name_);
  if (name_ != name) return SkipUnreadable(Skip::kNamespace, name);
  if (received.lost != 0) return TellMissing(received.ns, received.lost);
  const TimePoint now = Clock::System().Now();
  if (received.message == nullptr) {
    return TellMissing(received.ns,
                       streams_.HearTail(received.ns, received.origin, received.place, now));
  }
  const RemoteStreams::Verdict verdict =
      streams_.Hear(received.ns, received.origin, received.place, now);
  if (verdict.old) return metrics_->backplane_skipped.Add(Skip::kOld);
  TellMissing(received.ns, verdict.missing);
  // Where nobody is whom it reaches, it may come again.
  if (!received.message->key.empty() && Hears(received.ns) &&
      !keys_->Add(received.ns, received.message->key, now)) {
    return metrics_->backplane_skipped.Add(Skip::kKey);
  }
  metrics_->backplane_received.Add();
  receiver_->ReceiveRemote(std::move(received.message));
}

void RedisSubscriber::TellMissing(std::string_view ns, uint64_t missing) {
  if (missing == 0) return;
  metrics_->backplane_gaps.Add(metrics::Gap::kKnown);
  metrics_->backplane_missed.Add(missing);
  receiver_->Missed(ns, missing);
}

// What a later version sends is a message like others, to those who miss it: they are told once a
// minute.
void RedisSubscriber::SkipVersion(std::string_view name) {
  SkipUnreadable(Skip::kVersion, name);
  if (versions_cleared_.Pass(Clock::System().Now())) versions_told_.clear();
  const std::optional<std::string> ns = names_->NamespaceOf(name);
  if (!ns || !versions_told_.insert(*ns).second) return;
  metrics_->backplane_gaps.Add(metrics::Gap::kUnknown);
  receiver_->Missed(*ns, std::nullopt);
}

void RedisSubscriber::SkipUnreadable(Skip cause, std::string_view name) {
  metrics_->backplane_skipped.Add(cause);
  if (!unreadable_told_.Pass(Clock::System().Now())) return;
  log::Warn("what came from Redis cannot be read, and is skipped; more of it is only counted",
            {{"redis", settings_->Where()},
             {"name", name},
             {"cause", cause == Skip::kVersion     ? "version"
                       : cause == Skip::kNamespace ? "namespace"
                                                   : "malformed"}});
}

void RedisSubscriber::Tick(TimePoint now) {
  SubscriptionTable::Answers answers;
  {
    const MutexLock lock(&mutex_);
    table_.Tick(now, &answers);
  }
  Call(&answers);
  streams_.Tick(now);
  if (!link_.up()) return;
  Pump();
  if (owed_since_ && now - *owed_since_ >= settings_->answer_timeout) {
    return link_.Remake(absl::StrCat("no answer for ", settings_->answer_timeout.count(), " ms"));
  }
  // The probes come by here each second, unless the other link is down.
  if (!owed_since_ && now - last_read_ >= 2 * settings_->probe_interval) {
    owed_since_ = now;
    AppendCommand({"PING"}, &link_.out());
    link_.Flush();
  }
}

}  // namespace hookcast::backplane

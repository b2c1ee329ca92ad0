#include "broker/backplane/redis/redis_backplane.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/backplane/redis/redis_words.h"
#include "broker/base/log.h"
#include "broker/pubsub/published.h"

namespace hookcast::backplane {
namespace {

constexpr std::chrono::milliseconds kTick{100};
constexpr int kBehindTimes = 4;

absl::Status NotStarted() { return absl::UnavailableError("the backplane is not started"); }

absl::Status NoHistory() {
  return absl::FailedPreconditionError(
      "the namespace keeps no history: histories in Redis are not part of this version");
}

}  // namespace

RedisBackplane::RedisBackplane(RedisSettings settings, Incarnation incarnation,
                               metrics::Catalogue* metrics)
    : settings_(std::move(settings)),
      names_(settings_.prefix, incarnation),
      metrics_(metrics),
      keys_(std::make_shared<SeenKeys>(metrics)),
      publisher_(
          &loop_, &settings_, &names_, incarnation, metrics,
          [this] {
            UpdateHealth();
            EndIfIdle();
          },
          [this] { subscriber_.Remake(kIsReplica); }),
      subscriber_(&loop_, &settings_, &names_, incarnation, keys_.get(), metrics,
                  {.changed = [this] { UpdateHealth(); },
                   .own = [this](std::string_view text) { OnProbe(text); }}),
      health_(NotStarted()) {}

RedisBackplane::~RedisBackplane() { Stop(); }

void RedisBackplane::Start(pubsub::Receiver* receiver, pubsub::AnnouncedCallback announced) {
  gate_.Open(receiver);
  boost::asio::post(loop_, [this, receiver, announced = std::move(announced)]() mutable {
    publisher_.Start();
    subscriber_.Start(receiver, std::move(announced));
    UpdateHealth();
    ArmTick();
  });
  thread_ = std::thread([this] { Run(); });
}

void RedisBackplane::Run() {
  pthread_setname_np(pthread_self(), "redis");
  const auto work = boost::asio::make_work_guard(loop_);
  loop_.run();
}

void RedisBackplane::Stop() {
  gate_.Close();
  if (!thread_.joinable()) return;
  boost::asio::post(loop_, [this] {
    end_by_ = Clock::System().Now() + settings_.stop_grace;
    publisher_.queue().Close(pubsub::NotTaken("the node is stopping"));
    publisher_.Pump();
    EndIfIdle();
  });
  thread_.join();
  const MutexLock lock(&health_mutex_);
  health_ = absl::UnavailableError("the backplane has stopped");
}

// What was published before the end gets its answer, where Redis gives it soon.
void RedisBackplane::EndIfIdle() {
  if (end_by_ && (!publisher_.link().up() || publisher_.idle())) End();
}

void RedisBackplane::End() {
  end_by_.reset();
  tick_.cancel();
  // Not from inside one of the links' calls.
  boost::asio::post(loop_, [this] {
    publisher_.Stop();
    subscriber_.Stop();
    loop_.stop();
  });
}

void RedisBackplane::Publish(std::shared_ptr<pubsub::Message> message,
                             pubsub::TakenCallback taken) {
  const pubsub::ReceiverGate::Visit receiver = gate_.Enter();
  if (!receiver) {
    if (taken != nullptr) taken(pubsub::NotTaken("the node takes no messages now"), 0);
    return;
  }
  const bool claimed = ClaimKey(*message, &taken);
  const bool delivers_here = claimed && !message->delivered_here;
  // Another node published the key, and this one's peers have that.
  if (!claimed && !message->delivered_here) {
    metrics_->backplane_skipped.Add(metrics::BackplaneSkip::kKey);
  }
  Outgoing item{.message = message};
  pubsub::DeliveredCallback delivered;
  std::shared_ptr<PendingPublish> pending;
  if (taken != nullptr) {
    pending = std::make_shared<PendingPublish>(std::move(taken));
    item.pending = pending;
    if (delivers_here) {
      delivered = [pending](uint64_t local_count) { pending->Delivered(local_count); };
    }
  }
  absl::Status status = publisher_.queue().Put(std::move(item));
  if (!status.ok()) {
    publisher_.NotSent(*message);
    if (pending != nullptr) pending->Answered(std::move(status));
  }
  Wake();
  if (delivers_here) {
    receiver->Receive(std::move(message), std::move(delivered));
  } else if (pending != nullptr) {
    pending->Delivered(0);
  }
}

bool RedisBackplane::ClaimKey(const pubsub::Message& message, pubsub::TakenCallback* taken) {
  if (message.key.empty()) return true;
  if (!keys_->Add(message.ns, message.key, Clock::System().Now())) return false;
  if (*taken == nullptr) return true;
  *taken = [keys = keys_, ns = message.ns, key = message.key, taken = std::move(*taken)](
               absl::Status status, uint64_t local_count) mutable {
    if (!status.ok() && local_count == 0) keys->Remove(ns, key);
    taken(std::move(status), local_count);
  };
  return true;
}

void RedisBackplane::Announce(std::string bytes) {
  const pubsub::ReceiverGate::Visit started = gate_.Enter();
  if (!started || bytes.size() > kMostAnnouncement) return;
  if (publisher_.queue().Put({.announcement = std::move(bytes)}).ok()) Wake();
}

bool RedisBackplane::KeepsHistory(std::string_view) const { return false; }

void RedisBackplane::ReadHistory(pubsub::HistoryQuery, pubsub::HistoryCallback done) {
  done(NoHistory());
}

void RedisBackplane::ReadHead(std::string_view, pubsub::HeadCallback done) { done(NoHistory()); }

void RedisBackplane::Subscribe(std::string_view ns) {
  subscriber_.Want(ns);
  Wake();
}

void RedisBackplane::Unsubscribe(std::string_view ns) {
  subscriber_.Unwant(ns);
  Wake();
}

bool RedisBackplane::Hears(std::string_view ns) const { return subscriber_.Hears(ns); }

void RedisBackplane::AwaitHeard(std::string_view ns, pubsub::HeardCallback done) {
  subscriber_.AwaitHeard(ns, std::move(done));
}

absl::Status RedisBackplane::Health() const {
  const MutexLock lock(&health_mutex_);
  return health_;
}

void RedisBackplane::Wake() {
  if (awake_.exchange(true, std::memory_order_acq_rel)) return;
  boost::asio::post(loop_, [this] {
    awake_.exchange(false, std::memory_order_acq_rel);
    subscriber_.Pump();
    publisher_.Pump();
  });
}

void RedisBackplane::ArmTick() {
  tick_.expires_after(kTick);
  tick_.async_wait([this](boost::system::error_code ec) {
    if (!ec) Tick();
  });
}

void RedisBackplane::Tick() {
  const TimePoint now = Clock::System().Now();
  if (end_by_ && now >= *end_by_) return End();
  publisher_.Tick(now);
  subscriber_.Tick(now);
  TickProbe(now);
  UpdateHealth();
  ArmTick();
}

void RedisBackplane::TickProbe(TimePoint now) {
  if (!publisher_.link().up() || !subscriber_.own_heard()) {
    probe_.awaited = false;
    // An idle link for publishes is probed too: it is owed an answer.
    if (publisher_.link().up() && publisher_.idle() &&
        now - probe_.sent >= settings_.probe_interval) {
      probe_.sent = now;
      publisher_.Probe("0");
    }
    return;
  }
  // A link by which much else comes is behind, and not dead: for that there is more time.
  const bool carries = now - subscriber_.last_read() < settings_.answer_timeout;
  if (probe_.awaited &&
      now - probe_.sent >= settings_.answer_timeout * (carries ? kBehindTimes : 1)) {
    probe_.awaited = false;
    return subscriber_.Remake(
        absl::StrCat("what this node published to itself did not come back for ",
                     settings_.answer_timeout.count(), " ms"));
  }
  if (probe_.awaited || now - probe_.sent < settings_.probe_interval) return;
  probe_.awaited = true;
  probe_.sent = now;
  publisher_.Probe(absl::StrCat(++probe_.number));
}

void RedisBackplane::OnProbe(std::string_view text) {
  if (!probe_.awaited || text != std::to_string(probe_.number)) return;
  probe_.awaited = false;
  metrics_->backplane_lag.Observe(metrics::BackplaneLag::kProbe,
                                  Clock::System().Now() - probe_.sent);
}

absl::Status RedisBackplane::FindHealth() {
  for (const RedisLink* const link : {&publisher_.link(), &subscriber_.link()}) {
    if (!link->up()) return link->status();
  }
  if (!subscriber_.own_heard()) {
    return absl::UnavailableError(
        absl::StrCat("Redis at ", settings_.Where(), " is connected, and not heard yet"));
  }
  return subscriber_.Restored();
}

void RedisBackplane::UpdateHealth() {
  absl::Status health = FindHealth();
  const MutexLock lock(&health_mutex_);
  health_ = std::move(health);
}

}  // namespace hookcast::backplane

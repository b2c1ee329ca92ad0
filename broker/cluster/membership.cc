#include "broker/cluster/membership.h"

#include <algorithm>
#include <utility>

#include "broker/base/log.h"

namespace hookcast::cluster {
Membership::Membership(Seams seams, NodeDirectory* directory, const Clock* clock,
                       metrics::Catalogue* metrics)
    : seams_(std::move(seams)), directory_(directory), clock_(clock), metrics_(metrics) {}

void Membership::OnAnnouncement(std::string_view bytes) {
  if (bytes.empty()) {
    directory_->MayHaveMissed();
    {
      const MutexLock lock(&mutex_);
      hello_pause_ = kFirstBeat;
    }
    return Sooner(Duration::zero(), kLeastSpread);
  }
  const absl::StatusOr<Announcement> announcement = Announcement::Parse(bytes);
  if (!announcement.ok()) {
    metrics_->announcements.Add(metrics::Announced::kUnreadable);
    const MutexLock lock(&mutex_);
    if (!unreadable_.Pass(clock_->Now())) return;
    return log::Warn("an announcement of a node cannot be read",
                     {{"error", std::string(announcement.status().message())}});
  }
  metrics_->announcements.Add(metrics::Announced::kHeard);
  const NodeDirectory::Heard heard = directory_->Hear(*announcement);
  if (heard == NodeDirectory::Heard::kOwn) return;
  if (announcement->kind != Announcement::Kind::kHello) return;
  const Duration spread = Spread();
  Duration jitter;
  {
    const MutexLock lock(&mutex_);
    jitter = Duration(std::uniform_int_distribution<Duration::rep>(0, spread.count())(random_));
  }
  Sooner(jitter, spread);
}

void Membership::Changed() { Sooner(Duration::zero(), kLeastSpread); }

Duration Membership::Spread() const {
  return std::clamp<Duration>(directory_->known() * kSpreadOfEach, kLeastSpread, kMostSpread);
}

void Membership::Sooner(Duration after, Duration pause) {
  {
    const MutexLock lock(&mutex_);
    const TimePoint when = std::max(clock_->Now() + after, last_ + pause);
    if (left_ || when >= next_) return;
    next_ = when;
  }
  seams_.wake();
}

Duration Membership::Beat() {
  const bool heard = directory_->hears_itself();
  const TimePoint now = clock_->Now();
  {
    const MutexLock lock(&mutex_);
    if (left_) return kBeat;
    if (now < next_) return next_ - now;
    last_ = now;
    next_ = now + (heard ? kBeat : hello_pause_);
    hello_pause_ = heard ? kFirstBeat : std::min<Duration>(2 * hello_pause_, kBeat);
  }
  const auto kind = heard ? Announcement::Kind::kBeat : Announcement::Kind::kHello;
  seams_.announce(Announcement{seams_.describe(), kind}.ToBytes());
  metrics_->announcements.Add(metrics::Announced::kSent);
  // An announcement may have been heard, and an answer asked for, before it returned.
  const MutexLock lock(&mutex_);
  return std::max(next_ - clock_->Now(), Duration::zero());
}

void Membership::Leave() {
  {
    const MutexLock lock(&mutex_);
    if (std::exchange(left_, true)) return;
  }
  seams_.announce(Announcement{seams_.describe(), Announcement::Kind::kLeaving}.ToBytes());
}

}  // namespace hookcast::cluster

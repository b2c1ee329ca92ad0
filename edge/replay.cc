#include "edge/replay.h"

#include <algorithm>
#include <utility>

namespace hookcast::edge {
namespace {

using pubsub::Message;
using pubsub::Position;

constexpr size_t kPageMessages = 256;
// Most that a peer gets in a turn, however fast it reads: others wait meanwhile.
constexpr size_t kTurnBytes = 256 * 1024;
// Most that a turn reads for a peer: a page may have looked at many messages and hold none.
constexpr int kTurnReads = 8;

// No form of the message on the wire is larger: JSON writes a control character as six bytes.
size_t LargestFrameOf(const Message& message) {
  size_t text = message.data.payload.size() + message.topic.size();
  if (message.data.event != nullptr) {
    text += message.data.event->id.size() + message.data.event->event.size();
  }
  return 6 * text + 512;
}

size_t LessBy(size_t left, size_t taken) { return left - std::min(left, taken); }

}  // namespace

Replay::Replay(Shard* shard, Transport* transport, const pubsub::Peer* peer)
    : shard_(shard),
      transport_(transport),
      peer_(peer),
      position_(shard->hub().Cursor(peer->facts().ns)) {}

void Replay::AwaitOpen() {
  stage_ = Stage::kAwaitsOpen;
  position_.reset();
}

std::optional<Position> Replay::AwaitOpen(std::string_view resume_text) {
  AwaitOpen();
  came_back_ = true;
  const std::optional<pubsub::ResumePoint> point = pubsub::ParseResumeId(resume_text);
  unreadable_ = !point || !point->IsOf(peer_->facts().ns);
  gap_due_ = unreadable_ || point->owes;
  if (!unreadable_) position_ = point->position;
  return position_;
}

void Replay::Begin() {
  if (stage_ != Stage::kAwaitsOpen) return;
  stage_ = Stage::kRuns;
  const Position now = shard_->hub().Cursor(peer_->facts().ns).value_or(Position());
  Position lowest = position_.value_or(now);
  for (std::string& topic : peer_->membership().Topics()) {
    const auto wanted = wanted_.try_emplace(std::move(topic), position_.value_or(now)).first;
    lowest = std::min(lowest, wanted->second);
  }
  // To whom nothing was given yet, everything is given from there on, and nothing recalled.
  const bool is_new = !position_.has_value();
  if (is_new) position_ = lowest;
  at_ = lowest;
  if (!unreadable_ && (is_new || at_ < position_)) transport_->TellPosition();
  GoOn(UsualSpace());
}

void Replay::AddTopic(std::string_view topic, Position since) {
  if (first_added_.empty()) first_added_ = topic;
  if (stage_ == Stage::kAwaitsOpen) {
    wanted_.insert_or_assign(std::string(topic), since);
    return;
  }
  const Position now = shard_->hub().Cursor(peer_->facts().ns).value_or(Position());
  if (!at_) {
    for (std::string& other : peer_->membership().Topics()) {
      wanted_.try_emplace(std::move(other), now);
    }
    at_ = now;
    if (!position_) position_ = now;
  }
  wanted_.insert_or_assign(std::string(topic), since);
  StartAt(std::min(since, *at_));
  transport_->TellPosition();
}

// The others have what the scan came past already.
void Replay::StartAt(Position position) {
  if (position < *at_) {
    for (auto& [topic, from] : wanted_) {
      if (from != position) from = std::max(from, *at_);
    }
  }
  at_ = position;
  checked_ = false;
  topics_.reset();
  page_.clear();
  next_ = 0;
  scanned_.reset();
  ++reads_;
  reading_ = false;
  GoOn(UsualSpace());
}

void Replay::Forget(std::string_view topic) {
  const auto wanted = wanted_.find(topic);
  if (wanted == wanted_.end()) return;
  wanted_.erase(wanted);
  topics_.reset();
}

bool Replay::Holds(const Message& message) {
  if (!message.position) return false;
  // Subscribed to meanwhile: from now on, which is from this message on.
  if (stage_ == Stage::kRuns && !wanted_.contains(message.topic)) {
    wanted_.emplace(message.topic,
                    Position{message.position->epoch, message.position->sequence - 1});
    topics_.reset();
  }
  return true;
}

std::string Replay::ResumeId() const {
  if (unreadable_ || !position_) return {};
  return pubsub::ResumeId(peer_->facts().ns, *position_, at_ && *at_ < *position_);
}

uint64_t Replay::TakeGiven() { return replayed_ - std::exchange(taken_, replayed_); }

std::optional<Replay::Joined> Replay::Run() {
  if (stage_ == Stage::kAwaitsOpen || reading_) return std::nullopt;
  running_ = true;
  if (std::exchange(gap_due_, false)) TellGap();
  std::optional<Joined> joined;
  size_t left = std::clamp<size_t>(UsualSpace(), 1, kTurnBytes);
  for (int reads = 0; !reading_; ++reads) {
    if (!Give(&left)) break;
    const std::optional<Position> cursor = shard_->hub().Cursor(peer_->facts().ns);
    // Without a cursor nobody here is subscribed to anything.
    if (!cursor || wanted_.empty()) {
      joined = End(cursor.value_or(position_.value_or(Position())));
      break;
    }
    if (at_ == cursor && position_ <= cursor) {
      joined = End(*cursor);
      break;
    }
    // The client was ahead of this shard, which has yet to take what waits for it in its line.
    if (checked_ && *at_ >= *cursor) {
      GoOn(UsualSpace());
      break;
    }
    if (left == 0 || reads == kTurnReads) {
      GoOn(UsualSpace());
      break;
    }
    Read(cursor->sequence);
  }
  running_ = false;
  return joined;
}

bool Replay::Give(size_t* left) {
  const size_t half = transport_->queue_limit() / 2;
  for (; next_ < page_.size(); ++next_) {
    const Message& message = *page_[next_];
    if (!Wants(message)) {
      at_ = message.position;
      continue;
    }
    const size_t queued = transport_->queued_bytes();
    const size_t largest = LargestFrameOf(message);
    const bool fits = queued == 0 || queued + largest <= half;
    if (!fits || *left == 0) {
      // Nothing is held for a peer that waits: what is left is read again.
      page_.clear();
      next_ = 0;
      scanned_.reset();
      GoOn(fits ? UsualSpace() : std::min(UsualSpace(), LessBy(half, largest)));
      return false;
    }
    *left = LessBy(*left, message.data.payload.size() + 256);
    at_ = message.position;
    const bool recalled = message.position <= position_;
    if (!recalled) position_ = message.position;
    const bool taken = recalled ? transport_->Recall(message) : transport_->Deliver(message);
    // Closing, and then there will be no space; or dropped, and counted, for what else it was sent.
    if (!taken) continue;
    ++replayed_;
    shard_->metrics().replayed.Add();
  }
  page_.clear();
  next_ = 0;
  if (scanned_) at_ = std::max(*at_, *std::exchange(scanned_, std::nullopt));
  if (position_ < at_) position_ = at_;
  return transport_->open();
}

bool Replay::Wants(const Message& message) const {
  // A publisher does not get its own, over one connection.
  if (message.exclude == peer_->id()) return false;
  const auto wanted = wanted_.find(message.topic);
  return wanted != wanted_.end() && *message.position > wanted->second;
}

void Replay::Read(uint64_t until) {
  if (topics_ == nullptr) {
    pubsub::TopicSet topics;
    for (const auto& [topic, from] : wanted_) topics.insert(topic);
    topics_ = std::make_shared<const pubsub::TopicSet>(std::move(topics));
  }
  reading_ = true;
  ShardLoop* const loop = &shard_->reactor().loop();
  shard_->hub().backplane().ReadHistory(
      {.ns = peer_->facts().ns,
       .after = at_,
       .until = until,
       .topics = topics_,
       .limit = kPageMessages,
       .bytes = kTurnBytes},
      [this, alive = std::weak_ptr(alive_), loop,
       read = ++reads_](absl::StatusOr<pubsub::HistoryPage> page) {
        if (loop->InLoop()) {
          if (!alive.expired() && read == reads_) OnPage(std::move(page));
          return;
        }
        loop->Post([this, alive, read, page = std::move(page)]() mutable {
          if (!alive.expired() && read == reads_) OnPage(std::move(page));
        });
      });
}

void Replay::OnPage(absl::StatusOr<pubsub::HistoryPage> page) {
  reading_ = false;
  checked_ = true;
  if (page.ok()) {
    if (page->gap) {
      TellGap();
      OnGap(page->head);
    }
    page_ = std::move(page->messages);
    scanned_ = page->scanned;
  } else {
    // What it missed cannot be known; it goes on from here.
    TellGap();
    scanned_ = shard_->hub().Cursor(peer_->facts().ns);
  }
  if (!running_) GoOn(UsualSpace());
}

void Replay::OnGap(Position head) {
  const auto means_nothing = [&](Position position) {
    return position.epoch != head.epoch || position > head;
  };
  const Position beginning{head.epoch, 0};
  for (auto& [topic, from] : wanted_) {
    if (means_nothing(from)) from = beginning;
  }
  if (!position_ || means_nothing(*position_)) position_ = beginning;
  at_ = beginning;
}

void Replay::TellGap() {
  if (gap_) return;
  gap_ = true;
  gap_told_ = transport_->TellGap(std::nullopt);
}

Replay::Joined Replay::End(Position position) {
  using metrics::Resume;
  if (came_back_) {
    shard_->metrics().resumes.Add(gap_ ? Resume::kGap : Resume::kResumed);
  } else if (gap_) {
    shard_->metrics().resumes.Add(Resume::kTopicGap);
  }
  return {came_back_, first_added_, position, replayed_, gap_, gap_told_};
}

// From another turn, so that what a turn gives is bounded however fast the socket takes it.
void Replay::GoOn(size_t space) {
  shard_->reactor().loop().Post([this, space, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) transport_->AwaitSpace(space);
  });
}

}  // namespace hookcast::edge

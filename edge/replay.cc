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

// No form of the message on the wire is larger: JSON writes a control character as six bytes.
size_t LargestFrameOf(const Message& message) {
  size_t text = message.data.payload.size() + message.topic.size();
  if (message.data.event != nullptr) {
    text += message.data.event->id.size() + message.data.event->event.size();
  }
  return 6 * text + 512;
}

}  // namespace

Replay::Replay(Shard* shard, Transport* transport, const pubsub::Peer* peer)
    : shard_(shard), transport_(transport), peer_(peer) {}

std::optional<Position> Replay::Await(std::string_view resume_text) {
  begun_ = false;
  Scan& scan = scans_.emplace_back();
  const std::optional<pubsub::ResumePoint> point = pubsub::ParseResumeId(resume_text);
  if (point && point->IsOf(peer_->facts().ns)) scan.at = point->position;
  return scan.at;
}

void Replay::Begin() {
  begun_ = true;
  Scan& scan = scans_.front();
  for (std::string& topic : peer_->membership().Topics()) {
    if (!scan.at) break;  // nothing is replayed
    const bool apart = std::any_of(scans_.begin() + 1, scans_.end(),
                                   [&](const Scan& other) { return other.topic == topic; });
    if (!apart) scan.wanted.emplace(std::move(topic), 0);
  }
  AwaitSpace();
}

void Replay::AddTopic(std::string_view topic, Position since) {
  Scan& scan = scans_.emplace_back();
  scan.topic = std::string(topic);
  scan.at = since;
  scan.wanted.emplace(topic, 0);
  if (begun_) AwaitSpace();
}

void Replay::Forget(std::string_view topic) {
  for (Scan& scan : scans_) {
    const auto wanted = scan.wanted.find(topic);
    if (wanted != scan.wanted.end()) scan.wanted.erase(wanted);
  }
  topics_.reset();
}

bool Replay::Holds(const Message& message) {
  if (!message.position || scans_.empty()) return false;
  const bool known = std::any_of(scans_.begin(), scans_.end(), [&](const Scan& scan) {
    return scan.wanted.contains(message.topic);
  });
  Scan& scan = scans_.front();
  if (known || !scan.topic.empty()) return known;
  if (!scan.at) return false;  // it goes on from here
  // Subscribed to meanwhile: from now on, which is from this message on.
  if (begun_) {
    scan.wanted.emplace(message.topic, message.position->sequence - 1);
    topics_.reset();
  }
  return true;
}

std::optional<std::string> Replay::ResumeId() const {
  if (scans_.empty() || !scans_.front().topic.empty()) return std::nullopt;
  const Scan& scan = scans_.front();
  return scan.at ? pubsub::ResumeId(peer_->facts().ns, *scan.at) : std::string();
}

std::optional<Replay::Joined> Replay::Run() {
  if (!begun_ || reading_) return std::nullopt;
  running_ = true;
  std::optional<Joined> joined;
  size_t left = std::min(transport_->queue_limit() / 2, kTurnBytes);
  while (!scans_.empty() && !reading_) {
    Scan& scan = scans_.front();
    if (!Give(&scan, &left)) break;
    const std::optional<Position> cursor = shard_->hub().Cursor(peer_->facts().ns);
    if (!scan.at) TellGap(&scan);
    // Without a cursor nobody here is subscribed to anything.
    if (!scan.at || !cursor || scan.wanted.empty()) {
      joined = End(cursor.value_or(scan.at.value_or(Position())));
      break;
    }
    if (scan.at == cursor) {
      joined = End(*cursor);
      break;
    }
    // The client was ahead of this shard, which has yet to take what waits for it in its line.
    if (scan.checked && *scan.at > *cursor) {
      GoOn();
      break;
    }
    Read(&scan, cursor->sequence);
  }
  running_ = false;
  if (joined && !scans_.empty()) GoOn();
  return joined;
}

bool Replay::Give(Scan* scan, size_t* left) {
  const size_t limit = transport_->queue_limit();
  for (; next_ < page_.size(); ++next_) {
    const Message& message = *page_[next_];
    if (!Wants(*scan, message)) continue;
    const size_t queued = transport_->queued_bytes();
    const size_t largest = LargestFrameOf(message);
    if (queued != 0 && queued + largest > limit) {
      transport_->AwaitSpace(std::min(limit / 2, limit - std::min(limit, largest)));
      return false;
    }
    if (*left == 0) {
      GoOn();
      return false;
    }
    *left -= std::min(*left, message.data.payload.size() + 256);
    scan->at = message.position;
    const bool taken =
        scan->topic.empty() ? transport_->Deliver(message) : transport_->Recall(message);
    if (!taken) {
      // Closing, and there will be no space; or dropped, and counted, for what else it was sent.
      ++next_;
      GoOn();
      return false;
    }
    ++scan->replayed;
    shard_->metrics().replayed.Add();
  }
  page_.clear();
  next_ = 0;
  if (scanned_) scan->at = *std::exchange(scanned_, std::nullopt);
  return true;
}

bool Replay::Wants(const Scan& scan, const Message& message) const {
  // A publisher does not get its own, over one connection.
  if (message.exclude == peer_->id()) return false;
  const auto wanted = scan.wanted.find(message.topic);
  return wanted != scan.wanted.end() && message.position->sequence > wanted->second;
}

void Replay::Read(Scan* scan, uint64_t until) {
  if (topics_ == nullptr) {
    pubsub::TopicSet topics;
    for (const auto& [topic, from] : scan->wanted) topics.insert(topic);
    topics_ = std::make_shared<const pubsub::TopicSet>(std::move(topics));
  }
  reading_ = true;
  ShardLoop* const loop = &shard_->reactor().loop();
  shard_->hub().backplane().ReadHistory(
      {.ns = peer_->facts().ns,
       .after = scan->at,
       .until = until,
       .topics = topics_,
       .limit = kPageMessages,
       .bytes = kTurnBytes},
      [this, alive = std::weak_ptr(alive_), loop](absl::StatusOr<pubsub::HistoryPage> page) {
        if (loop->InLoop()) {
          if (!alive.expired()) OnPage(std::move(page));
          return;
        }
        loop->Post([this, alive, page = std::move(page)]() mutable {
          if (!alive.expired()) OnPage(std::move(page));
        });
      });
}

void Replay::OnPage(absl::StatusOr<pubsub::HistoryPage> page) {
  reading_ = false;
  Scan& scan = scans_.front();
  scan.checked = true;
  if (page.ok()) {
    if (page->gap) TellGap(&scan);
    page_ = std::move(page->messages);
    scanned_ = page->scanned;
  } else {
    // What it missed cannot be known; it goes on from here.
    TellGap(&scan);
    scanned_ = shard_->hub().Cursor(peer_->facts().ns);
  }
  if (!running_) AwaitSpace();
}

void Replay::TellGap(Scan* scan) {
  scan->gap = true;
  scan->gap_told = transport_->TellGap(std::nullopt);
}

Replay::Joined Replay::End(Position position) {
  Scan scan = std::move(scans_.front());
  scans_.pop_front();
  topics_.reset();
  using metrics::Resume;
  if (scan.topic.empty()) {
    shard_->metrics().resumes.Add(scan.gap ? Resume::kGap : Resume::kResumed);
  } else if (scan.gap) {
    shard_->metrics().resumes.Add(Resume::kTopicGap);
  }
  return {std::move(scan.topic), position, scan.replayed, scan.gap, scan.gap_told};
}

void Replay::GoOn() {
  shard_->reactor().loop().Post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) AwaitSpace();
  });
}

void Replay::AwaitSpace() { transport_->AwaitSpace(transport_->queue_limit() / 2); }

}  // namespace hookcast::edge

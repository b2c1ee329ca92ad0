#include "broker/backplane/memory/memory_history.h"

#include <algorithm>
#include <utility>

namespace hookcast::backplane {
namespace {

using pubsub::HistoryLimits;
using pubsub::HistoryPage;
using pubsub::HistoryQuery;
using pubsub::Message;
using pubsub::Position;

// Bounds of what one call does under the lock.
constexpr size_t kMostExpired = 1024;
constexpr size_t kMostExpiredInPassing = 32;
constexpr size_t kMostRead = 1024;
constexpr int kMostDropped = 16;
// More than one, so that they come round faster than new ones are made.
constexpr int kLooksInPassing = 2;

// The part of what may be held that is for what is remembered of namespaces that were left.
constexpr size_t kLeftShare = 8;

// Beside the strings' bytes: maps, lists and the allocator's own.
constexpr size_t kEntryOverhead = 96;
constexpr size_t kStreamOverhead = 512;

}  // namespace

MemoryHistory::MemoryHistory(Settings settings)
    : settings_(std::move(settings)),
      forms_(std::make_shared<pubsub::FormsAccount>()),
      epochs_(settings_.clock, settings_.max_bytes / kLeftShare),
      next_(streams_.end()) {}

MemoryHistory::~MemoryHistory() = default;

absl::Status MemoryHistory::NotKept() {
  return absl::FailedPreconditionError(
      "the namespace keeps no history; set history.size on its route, or for its name under "
      "namespaces");
}

void MemoryHistory::Append(const std::shared_ptr<Message>& message, HistoryLimits limits,
                           absl::FunctionRef<void()> in_order) {
  size_t bytes = sizeof(Message) + sizeof(Entry) + kEntryOverhead + message->data.payload.size() +
                 message->ns.size() + message->topic.size() + message->key.size();
  if (message->data.event != nullptr) {
    bytes += sizeof(pubsub::EventFields) + message->data.event->id.size() +
             message->data.event->event.size();
  }
  Waste waste;
  const MutexLock lock(&mutex_);
  Stream* const touched = Touch(message->ns, &waste);
  Stream& stream = touched != nullptr ? *touched : *Make(message->ns, limits);
  message->position = Position{stream.epoch, ++stream.last};
  message->kept_at = settings_.clock->WallNow();
  message->forms().CountIn(forms_);
  Entry& entry = stream.entries.emplace_back(Entry{message, stream.touched, bytes, &stream});
  entry.older = newest_;
  (newest_ == nullptr ? oldest_ : newest_->newer) = &entry;
  newest_ = &entry;
  CountBytes(static_cast<ptrdiff_t>(bytes));
  if (settings_.metrics != nullptr) settings_.metrics->history_messages.Add(1);
  Expire(&stream, &waste);
  Tidy(&stream, &waste);
  in_order();
}

absl::StatusOr<HistoryPage> MemoryHistory::Read(const HistoryQuery& query) {
  const HistoryLimits limits = LimitsOf(query.ns);
  if (!limits.kept()) return NotKept();
  Waste waste;
  const MutexLock lock(&mutex_);
  Stream* const touched = Touch(query.ns, &waste);
  Tidy(touched, &waste);
  // One that has no stream yet reads like one that holds nothing.
  const Stream none{.epoch = touched == nullptr ? epochs_.Of(query.ns) : 0};
  const Stream& stream = touched != nullptr ? *touched : none;

  const size_t expired = Expired(stream);
  HistoryPage page;
  page.head = {stream.epoch, stream.last};
  page.first = stream.first() + expired;
  uint64_t next = page.first;
  if (query.after) {
    const Position& after = *query.after;
    page.gap = after.epoch != stream.epoch || after.sequence > stream.last ||
               after.sequence + 1 < page.first;
    if (!page.gap) next = after.sequence + 1;
  }
  uint64_t end = std::min(stream.last, query.until.value_or(stream.last)) + 1;
  end = std::min(end, next + kMostRead);
  size_t bytes = 0;
  for (; next < end && page.messages.size() < query.limit && bytes < query.bytes; ++next) {
    const pubsub::MessageRef& message = stream.entries[next - stream.first()].message;
    if (query.topics != nullptr && !query.topics->contains(message->topic)) continue;
    bytes += message->data.payload.size();
    page.messages.push_back(message);
  }
  page.scanned = {stream.epoch, next - 1};
  return page;
}

absl::StatusOr<Position> MemoryHistory::Head(std::string_view ns) {
  const HistoryLimits limits = LimitsOf(ns);
  if (!limits.kept()) return NotKept();
  Waste waste;
  const MutexLock lock(&mutex_);
  const Stream* const stream = Touch(ns, &waste);
  Tidy(stream, &waste);
  if (stream == nullptr) return Position{epochs_.Of(ns), 0};
  return Position{stream->epoch, stream->last};
}

void MemoryHistory::Want(std::string_view ns) { epochs_.Want(ns); }

void MemoryHistory::Unwant(std::string_view ns) {
  epochs_.Unwant(ns, std::max(kKeptIdle, LimitsOf(ns).age));
}

MemoryHistory::Stream* MemoryHistory::Touch(std::string_view ns, Waste* waste) {
  const auto found = by_name_.find(ns);
  if (found == by_name_.end()) return nullptr;
  Stream& stream = *found->second;
  stream.touched = settings_.clock->Now();
  Expire(&stream, waste);
  return &stream;
}

MemoryHistory::Stream* MemoryHistory::Make(std::string_view ns, HistoryLimits limits) {
  Stream& stream = streams_.emplace_back();
  stream.ns = std::string(ns);
  stream.limits = limits;
  stream.epoch = epochs_.Of(ns);
  stream.touched = settings_.clock->Now();
  by_name_.emplace(stream.ns, std::prev(streams_.end()));
  CountBytes(static_cast<ptrdiff_t>(kStreamOverhead + 2 * ns.size()));
  if (settings_.metrics != nullptr) settings_.metrics->history_namespaces.Add(1);
  return &stream;
}

size_t MemoryHistory::Expired(const Stream& stream) const {
  const size_t beyond = stream.entries.size() - std::min(stream.entries.size(), stream.limits.size);
  const TimePoint oldest = settings_.clock->Now() - stream.limits.age;
  const auto held = std::partition_point(stream.entries.begin(), stream.entries.end(),
                                         [&](const Entry& entry) { return entry.at <= oldest; });
  return std::max(beyond, static_cast<size_t>(held - stream.entries.begin()));
}

// What is left to do, if it is much, later calls do; nobody is given it meanwhile.
void MemoryHistory::Expire(Stream* stream, Waste* waste) {
  for (size_t left = std::min(Expired(*stream), kMostExpired); left > 0; --left) {
    PopFront(stream, waste);
  }
}

void MemoryHistory::Tidy(const Stream* busy, Waste* waste) {
  for (int looks = kLooksInPassing; looks > 0 && !streams_.empty(); --looks) {
    LookAtNext(busy, waste);
  }
  Evict(busy, waste);
}

MemoryHistory::Streams::iterator MemoryHistory::TakeTurn() {
  if (next_ == streams_.end()) next_ = streams_.begin();
  return next_++;
}

void MemoryHistory::LookAtNext(const Stream* busy, Waste* waste) {
  const auto stream = TakeTurn();
  if (&*stream == busy) return;
  for (size_t left = std::min(Expired(*stream), kMostExpiredInPassing); left > 0; --left) {
    PopFront(&*stream, waste);
  }
  if (Idle(*stream, std::max(kKeptIdle, stream->limits.age))) Drop(stream);
}

void MemoryHistory::Evict(const Stream* busy, Waste* waste) {
  auto most = static_cast<int64_t>(settings_.max_bytes);
  DropIdle(kKeptFull, busy, most);
  while (BytesHeld() > most && oldest_ != nullptr) {
    Stream& stream = *oldest_->stream;
    // What is in the waste holds its forms until the lock is given back.
    most += static_cast<int64_t>(oldest_->message->forms().bytes());
    PopFront(&stream, waste);
    if (settings_.metrics != nullptr) settings_.metrics->history_evicted.Add();
    // One whose last message had to go was touched long ago, as time goes here.
    if (&stream != busy && stream.entries.empty() && !epochs_.Wanted(stream.ns, kKeptFull)) {
      Drop(by_name_.find(stream.ns)->second);
    }
  }
  DropIdle(Duration(0), busy, most);
}

void MemoryHistory::DropIdle(Duration idle, const Stream* busy, int64_t most) {
  for (int looks = kMostDropped; looks > 0 && BytesHeld() > most && !streams_.empty(); --looks) {
    const auto stream = TakeTurn();
    if (&*stream != busy && Idle(*stream, idle)) Drop(stream);
  }
}

int64_t MemoryHistory::BytesHeld() const {
  return static_cast<int64_t>(bytes_ + epochs_.bytes_left()) +
         forms_->bytes.load(std::memory_order_relaxed);
}

void MemoryHistory::PopFront(Stream* stream, Waste* waste) {
  Entry& entry = stream->entries.front();
  (entry.older == nullptr ? oldest_ : entry.older->newer) = entry.newer;
  (entry.newer == nullptr ? newest_ : entry.newer->older) = entry.older;
  CountBytes(-static_cast<ptrdiff_t>(entry.bytes));
  if (settings_.metrics != nullptr) settings_.metrics->history_messages.Add(-1);
  waste->push_back(std::move(entry.message));
  stream->entries.pop_front();
}

bool MemoryHistory::Idle(const Stream& stream, Duration idle) const {
  return stream.entries.empty() && settings_.clock->Now() - stream.touched >= idle &&
         !epochs_.Wanted(stream.ns, idle);
}

void MemoryHistory::Drop(Streams::iterator stream) {
  CountBytes(-static_cast<ptrdiff_t>(kStreamOverhead + 2 * stream->ns.size()));
  if (settings_.metrics != nullptr) settings_.metrics->history_namespaces.Add(-1);
  if (next_ == stream) ++next_;
  epochs_.End(stream->ns, stream->epoch);
  by_name_.erase(by_name_.find(stream->ns));
  streams_.erase(stream);
}

void MemoryHistory::CountBytes(ptrdiff_t bytes) {
  bytes_ += static_cast<size_t>(bytes);
  if (settings_.metrics != nullptr) settings_.metrics->history_bytes.Add(bytes);
}

}  // namespace hookcast::backplane

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

// Beside the strings' bytes: maps, lists and the allocator's own.
constexpr size_t kEntryOverhead = 96;
constexpr size_t kStreamOverhead = 512;

}  // namespace

MemoryHistory::MemoryHistory(Settings settings)
    : settings_(std::move(settings)),
      forms_(std::make_shared<pubsub::FormsAccount>()),
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
  Stream& stream = Touch(message->ns, limits, &waste);
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
  LookAtNext(&stream, &waste);
  Evict(&stream, &waste);
  in_order();
}

absl::StatusOr<HistoryPage> MemoryHistory::Read(const HistoryQuery& query) {
  const HistoryLimits limits = LimitsOf(query.ns);
  if (!limits.kept()) return NotKept();
  Waste waste;
  const MutexLock lock(&mutex_);
  Stream& stream = Touch(query.ns, limits, &waste);
  LookAtNext(&stream, &waste);

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
  const Stream& stream = Touch(ns, limits, &waste);
  LookAtNext(&stream, &waste);
  return Position{stream.epoch, stream.last};
}

void MemoryHistory::Want(std::string_view ns) {
  const MutexLock lock(&wanted_mutex_);
  wanted_.emplace(ns);
}

void MemoryHistory::Unwant(std::string_view ns) {
  const MutexLock lock(&wanted_mutex_);
  const auto found = wanted_.find(ns);
  if (found != wanted_.end()) wanted_.erase(found);
}

MemoryHistory::Stream& MemoryHistory::Touch(std::string_view ns, HistoryLimits limits,
                                            Waste* waste) {
  const TimePoint now = settings_.clock->Now();
  if (const auto found = by_name_.find(ns); found != by_name_.end()) {
    Stream& stream = *found->second;
    stream.touched = now;
    Expire(&stream, waste);
    return stream;
  }
  const auto wall = std::chrono::duration_cast<std::chrono::milliseconds>(
      settings_.clock->WallNow().time_since_epoch());
  last_epoch_ =
      std::max(static_cast<uint64_t>(std::max<int64_t>(wall.count(), 1)), last_epoch_ + 1);
  Stream& stream = streams_.emplace_back();
  stream.ns = std::string(ns);
  stream.limits = limits;
  stream.epoch = last_epoch_;
  stream.touched = now;
  by_name_.emplace(stream.ns, std::prev(streams_.end()));
  CountBytes(static_cast<ptrdiff_t>(kStreamOverhead + 2 * ns.size()));
  if (settings_.metrics != nullptr) settings_.metrics->history_namespaces.Add(1);
  return stream;
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

void MemoryHistory::LookAtNext(const Stream* busy, Waste* waste) {
  if (next_ == streams_.end()) next_ = streams_.begin();
  const auto stream = next_;
  if (stream == streams_.end()) return;
  ++next_;
  if (&*stream == busy) return;
  for (size_t left = std::min(Expired(*stream), kMostExpiredInPassing); left > 0; --left) {
    PopFront(&*stream, waste);
  }
  const Duration kept = std::max(kKeptIdle, stream->limits.age);
  if (settings_.clock->Now() - stream->touched >= kept && MayDrop(*stream)) Drop(stream);
}

void MemoryHistory::Evict(const Stream* busy, Waste* waste) {
  auto most = static_cast<int64_t>(settings_.max_bytes);
  // Namespaces without messages go before messages do.
  for (int looks = kMostDropped; looks > 0 && BytesHeld() > most && !streams_.empty(); --looks) {
    if (next_ == streams_.end()) next_ = streams_.begin();
    const auto stream = next_++;
    if (&*stream != busy && MayDrop(*stream)) Drop(stream);
  }
  while (BytesHeld() > most && oldest_ != nullptr) {
    Stream& stream = *oldest_->stream;
    // What is in the waste holds its forms until the lock is given back.
    most += static_cast<int64_t>(oldest_->message->forms().bytes());
    PopFront(&stream, waste);
    if (settings_.metrics != nullptr) settings_.metrics->history_evicted.Add();
    if (&stream != busy && MayDrop(stream)) Drop(by_name_.find(stream.ns)->second);
  }
}

int64_t MemoryHistory::BytesHeld() const {
  return static_cast<int64_t>(bytes_) + forms_->bytes.load(std::memory_order_relaxed);
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

bool MemoryHistory::MayDrop(const Stream& stream) const {
  if (!stream.entries.empty()) return false;
  const MutexLock lock(&wanted_mutex_);
  return !wanted_.contains(stream.ns);
}

void MemoryHistory::Drop(Streams::iterator stream) {
  CountBytes(-static_cast<ptrdiff_t>(kStreamOverhead + 2 * stream->ns.size()));
  if (settings_.metrics != nullptr) settings_.metrics->history_namespaces.Add(-1);
  if (next_ == stream) ++next_;
  by_name_.erase(by_name_.find(stream->ns));
  streams_.erase(stream);
}

void MemoryHistory::CountBytes(ptrdiff_t bytes) {
  bytes_ += static_cast<size_t>(bytes);
  if (settings_.metrics != nullptr) settings_.metrics->history_bytes.Add(bytes);
}

}  // namespace hookcast::backplane

#include "broker/backplane/redis/origin_streams.h"

#include <utility>

namespace hookcast::backplane {

// A namespace's stream.
struct OriginStreams::Stream {
  std::string ns;
  uint64_t number = 0;
  uint64_t sequence = 0;      // the last given
  uint64_t acknowledged = 0;  // the last that Redis took
  bool ended = true;          // the next message opens another
  std::optional<ReplacedStream> replaces;
  size_t unanswered = 0;
  TimePoint last;
  bool lively = true;
  List::iterator at;
};

OriginStreams::OriginStreams(size_t most) : most_(most) {}
OriginStreams::~OriginStreams() = default;

OriginStreams::Ticket OriginStreams::Next(std::string_view ns, TimePoint now) {
  const auto found = streams_.find(ns);
  Stream* s = nullptr;
  if (found != streams_.end()) {
    s = found->second.get();
    List& from = s->lively ? lively_ : quiet_;
    lively_.splice(lively_.end(), from, s->at);
  } else {
    MakePlace();
    auto made = std::make_unique<Stream>();
    s = made.get();
    s->ns = ns;
    streams_.emplace(s->ns, std::move(made));
    s->at = lively_.insert(lively_.end(), s);
  }
  s->lively = true;
  s->last = now;
  if (s->ended) {
    // A stream of which nothing was taken says what its own predecessor was.
    if (s->number != 0 && s->acknowledged != 0) {
      s->replaces = ReplacedStream{s->number, s->acknowledged};
    }
    s->number = ++last_number_;
    s->sequence = 0;
    s->acknowledged = 0;
    s->ended = false;
  }
  ++s->sequence;
  ++s->unanswered;
  return {{s->number, s->sequence, s->replaces}, s};
}

std::string_view OriginStreams::NamespaceOf(const Ticket& ticket) { return ticket.stream->ns; }

void OriginStreams::Taken(const Ticket& ticket) {
  Stream* const s = ticket.stream;
  --s->unanswered;
  // Else an answer for a stream that was replaced meanwhile.
  if (s->number != ticket.place.stream) return;
  s->acknowledged = ticket.place.sequence;
  s->replaces.reset();
}

void OriginStreams::NotTaken(const Ticket& ticket) {
  Stream* const s = ticket.stream;
  --s->unanswered;
  if (s->number == ticket.place.stream) s->ended = true;
}

void OriginStreams::LinkUp(TimePoint now) {
  for (Stream* const s : quiet_) {
    s->lively = true;
    s->last = now;
  }
  lively_.splice(lively_.end(), quiet_);
}

void OriginStreams::Tick(TimePoint now,
                         absl::FunctionRef<void(std::string_view, StreamPlace)> tail) {
  for (size_t tails = 0;
       tails < kMostTails && !lively_.empty() && now - lively_.front()->last >= kTail; ++tails) {
    Stream* const s = lively_.front();
    s->lively = false;
    quiet_.splice(quiet_.end(), lively_, s->at);
    // Of one that ended, others may count on what Redis took of it alone.
    const uint64_t last = s->ended ? s->acknowledged : s->sequence;
    if (last != 0) tail(s->ns, {s->number, last, s->replaces});
  }
  while (!quiet_.empty() && now - quiet_.front()->last >= kIdle &&
         quiet_.front()->unanswered == 0) {
    Forget(quiet_.front());
  }
}

void OriginStreams::Forget(Stream* stream) {
  (stream->lively ? lively_ : quiet_).erase(stream->at);
  streams_.erase(std::string_view(stream->ns));
}

// What is owed an answer stays: it is bounded by what may be under way.
void OriginStreams::MakePlace() {
  if (streams_.size() < most_) return;
  for (List* const list : {&quiet_, &lively_}) {
    for (Stream* const s : *list) {
      if (s->unanswered != 0) continue;
      return Forget(s);
    }
  }
}

}  // namespace hookcast::backplane

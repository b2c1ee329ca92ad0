#include "broker/backplane/redis/origin_streams.h"

#include <utility>

namespace hookcast::backplane {

OriginStreams::OriginStreams(size_t most) : most_(most) {}
OriginStreams::~OriginStreams() = default;

StreamPlace OriginStreams::Next(std::string_view ns, TimePoint now, Stream** stream) {
  const auto found = streams_.find(ns);
  Stream* s = nullptr;
  if (found != streams_.end()) {
    s = found->second.get();
    List& from = s->lively_ ? lively_ : quiet_;
    lively_.splice(lively_.end(), from, s->at_);
  } else {
    MakePlace();
    std::unique_ptr<Stream> made(new Stream(ns));
    s = made.get();
    s->ended_ = true;
    streams_.emplace(s->ns_, std::move(made));
    s->at_ = lively_.insert(lively_.end(), s);
  }
  s->lively_ = true;
  s->last_ = now;
  if (s->ended_) {
    // A stream of which nothing was taken says what its own predecessor was.
    if (s->number_ != 0 && s->acknowledged_ != 0) {
      s->replaces_ = ReplacedStream{s->number_, s->acknowledged_};
    }
    s->number_ = ++last_number_;
    s->sequence_ = 0;
    s->acknowledged_ = 0;
    s->ended_ = false;
  }
  ++s->sequence_;
  ++s->unanswered_;
  *stream = s;
  return {s->number_, s->sequence_, s->replaces_};
}

void OriginStreams::Taken(Stream* stream, uint64_t number, uint64_t sequence) {
  --stream->unanswered_;
  // Else an answer for a stream that ended meanwhile.
  if (stream->number_ != number) return;
  stream->acknowledged_ = sequence;
  stream->replaces_.reset();
}

void OriginStreams::Refused(Stream* stream, uint64_t number) {
  --stream->unanswered_;
  if (stream->number_ == number) stream->ended_ = true;
}

void OriginStreams::Tick(TimePoint now,
                         absl::FunctionRef<void(std::string_view, StreamPlace)> tail) {
  while (!lively_.empty() && now - lively_.front()->last_ >= kTail) {
    Stream* const s = lively_.front();
    s->lively_ = false;
    quiet_.splice(quiet_.end(), lively_, s->at_);
    // Of one that ended, others may count on what Redis took of it alone.
    const uint64_t last = s->ended_ ? s->acknowledged_ : s->sequence_;
    if (last != 0) tail(s->ns_, {s->number_, last, s->replaces_});
  }
  while (!quiet_.empty() && now - quiet_.front()->last_ >= kIdle &&
         quiet_.front()->unanswered_ == 0) {
    Forget(quiet_.front());
  }
}

void OriginStreams::Forget(Stream* stream) {
  (stream->lively_ ? lively_ : quiet_).erase(stream->at_);
  streams_.erase(std::string_view(stream->ns_));
}

// What is owed an answer stays: it is bounded by what may be under way.
void OriginStreams::MakePlace() {
  if (streams_.size() < most_) return;
  for (List* const list : {&quiet_, &lively_}) {
    for (Stream* const s : *list) {
      if (s->unanswered_ != 0) continue;
      return Forget(s);
    }
  }
}

}  // namespace hookcast::backplane

#include "edge/reactor.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace hookcast::edge {

Reactor::Reactor(ShardLoop* loop)
    : loop_(loop),
      poller_(loop->context()),
      timers_(loop),
      read_buffer_(new char[kReadBufferBytes]) {}

void Reactor::FlushLater(Flushable* item) {
  if (item->listed_at_ != Flushable::kNotListed) return;
  item->listed_at_ = to_flush_.size();
  to_flush_.push_back(item);
  if (std::exchange(flush_posted_, true)) return;
  boost::asio::post(loop_->context(), [this] { Flush(); });
}

void Reactor::Forget(Flushable* item) {
  if (item->listed_at_ == Flushable::kNotListed) return;
  to_flush_[item->listed_at_] = nullptr;
  item->listed_at_ = Flushable::kNotListed;
}

// Items that are listed while this runs are flushed by it too.
void Reactor::Flush() {
  flush_time_ = Now();
  for (size_t i = 0; i < to_flush_.size(); ++i) {
    Flushable* const item = to_flush_[i];
    if (item == nullptr) continue;
    item->listed_at_ = Flushable::kNotListed;
    to_flush_[i] = nullptr;
    item->Flush();
  }
  to_flush_.clear();
  joined_frames_.Clear();
  flush_posted_ = false;
}

void Reactor::DisposeLater(std::shared_ptr<void> object) {
  disposed_.push_back(std::move(object));
  if (disposed_.size() > 1) return;
  boost::asio::post(loop_->context(), [this] {
    // Destructors may dispose of more, which is then for the next turn.
    const auto disposed = std::exchange(disposed_, {});
  });
}

}  // namespace hookcast::edge

#include "broker/pubsub/shard_inbox.h"

#include <utility>

#include "broker/pubsub/hub.h"

namespace hookcast::pubsub {
namespace {

// Sockets and timers of the shard get their turn between so many.
constexpr size_t kMessagesATurn = 256;

}  // namespace

class ShardInbox::Turn {
 public:
  explicit Turn(ShardInbox* inbox) : inbox_(inbox->weak_from_this()) {}
  Turn(Turn&& other) noexcept = default;
  Turn& operator=(Turn&&) = delete;
  ~Turn() {
    if (const auto inbox = inbox_.lock()) inbox->Discard();
  }

  void operator()() {
    if (const auto inbox = std::exchange(inbox_, {}).lock()) inbox->TakeTurn();
  }

 private:
  std::weak_ptr<ShardInbox> inbox_;
};

ShardInbox::ShardInbox(ShardLoop* loop, Hub* hub, std::function<void(const Message&)> settle)
    : loop_(loop), hub_(hub), settle_(std::move(settle)) {}

ShardInbox::~ShardInbox() = default;

void ShardInbox::Put(MessageRef message, Done done) {
  const MutexLock lock(&mutex_);
  line_.push_back({std::move(message), std::move(done)});
}

void ShardInbox::Wake() {
  if (loop_->InLoop()) return Drain(Waiting());
  bool stopped = false;
  {
    const MutexLock lock(&mutex_);
    stopped = stopped_;
    if (!stopped && (line_.empty() || std::exchange(awaited_, true))) return;
  }
  if (stopped) return Discard();
  loop_->Post(Turn(this));
}

void ShardInbox::TakeTurn() {
  {
    const MutexLock lock(&mutex_);
    awaited_ = false;
  }
  Drain(kMessagesATurn);
}

// What an answer does may publish, and so drain on from inside this: the line stays in order.
void ShardInbox::Drain(size_t most) {
  Item item;
  for (size_t left = most; left > 0; --left) {
    if (!TakeNext(&item)) return;
    const size_t peers = hub_->Deliver(*item.message);
    settle_(*item.message);
    if (item.done != nullptr) item.done(peers);
  }
  {
    const MutexLock lock(&mutex_);
    if (line_.empty() || std::exchange(awaited_, true)) return;
  }
  loop_->Post(Turn(this));
}

size_t ShardInbox::Waiting() {
  const MutexLock lock(&mutex_);
  return line_.size();
}

bool ShardInbox::TakeNext(Item* item) {
  const MutexLock lock(&mutex_);
  if (line_.empty()) return false;
  *item = std::move(line_.front());
  line_.pop_front();
  return true;
}

// Destroyed outside the lock: who is answered by that may publish.
void ShardInbox::Discard() {
  std::deque<Item> discarded;
  {
    const MutexLock lock(&mutex_);
    stopped_ = true;
    discarded.swap(line_);
  }
  for (const Item& item : discarded) settle_(*item.message);
}

}  // namespace hookcast::pubsub

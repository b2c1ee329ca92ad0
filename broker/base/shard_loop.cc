#include "broker/base/shard_loop.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hookcast {
namespace {

// How many tasks' room the queue keeps after a burst.
constexpr size_t kKeptTasks = 1024;
constexpr size_t kTasksATurn = 128;

}  // namespace

struct ShardLoop::Running {
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
  std::thread thread;
};

// A concurrency hint of 1, and not one that drops the locks: other threads post.
ShardLoop::ShardLoop(ShardId id, std::string name)
    : id_(id),
      name_(name.empty() ? absl::StrCat("shard-", static_cast<int>(id)) : std::move(name)),
      context_(std::make_unique<boost::asio::io_context>(1)) {}

ShardLoop::~ShardLoop() { Stop(); }

void ShardLoop::Start() {
  running_ = std::make_unique<Running>(Running{boost::asio::make_work_guard(*context_), {}});
  running_->thread = std::thread([this] {
    pthread_setname_np(pthread_self(), name_.c_str());
    context_->run();
  });
}

void ShardLoop::Stop() {
  stopping_ = true;
  if (running_ != nullptr) {
    context_->stop();
    running_->thread.join();
    running_.reset();
  }
  DiscardPosted();
}

void ShardLoop::DiscardPosted() {
  std::vector<Task> discarded;
  {
    const MutexLock lock(&mutex_);
    closed_ = true;
    discarded.swap(posted_);
  }
  // Destroyed outside the lock, and apart from the members: a task's destructor may post.
  std::vector<Task>().swap(batch_);
  next_ = 0;
}

void ShardLoop::Post(Task task) {
  {
    const MutexLock lock(&mutex_);
    if (closed_) return;
    posted_.push_back(std::move(task));
    // One run is on its way at a time; it goes on until nothing is left.
    if (std::exchange(run_awaited_, true)) return;
  }
  boost::asio::post(*context_, [this] { RunPosted(); });
}

// A bounded number a turn: sockets and timers get theirs between, however much is posted.
void ShardLoop::RunPosted() {
  if (next_ == batch_.size()) {
    batch_.clear();
    next_ = 0;
    const MutexLock lock(&mutex_);
    batch_.swap(posted_);
  }
  ++batches_run_;
  for (size_t left = kTasksATurn; left > 0 && next_ < batch_.size(); --left) {
    if (stopping_.load(std::memory_order_relaxed)) return;
    // What a task holds goes before the next one runs.
    Task task = std::move(batch_[next_++]);
    task();
    ++tasks_run_;
  }
  if (next_ == batch_.size()) {
    batch_.clear();
    next_ = 0;
    if (batch_.capacity() > kKeptTasks) std::vector<Task>().swap(batch_);
    const MutexLock lock(&mutex_);
    run_awaited_ = !posted_.empty();
    if (!run_awaited_) return;
  }
  boost::asio::post(*context_, [this] { RunPosted(); });
}

bool ShardLoop::InLoop() const { return context_->get_executor().running_in_this_thread(); }

size_t ShardLoop::Poll() {
  const size_t tasks = tasks_run_;
  const size_t batches = batches_run_;
  context_->restart();
  const size_t handlers = context_->poll();
  return handlers - (batches_run_ - batches) + (tasks_run_ - tasks);
}

}  // namespace hookcast

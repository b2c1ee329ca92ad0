#include "broker/base/shard_loop.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <thread>
#include <utility>

namespace hookcast {

struct ShardLoop::Running {
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
  std::thread thread;
};

// A concurrency hint of 1, and not one that drops the locks: other threads post.
ShardLoop::ShardLoop(ShardId id)
    : id_(id), context_(std::make_unique<boost::asio::io_context>(1)) {}

ShardLoop::~ShardLoop() { Stop(); }

void ShardLoop::Start() {
  running_ = std::make_unique<Running>(Running{boost::asio::make_work_guard(*context_), {}});
  running_->thread = std::thread([this] {
    pthread_setname_np(pthread_self(), ("shard-" + std::to_string(static_cast<int>(id_))).c_str());
    context_->run();
  });
}

void ShardLoop::Stop() {
  if (running_ == nullptr) return;
  context_->stop();
  running_->thread.join();
  running_.reset();
}

void ShardLoop::Post(absl::AnyInvocable<void()> task) {
  boost::asio::post(*context_, std::move(task));
}

bool ShardLoop::InLoop() const { return context_->get_executor().running_in_this_thread(); }

size_t ShardLoop::Poll() {
  context_->restart();
  return context_->poll();
}

}  // namespace hookcast

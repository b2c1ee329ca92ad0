#include "broker/hooks/grpc/mailbox.h"

#include <utility>

namespace hookcast::hooks {

void Mailbox::Put(Task task) {
  const MutexLock lock(&mutex_);
  if (loop_ == nullptr) return;
  tasks_.push_back(std::move(task));
  if (tasks_.size() > 1) return;
  loop_->Post([self = shared_from_this()] { self->Run(); });
}

void Mailbox::Run() {
  std::vector<Task> tasks;
  {
    const MutexLock lock(&mutex_);
    tasks.swap(tasks_);
  }
  for (Task& task : tasks) {
    if (closed_) return;
    task();
  }
}

void Mailbox::Close() {
  closed_ = true;
  std::vector<Task> dropped;  // when the lock is free again
  const MutexLock lock(&mutex_);
  loop_ = nullptr;
  dropped.swap(tasks_);
}

}  // namespace hookcast::hooks

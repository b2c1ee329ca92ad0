#include "edge/poller.h"

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace hookcast::edge {
namespace {

int MakeEpoll() {
  const int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return fd;
}

}  // namespace

Poller::Poller(boost::asio::io_context& context) : epoll_(context, MakeEpoll()) { Wait(); }

bool Poller::Add(int fd, uint32_t events, Pollable* pollable) {
  epoll_event event{.events = events, .data = {.ptr = pollable}};
  return epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::Modify(int fd, uint32_t events, Pollable* pollable) {
  epoll_event event{.events = events, .data = {.ptr = pollable}};
  epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, fd, &event);
}

void Poller::Remove(int fd, Pollable* pollable) {
  epoll_event event{};
  epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, fd, &event);
  for (int i = dispatching_; i < fetched_count_; ++i) {
    if (fetched_[i].data.ptr == pollable) fetched_[i].data.ptr = nullptr;
  }
}

void Poller::Wait() {
  epoll_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [this](const boost::system::error_code& error) {
                      if (error) return;  // the poller is going away
                      Dispatch();
                      Wait();
                    });
}

// One fetch a turn: what is ready beyond it stays ready, and posted work gets its turn between.
void Poller::Dispatch() {
  fetched_count_ =
      epoll_wait(epoll_.native_handle(), fetched_.data(), static_cast<int>(fetched_.size()), 0);
  for (dispatching_ = 0; dispatching_ < fetched_count_;) {
    const epoll_event event = fetched_[dispatching_++];
    if (event.data.ptr != nullptr) static_cast<Pollable*>(event.data.ptr)->OnReady(event.events);
  }
  fetched_count_ = 0;
}

}  // namespace hookcast::edge

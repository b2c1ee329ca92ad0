#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>

namespace hookcast::edge {

// Something with a descriptor that wants to know when it is ready.
class Pollable {
 public:
  virtual ~Pollable() = default;
  // `events` are epoll's: EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP. May end this object, after
  // Poller::Remove.
  virtual void OnReady(uint32_t events) = 0;
};

// Readiness of one shard's sockets: an epoll set of its own, nested in the io_context, where it is
// a single descriptor. A waiting socket costs one registration and no memory of ours, and reading
// from it again costs no system call to re-arm; docs/adr/0005 has the figures.
//
// Thread: shard-affine. Owns no descriptor but its own.
class Poller {
 public:
  // REQUIRES: the process can have one more descriptor.
  explicit Poller(boost::asio::io_context& context);
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Level-triggered. False where the kernel takes no more.
  bool Add(int fd, uint32_t events, Pollable* pollable);
  void Modify(int fd, uint32_t events, Pollable* pollable);
  // Afterwards the pollable is not called, also for events that were already fetched.
  void Remove(int fd, Pollable* pollable);

 private:
  void Wait();
  void Dispatch();

  boost::asio::posix::stream_descriptor epoll_;
  std::array<epoll_event, 256> fetched_;
  int fetched_count_ = 0;
  int dispatching_ = 0;
};

}  // namespace hookcast::edge

#include "edge/poller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "tests/unit/edge/polled_loop.h"

namespace hookcast::edge {
namespace {

// A descriptor that is ready to be read while its count is not zero.
class Event final : public Pollable {
 public:
  explicit Event(std::function<void(Event&)> on_ready = nullptr)
      : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), on_ready_(std::move(on_ready)) {}
  ~Event() override { ::close(fd_); }

  int fd() const { return fd_; }
  int calls() const { return calls_; }
  uint32_t last_events() const { return last_events_; }

  void Raise() { ASSERT_EQ(eventfd_write(fd_, 1), 0); }
  void Lower() {
    eventfd_t value;
    eventfd_read(fd_, &value);
  }
  void OnReady(uint32_t events) override {
    ++calls_;
    last_events_ = events;
    if (on_ready_) on_ready_(*this);
  }

 private:
  const int fd_;
  const std::function<void(Event&)> on_ready_;
  int calls_ = 0;
  uint32_t last_events_ = 0;
};

class PollerTest : public testing::Test {
 protected:
  ShardLoop loop_{ShardId{0}};
  Poller poller_{loop_.context()};
};

TEST_F(PollerTest, TellsWhatIsReadyAndNothingElse) {
  Event ready, silent;
  ASSERT_TRUE(poller_.Add(ready.fd(), EPOLLIN, &ready));
  ASSERT_TRUE(poller_.Add(silent.fd(), EPOLLIN, &silent));
  RunReady(loop_);
  EXPECT_EQ(ready.calls(), 0);
  ready.Raise();
  ASSERT_TRUE(RunUntil(loop_, [&] { return ready.calls() != 0; }));
  EXPECT_EQ(ready.last_events(), uint32_t{EPOLLIN});
  EXPECT_EQ(silent.calls(), 0);
}

TEST_F(PollerTest, TellsAgainWhileSomethingStaysReady) {
  Event event([](Event& self) {
    if (self.calls() == 3) self.Lower();
  });
  ASSERT_TRUE(poller_.Add(event.fd(), EPOLLIN, &event));
  event.Raise();
  ASSERT_TRUE(RunUntil(loop_, [&] { return event.calls() == 3; }));
  RunReady(loop_);
  EXPECT_EQ(event.calls(), 3);
  event.Raise();
  ASSERT_TRUE(RunUntil(loop_, [&] { return event.calls() == 4; }));
  event.Lower();
}

TEST_F(PollerTest, ModifyChangesWhatIsWaitedFor) {
  Event event;
  ASSERT_TRUE(poller_.Add(event.fd(), 0, &event));
  event.Raise();
  RunReady(loop_);
  EXPECT_EQ(event.calls(), 0);
  poller_.Modify(event.fd(), EPOLLOUT, &event);
  ASSERT_TRUE(RunUntil(loop_, [&] { return event.calls() != 0; }));
  EXPECT_EQ(event.last_events(), uint32_t{EPOLLOUT});
  poller_.Modify(event.fd(), 0, &event);
  RunReady(loop_);
  const int calls = event.calls();
  RunReady(loop_);
  EXPECT_EQ(event.calls(), calls);
}

TEST_F(PollerTest, MoreThanOneFetchHoldsAreAllTold) {
  std::vector<std::unique_ptr<Event>> events;
  for (int i = 0; i < 700; ++i) {
    auto event = std::make_unique<Event>([](Event& self) { self.Lower(); });
    ASSERT_TRUE(poller_.Add(event->fd(), EPOLLIN, event.get()));
    event->Raise();
    events.push_back(std::move(event));
  }
  ASSERT_TRUE(RunUntil(loop_, [&] {
    return std::all_of(events.begin(), events.end(),
                       [](const auto& event) { return event->calls() == 1; });
  }));
}

TEST_F(PollerTest, PostedWorkGetsItsTurnWhileSocketsStayReady) {
  Event busy;
  ASSERT_TRUE(poller_.Add(busy.fd(), EPOLLIN, &busy));
  busy.Raise();
  ASSERT_TRUE(RunUntil(loop_, [&] { return busy.calls() > 3; }));
  bool ran = false;
  loop_.Post([&] { ran = true; });
  const int before = busy.calls();
  ASSERT_TRUE(RunUntil(loop_, [&] { return ran; }));
  EXPECT_LE(busy.calls(), before + 3);
}

// All are ready in one fetch; whoever comes first removes and ends the others, which the fetch has
// named already.
TEST_F(PollerTest, WhatIsRemovedDuringADispatchIsNotCalled) {
  std::vector<std::unique_ptr<Event>> events;
  int calls = 0;
  const auto end_the_others = [&](Event& self) {
    ++calls;
    for (std::unique_ptr<Event>& event : events) {
      if (event == nullptr || event.get() == &self) continue;
      poller_.Remove(event->fd(), event.get());
      event.reset();
    }
  };
  for (int i = 0; i < 10; ++i) {
    events.push_back(std::make_unique<Event>(end_the_others));
    ASSERT_TRUE(poller_.Add(events.back()->fd(), EPOLLIN, events.back().get()));
  }
  for (const auto& event : events) event->Raise();
  ASSERT_TRUE(RunUntil(loop_, [&] { return calls >= 5; }));
  EXPECT_EQ(std::count(events.begin(), events.end(), nullptr), 9) << "one was left to call";
}

TEST_F(PollerTest, APollableMayRemoveAndEndItself) {
  bool called = false;
  std::unique_ptr<Event> ending;
  ending = std::make_unique<Event>([&](Event& self) {
    called = true;
    poller_.Remove(self.fd(), &self);
    // The std::function that runs is part of it: it goes when this has returned.
    loop_.Post([&ending] { ending.reset(); });
  });
  ASSERT_TRUE(poller_.Add(ending->fd(), EPOLLIN, ending.get()));
  ending->Raise();
  ASSERT_TRUE(RunUntil(loop_, [&] { return called && ending == nullptr; }));
}

TEST_F(PollerTest, WhatTheKernelWillNotWatchIsRefused) {
  Event event;
  EXPECT_FALSE(poller_.Add(-1, EPOLLIN, &event));
  ASSERT_TRUE(poller_.Add(event.fd(), EPOLLIN, &event));
  EXPECT_FALSE(poller_.Add(event.fd(), EPOLLIN, &event)) << "twice";
  // A regular file is always ready, and not for epoll.
  FILE* const file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  EXPECT_FALSE(poller_.Add(fileno(file), EPOLLIN, &event));
  std::fclose(file);
}

}  // namespace
}  // namespace hookcast::edge

#include "broker/pubsub/watchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/recording_peer.h"

namespace hookcast::pubsub {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Note final : public Watcher {
 public:
  explicit Note(Watchers* watchers = nullptr) : leave_(watchers) {}

  void OnMessage(const MessageRef& message) override { Write("message " + message->topic); }
  void OnMissed(std::string_view ns, std::optional<uint64_t> lost) override {
    Write("missed " + std::string(ns) + (lost ? " " + std::to_string(*lost) : ""));
  }
  void OnOpened(const Peer& peer) override { Write("opened " + peer.id().ToString()); }
  void OnClosed(const Peer& peer, const CloseDetails& details) override {
    Write("closed " + peer.id().ToString() + " " + std::to_string(details.code));
  }
  void OnStopped() override { Write("stopped"); }

  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void Write(std::string note) {
    notes_.push_back(std::move(note));
    if (leave_ != nullptr) leave_->Remove(this);
  }

  Watchers* const leave_;  // at the first note
  std::vector<std::string> notes_;
};

class WatchersTest : public testing::Test {
 protected:
  void TellAll() {
    auto message = std::make_shared<Message>();
    message->topic = "t";
    watchers_.Received(message);
    watchers_.Missed("ns", 3);
    watchers_.Opened(peer_);
    watchers_.Closed(peer_, {.code = 4000});
  }

  metrics::Catalogue metrics_;
  Watchers watchers_{&metrics_};
  fakes::RecordingPeer peer_{{Incarnation{1}, ShardId{0}, 7}};
  const std::string id_ = peer_.id().ToString();
};

TEST_F(WatchersTest, EachIsToldWhatItWants) {
  const auto all = std::make_shared<Note>();
  const auto messages = std::make_shared<Note>();
  const auto peers = std::make_shared<Note>();
  ASSERT_TRUE(watchers_.Add(messages, {.messages = true}).ok());
  TellAll();
  ASSERT_TRUE(watchers_.Add(peers, {.peers = true}).ok());
  ASSERT_TRUE(watchers_.Add(all, {.messages = true, .peers = true}).ok());
  TellAll();
  EXPECT_THAT(all->notes(),
              ElementsAre("message t", "missed ns 3", "opened " + id_, "closed " + id_ + " 4000"));
  EXPECT_THAT(messages->notes(),
              ElementsAre("message t", "missed ns 3", "message t", "missed ns 3"));
  EXPECT_THAT(peers->notes(), ElementsAre("opened " + id_, "closed " + id_ + " 4000"));
  EXPECT_EQ(metrics_.watchers.value(), 3);
}

TEST_F(WatchersTest, OneThatLeftIsToldNothingAndMayLeaveWhileItIsTold) {
  const auto leaving = std::make_shared<Note>(&watchers_);
  const auto staying = std::make_shared<Note>();
  ASSERT_TRUE(watchers_.Add(leaving, {.messages = true, .peers = true}).ok());
  ASSERT_TRUE(watchers_.Add(staying, {.messages = true}).ok());
  TellAll();
  EXPECT_THAT(leaving->notes(), ElementsAre("message t"));
  EXPECT_THAT(staying->notes(), ElementsAre("message t", "missed ns 3"));
  EXPECT_EQ(metrics_.watchers.value(), 1);
  watchers_.Remove(leaving.get());
  watchers_.Remove(staying.get());
  TellAll();
  EXPECT_THAT(staying->notes(), ElementsAre("message t", "missed ns 3"));
  EXPECT_EQ(metrics_.watchers.value(), 0);
}

TEST_F(WatchersTest, NoMoreThanABoundedNumberWatch) {
  std::vector<std::shared_ptr<Note>> notes;
  for (size_t i = 0; i < Watchers::kMost; ++i) {
    notes.push_back(std::make_shared<Note>());
    ASSERT_TRUE(watchers_.Add(notes.back(), {.messages = true}).ok());
  }
  const absl::Status status = watchers_.Add(std::make_shared<Note>(), {.messages = true});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("64"));
  watchers_.Remove(notes[5].get());
  EXPECT_TRUE(watchers_.Add(std::make_shared<Note>(), {.messages = true}).ok());
}

TEST_F(WatchersTest, StoppingTellsThoseThatAreThereAndTakesNoNewOnes) {
  const auto note = std::make_shared<Note>();
  ASSERT_TRUE(watchers_.Add(note, {.peers = true}).ok());
  watchers_.Stop();
  watchers_.Stop();
  TellAll();
  EXPECT_THAT(note->notes(), ElementsAre("stopped"));
  const auto late = std::make_shared<Note>();
  EXPECT_EQ(watchers_.Add(late, {.peers = true}).code(), absl::StatusCode::kUnavailable);
  TellAll();
  EXPECT_THAT(late->notes(), IsEmpty());
}

}  // namespace
}  // namespace hookcast::pubsub

#include "broker/pubsub/publish_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/fakes/manual_clock.h"

namespace hookcast::pubsub {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class PublishKeysTest : public testing::Test {
 protected:
  // A publish whose answer goes into answers_; whether it is to be made.
  std::optional<PublishKeys::Attempt> Begin(const std::string& ns, const std::string& key) {
    return keys_.Begin(ns, key, {Incarnation{1}, ++last_},
                       [this](Published published) { answers_.push_back(std::move(published)); });
  }
  // One that is taken at once, if it is to be made.
  bool IsNew(const std::string& ns, const std::string& key) {
    std::optional<PublishKeys::Attempt> attempt = Begin(ns, key);
    if (attempt) attempt->Settle(absl::OkStatus(), 1);
    return attempt.has_value();
  }

  fakes::ManualClock clock_;
  metrics::Catalogue metrics_;
  PublishKeys keys_{&clock_, &metrics_};
  uint64_t last_ = 0;
  std::vector<Published> answers_;
};

TEST_F(PublishKeysTest, AKeyIsNewOnceInSixtySecondsForEachNamespace) {
  EXPECT_TRUE(IsNew("a", "k"));
  EXPECT_FALSE(IsNew("a", "k"));
  EXPECT_TRUE(IsNew("b", "k"));
  EXPECT_TRUE(IsNew("", "k"));
  // Where the namespace ends is no matter of what it holds.
  EXPECT_TRUE(IsNew("1:a", "k"));
  EXPECT_TRUE(IsNew("ak", ""));
  EXPECT_TRUE(IsNew("", "ak"));
  clock_.Advance(PublishKeys::kKept - std::chrono::milliseconds(1));
  EXPECT_FALSE(IsNew("a", "k"));
  // Repeats do not make it last.
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(IsNew("a", "k"));
  EXPECT_EQ(metrics_.publish_repeats.value(), 2);
}

TEST_F(PublishKeysTest, ARepeatGetsTheFirstOnesAnswer) {
  Begin("a", "k")->Settle(absl::OkStatus(), 5);
  EXPECT_FALSE(Begin("a", "k"));
  ASSERT_THAT(answers_, SizeIs(2));
  EXPECT_EQ(answers_[1].id, (MessageId{Incarnation{1}, 1}));
  EXPECT_EQ(answers_[1].local_count, 5);
}

TEST_F(PublishKeysTest, RepeatsOfOneUnderWayWaitForIt) {
  std::optional<PublishKeys::Attempt> attempt = Begin("a", "k");
  ASSERT_TRUE(attempt);
  EXPECT_FALSE(Begin("a", "k"));
  EXPECT_FALSE(Begin("a", "k"));
  EXPECT_THAT(answers_, IsEmpty());
  attempt->Settle(absl::OkStatus(), 5);
  ASSERT_THAT(answers_, SizeIs(3));
  for (const Published& answer : answers_) {
    EXPECT_TRUE(answer.status.ok());
    EXPECT_EQ(answer.id.sequence, 1);
    EXPECT_EQ(answer.local_count, 5);
  }
}

TEST_F(PublishKeysTest, OneThatFailedIsTriedAgainUnderItsIdAndCountsWhatItHadReached) {
  Begin("a", "k")->Settle(absl::UnavailableError("no"), 2);
  std::optional<PublishKeys::Attempt> again = Begin("a", "k");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id().sequence, 1);
  EXPECT_EQ(again->reached(), 2);
  again->Settle(absl::OkStatus(), 0);
  EXPECT_EQ(answers_.back().local_count, 2);
  EXPECT_FALSE(Begin("a", "k"));
}

TEST_F(PublishKeysTest, OneThatIsThrownAwayFailsAndNobodyWaitsForEver) {
  {
    std::optional<PublishKeys::Attempt> attempt = Begin("a", "k");
    EXPECT_FALSE(Begin("a", "k"));
  }
  ASSERT_THAT(answers_, SizeIs(2));
  EXPECT_EQ(answers_[0].status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(answers_[1].status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(IsNew("a", "k"));
}

TEST_F(PublishKeysTest, TheOldestOfTooManyIsForgottenFirstAndCounted) {
  for (size_t i = 0; i < PublishKeys::kMost + 1; ++i) {
    ASSERT_TRUE(IsNew("a", std::to_string(i)));
  }
  EXPECT_EQ(metrics_.publish_keys_evicted.value(), 1);
  EXPECT_FALSE(IsNew("a", "1"));
  EXPECT_TRUE(IsNew("a", "0"));
  EXPECT_EQ(metrics_.publish_keys_evicted.value(), 2);
}

TEST_F(PublishKeysTest, LongNamesAreBoundedInBytesToo) {
  const std::string ns(1024, 'n');
  size_t count = 0;
  while (metrics_.publish_keys_evicted.value() == 0)
    ASSERT_TRUE(IsNew(ns, std::to_string(count++)));
  EXPECT_LT(count, PublishKeys::kMostBytes / 1024);
  EXPECT_TRUE(IsNew(ns, "0"));
  EXPECT_FALSE(IsNew(ns, "2"));
}

TEST_F(PublishKeysTest, OneThatIsForgottenWhileUnderWayIsStillAnswered) {
  std::optional<PublishKeys::Attempt> attempt = Begin("a", "k");
  EXPECT_FALSE(Begin("a", "k"));
  clock_.Advance(PublishKeys::kKept);
  EXPECT_TRUE(IsNew("a", "k"));
  answers_.clear();
  attempt->Settle(absl::OkStatus(), 7);
  ASSERT_THAT(answers_, SizeIs(2));
  EXPECT_EQ(answers_[1].local_count, 7);
}

TEST_F(PublishKeysTest, OfManyThreadsOnePublishes) {
  std::atomic<int> made{0};
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        auto attempt = keys_.Begin("a", std::to_string(i), {}, [&](const Published& published) {
          EXPECT_TRUE(published.status.ok());
          ++answered;
        });
        if (!attempt) continue;
        ++made;
        attempt->Settle(absl::OkStatus(), 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1000);
  EXPECT_EQ(answered, 4000);
}

}  // namespace
}  // namespace hookcast::pubsub

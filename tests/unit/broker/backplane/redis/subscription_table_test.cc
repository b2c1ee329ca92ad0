#include "broker/backplane/redis/subscription_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace hookcast::backplane {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr seconds kLinger(30);

class SubscriptionTableTest : public testing::Test {
 protected:
  void Unwant(const std::string& ns) {
    table_.Unwant(ns, now_, &answers_);
    Call();
  }
  // Adds "name: heard" or "name: not heard" to told_, when it is known.
  void Await(const std::string& ns, const std::string& name) {
    table_.AwaitHeard(
        ns,
        [this, name](bool heard) { told_.push_back(name + (heard ? ": heard" : ": not heard")); },
        now_, &answers_);
    Call();
  }
  void Tick() {
    table_.Tick(now_, &answers_);
    Call();
  }
  bool Subscribed(const std::string& ns) {
    const bool missed = table_.Subscribed(ns, &answers_);
    Call();
    return missed;
  }
  // "+a", "-a": all names of all commands that are to be sent now.
  std::vector<std::string> Sent(size_t most = 500) {
    std::vector<std::string> sent;
    while (const auto command = table_.NextCommand(most)) {
      for (const std::string_view ns : command->namespaces) {
        sent.push_back((command->subscribe ? "+" : "-") + std::string(ns));
      }
    }
    return sent;
  }
  // The link is up, and Redis answered for all that was wanted.
  void Settle() {
    for (const std::string& word : Sent()) {
      if (word[0] == '+') Subscribed(word.substr(1));
    }
  }
  void Call() {
    for (SubscriptionTable::Answer& answer : answers_) answer.done(answer.heard);
    answers_.clear();
  }

  metrics::Catalogue metrics_;
  SubscriptionTable table_{&metrics_, kLinger};
  TimePoint now_{seconds(1000)};
  SubscriptionTable::Answers answers_;
  std::vector<std::string> told_;
};

TEST_F(SubscriptionTableTest, SubscribesToWhatIsWantedOnceThereIsALink) {
  table_.Want("a");
  EXPECT_THAT(Sent(), IsEmpty());
  table_.LinkUp();
  table_.Want("b");
  EXPECT_THAT(Sent(), testing::UnorderedElementsAre("+a", "+b"));
  EXPECT_THAT(Sent(), IsEmpty()) << "once";
}

TEST_F(SubscriptionTableTest, OneCommandNamesManyNamespaces) {
  table_.LinkUp();
  for (int i = 0; i < 7; ++i) table_.Want(absl::StrCat(i));
  EXPECT_EQ(table_.NextCommand(5)->namespaces.size(), 5);
  EXPECT_EQ(table_.NextCommand(5)->namespaces.size(), 2);
  EXPECT_EQ(table_.unanswered(), 7);
}

TEST_F(SubscriptionTableTest, NoMoreIsAskedThanMayBeUnanswered) {
  table_.LinkUp();
  for (size_t i = 0; i < SubscriptionTable::kMostUnanswered + 10; ++i) table_.Want(absl::StrCat(i));
  EXPECT_EQ(Sent(1000).size(), SubscriptionTable::kMostUnanswered);
  Subscribed("0");
  EXPECT_EQ(Sent(1000).size(), 10);
}

TEST_F(SubscriptionTableTest, IsHeardWhenRedisSaidSo) {
  table_.LinkUp();
  table_.Want("a");
  Await("a", "one");
  Sent();
  Await("a", "two");
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_FALSE(Subscribed("a"));
  EXPECT_THAT(told_, ElementsAre("one: heard", "two: heard"));
  Await("a", "three");
  EXPECT_EQ(told_.back(), "three: heard");
}

TEST_F(SubscriptionTableTest, WhoWaitsForTooLongIsToldAndSoIsWhatCameMeanwhile) {
  table_.Want("a");
  Await("a", "one");
  now_ += milliseconds(999);
  Await("a", "two");
  Tick();
  EXPECT_THAT(told_, IsEmpty());
  now_ += milliseconds(1);
  Tick();
  EXPECT_THAT(told_, ElementsAre("one: not heard"));
  table_.LinkUp();
  Sent();
  EXPECT_TRUE(Subscribed("a")) << "what came until now is missing";
  EXPECT_THAT(told_, ElementsAre("one: not heard", "two: heard"));
}

TEST_F(SubscriptionTableTest, NobodyHearsWhatIsNotWanted) {
  Await("a", "one");
  EXPECT_THAT(told_, ElementsAre("one: not heard"));
}

TEST_F(SubscriptionTableTest, AnUnsubscribeThatComesMeanwhileWins) {
  table_.LinkUp();
  table_.Want("a");
  Await("a", "one");
  Sent();
  Unwant("a");
  EXPECT_THAT(told_, ElementsAre("one: not heard"));
  Subscribed("a");
  EXPECT_FALSE(table_.IsHeard("a"));
  now_ += kLinger;
  Tick();
  EXPECT_THAT(Sent(), ElementsAre("-a"));
  table_.Unsubscribed("a");
  EXPECT_EQ(table_.size(), 0);
}

TEST_F(SubscriptionTableTest, WhoAsksIsHeardWhereTheWishCameAndWentAndCame) {
  table_.LinkUp();
  table_.Want("a");
  Sent();
  Unwant("a");
  table_.Want("a");
  Await("a", "one");
  EXPECT_THAT(Sent(), IsEmpty()) << "one command is under way, and is the right one";
  Subscribed("a");
  EXPECT_THAT(told_, ElementsAre("one: heard"));
  EXPECT_THAT(Sent(), IsEmpty());
}

TEST_F(SubscriptionTableTest, WhatNobodyWantsLingersForThoseWhoComeBack) {
  table_.LinkUp();
  table_.Want("a");
  Settle();
  Unwant("a");
  now_ += kLinger - milliseconds(1);
  Tick();
  EXPECT_THAT(Sent(), IsEmpty());
  table_.Want("a");
  Await("a", "one");
  EXPECT_THAT(told_, ElementsAre("one: heard")) << "at once";
  now_ += seconds(60);
  Tick();
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_EQ(table_.lingering(), 0);
}

TEST_F(SubscriptionTableTest, BeyondItsBoundTheOldestThatLingersGoes) {
  table_.LinkUp();
  for (size_t i = 0; i <= SubscriptionTable::kMostLingering; ++i) table_.Want(absl::StrCat(i));
  Settle();
  Settle();
  for (size_t i = 0; i <= SubscriptionTable::kMostLingering; ++i) Unwant(absl::StrCat(i));
  EXPECT_EQ(table_.lingering(), SubscriptionTable::kMostLingering);
  EXPECT_THAT(Sent(), ElementsAre("-0"));
}

TEST_F(SubscriptionTableTest, WhatIsWantedAgainWhileItIsBeingLeftIsSubscribedToBehindThat) {
  table_.LinkUp();
  table_.Want("a");
  Settle();
  Unwant("a");
  now_ += kLinger;
  Tick();
  EXPECT_THAT(Sent(), ElementsAre("-a"));
  table_.Want("a");
  Await("a", "one");
  EXPECT_THAT(Sent(), IsEmpty()) << "two commands of one namespace would lose their order";
  table_.Unsubscribed("a");
  EXPECT_THAT(Sent(), ElementsAre("+a"));
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_FALSE(Subscribed("a")) << "who wanted it came later";
  EXPECT_THAT(told_, ElementsAre("one: heard"));
}

TEST_F(SubscriptionTableTest, ANewLinkBeginsWithNothing) {
  table_.LinkUp();
  table_.Want("a");
  table_.Want("b");
  Settle();
  table_.LinkDown();
  EXPECT_FALSE(table_.IsHeard("a"));
  EXPECT_THAT(Sent(), IsEmpty());
  table_.LinkUp();
  EXPECT_EQ(table_.restoring(), 2);
  EXPECT_THAT(Sent(), testing::UnorderedElementsAre("+a", "+b"));
  EXPECT_TRUE(Subscribed("a")) << "something may be missing";
  EXPECT_TRUE(Subscribed("b"));
  EXPECT_EQ(table_.restoring(), 0);
}

TEST_F(SubscriptionTableTest, ABreakDuringTheResubscriptionBeginsItAnew) {
  table_.LinkUp();
  for (const char* ns : {"a", "b", "c"}) table_.Want(ns);
  Settle();
  table_.LinkDown();
  table_.LinkUp();
  Sent();
  EXPECT_TRUE(Subscribed("a"));
  table_.LinkDown();
  table_.LinkUp();
  EXPECT_EQ(table_.restoring(), 3);
  EXPECT_THAT(Sent(), testing::UnorderedElementsAre("+a", "+b", "+c"));
  for (const char* ns : {"a", "b", "c"}) EXPECT_TRUE(Subscribed(ns)) << ns;
  EXPECT_EQ(metrics_.backplane_subscribed.value(), 3);
}

TEST_F(SubscriptionTableTest, WhoCameWhileTheLinkWasDownMissesNothing) {
  table_.LinkUp();
  table_.Want("a");
  Settle();
  table_.LinkDown();
  Unwant("a");
  table_.Want("a");
  table_.LinkUp();
  Sent();
  EXPECT_FALSE(Subscribed("a"));
}

TEST_F(SubscriptionTableTest, WhatLingersIsNotSubscribedToAgain) {
  table_.LinkUp();
  table_.Want("a");
  Settle();
  Unwant("a");
  table_.LinkDown();
  EXPECT_EQ(table_.size(), 0);
  EXPECT_EQ(metrics_.backplane_lingering.value(), 0);
}

TEST_F(SubscriptionTableTest, AllWhoWaitAreAnsweredAtTheEnd) {
  table_.Want("a");
  table_.Want("b");
  Await("a", "one");
  Await("b", "two");
  Await("a", "three");
  table_.Stop(&answers_);
  Call();
  EXPECT_THAT(told_, ElementsAre("one: not heard", "two: not heard", "three: not heard"));
}

// Redis and the link as they may be, against wishes that come and go: in the end Redis has exactly
// what is wanted, whatever came before.
TEST_F(SubscriptionTableTest, EndsWithWhatIsWantedWhateverHappenedBefore) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    metrics::Catalogue metrics;
    SubscriptionTable table(&metrics, kLinger);
    std::mt19937 random(seed);
    std::vector<std::string> in_flight;  // "+a": commands of which the answers have not come
    std::set<std::string> redis;
    std::set<std::string> wanted;
    bool up = false;
    size_t asked = 0;
    size_t answered = 0;
    const auto call = [](SubscriptionTable::Answers* answers) {
      for (auto& answer : *answers) answer.done(answer.heard);
      answers->clear();
    };
    SubscriptionTable::Answers answers;
    const auto send = [&] {
      while (const auto command = table.NextCommand(2)) {
        for (const std::string_view ns : command->namespaces) {
          in_flight.push_back((command->subscribe ? "+" : "-") + std::string(ns));
        }
      }
    };
    const auto answer_one = [&] {
      const std::string word = in_flight.front();
      in_flight.erase(in_flight.begin());
      const std::string ns = word.substr(1);
      if (word[0] == '+') {
        EXPECT_TRUE(redis.insert(ns).second) << "subscribed twice to " << ns;
        table.Subscribed(ns, &answers);
      } else {
        EXPECT_EQ(redis.erase(ns), 1) << "left twice: " << ns;
        table.Unsubscribed(ns);
      }
      call(&answers);
    };
    for (int step = 0; step < 400; ++step) {
      const std::string ns(1, static_cast<char>('a' + random() % 6));
      switch (random() % 8) {
        case 0:
        case 1:
          table.Want(ns);
          wanted.insert(ns);
          break;
        case 2:
        case 3:
          table.Unwant(ns, now_, &answers);
          wanted.erase(ns);
          break;
        case 4:
          ++asked;
          table.AwaitHeard(
              ns, [&](bool) { ++answered; }, now_, &answers);
          break;
        case 5:
          now_ += seconds(random() % 2 == 0 ? 0 : 20);
          table.Tick(now_, &answers);
          break;
        case 6:
          if (random() % 8 != 0) break;
          up ? table.LinkDown() : table.LinkUp();
          up = !up;
          in_flight.clear();
          redis.clear();
          break;
        default:
          if (!in_flight.empty()) answer_one();
      }
      call(&answers);
      send();
    }
    if (!up) table.LinkUp();
    now_ += seconds(31);
    table.Tick(now_, &answers);
    call(&answers);
    send();
    while (!in_flight.empty()) {
      answer_one();
      now_ += seconds(31);
      table.Tick(now_, &answers);
      call(&answers);
      send();
    }
    EXPECT_EQ(redis, wanted) << "seed " << seed;
    EXPECT_EQ(table.size(), wanted.size()) << "seed " << seed;
    table.Stop(&answers);
    call(&answers);
    EXPECT_EQ(answered, asked) << "seed " << seed;
    EXPECT_EQ(metrics.backplane_wanted.value(), static_cast<int64_t>(wanted.size()));
    EXPECT_EQ(metrics.backplane_subscribed.value(), static_cast<int64_t>(wanted.size()));
  }
}

}  // namespace
}  // namespace hookcast::backplane

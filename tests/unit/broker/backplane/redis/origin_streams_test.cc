#include "broker/backplane/redis/origin_streams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hookcast::backplane {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

std::string Text(const StreamPlace& place) {
  std::string text = std::to_string(place.stream) + "." + std::to_string(place.sequence);
  if (place.replaces) {
    text += " for " + std::to_string(place.replaces->stream) + "." +
            std::to_string(place.replaces->last_acknowledged);
  }
  return text;
}

class OriginStreamsTest : public testing::Test {
 protected:
  OriginStreams::Ticket Next(const std::string& ns) { return streams_.Next(ns, now_); }
  // Publishes, and Redis takes it.
  std::string Publish(const std::string& ns) {
    const OriginStreams::Ticket ticket = Next(ns);
    streams_.Taken(ticket);
    return Text(ticket.place);
  }
  // Publishes, and Redis refuses it, or the answer is lost with the link.
  std::string Lose(const std::string& ns) {
    const OriginStreams::Ticket ticket = Next(ns);
    streams_.NotTaken(ticket);
    return Text(ticket.place);
  }
  std::vector<std::string> Tails() {
    std::vector<std::string> tails;
    streams_.Tick(now_, [&](std::string_view ns, StreamPlace last) {
      tails.push_back(std::string(ns) + " " + Text(last));
    });
    return tails;
  }

  TimePoint now_{seconds(1000)};
  OriginStreams streams_{/*most=*/3};
};

TEST_F(OriginStreamsTest, CountsEachNamespaceByItselfFromOne) {
  EXPECT_EQ(Publish("a"), "1.1");
  EXPECT_EQ(Publish("b"), "2.1");
  EXPECT_EQ(Publish("a"), "1.2");
  EXPECT_EQ(Publish("b"), "2.2");
}

TEST_F(OriginStreamsTest, AStreamWhoseLinkBrokeIsReplacedFromTheLastThatWasTaken) {
  Publish("a");
  Publish("a");
  EXPECT_EQ(Lose("a"), "1.3");
  EXPECT_EQ(Publish("a"), "2.1 for 1.2");
  EXPECT_EQ(Publish("a"), "2.2") << "the first was taken, and said it";
}

TEST_F(OriginStreamsTest, WhatIsReplacedIsSaidUntilRedisTookIt) {
  Publish("a");
  Lose("a");
  EXPECT_EQ(Lose("a"), "2.1 for 1.1");
  EXPECT_EQ(Lose("a"), "3.1 for 1.1") << "nothing of stream 2 counts";
  EXPECT_EQ(Text(Next("a").place), "4.1 for 1.1");
  EXPECT_EQ(Text(Next("a").place), "4.2 for 1.1") << "under way together with the first";
}

TEST_F(OriginStreamsTest, AStreamOfWhichNothingWasTakenReplacesNothing) {
  Lose("a");
  EXPECT_EQ(Publish("a"), "2.1");
}

TEST_F(OriginStreamsTest, WhatRedisTookBehindOneThatItRefusedIsOwedToOthers) {
  Publish("a");
  const OriginStreams::Ticket refused = Next("a");
  const OriginStreams::Ticket behind = Next("a");
  streams_.NotTaken(refused);
  streams_.Taken(behind);
  now_ += seconds(1);
  EXPECT_THAT(Tails(), ElementsAre("a 1.3"));
  EXPECT_EQ(Publish("a"), "2.1 for 1.3");
}

TEST_F(OriginStreamsTest, AnAnswerThatComesAfterItsStreamWasReplacedCountsForNothing) {
  Publish("a");
  const OriginStreams::Ticket refused = Next("a");
  const OriginStreams::Ticket late = Next("a");
  streams_.NotTaken(refused);
  EXPECT_EQ(Text(Next("a").place), "2.1 for 1.1");
  streams_.Taken(late);
  EXPECT_EQ(Text(Next("a").place), "2.2 for 1.1");
}

TEST_F(OriginStreamsTest, OneTailFollowsASecondAfterTheLastMessage) {
  Publish("a");
  now_ += milliseconds(600);
  Publish("b");
  now_ += milliseconds(399);
  EXPECT_THAT(Tails(), IsEmpty());
  now_ += milliseconds(1);
  EXPECT_THAT(Tails(), ElementsAre("a 1.1"));
  EXPECT_THAT(Tails(), IsEmpty());
  Publish("a");
  now_ += seconds(1);
  EXPECT_THAT(Tails(), ElementsAre("b 2.1", "a 1.2"));
}

TEST_F(OriginStreamsTest, OnALinkThatWasMadeAgainEachTailIsSentAnew) {
  Publish("a");
  Publish("a");
  now_ += seconds(1);
  EXPECT_THAT(Tails(), ElementsAre("a 1.2"));
  Publish("b");
  streams_.LinkUp(now_);
  EXPECT_THAT(Tails(), IsEmpty());
  now_ += seconds(1);
  EXPECT_THAT(Tails(), testing::UnorderedElementsAre("a 1.2", "b 2.1"));
  now_ += seconds(1);
  EXPECT_THAT(Tails(), IsEmpty());
}

TEST_F(OriginStreamsTest, TheTailOfABrokenStreamSaysWhatWasTaken) {
  Publish("a");
  Publish("a");
  Lose("a");
  Lose("b");
  now_ += seconds(1);
  EXPECT_THAT(Tails(), ElementsAre("a 1.2"));
}

TEST_F(OriginStreamsTest, AnIdleStreamIsForgottenAndTheNextIsAnother) {
  Publish("a");
  now_ += seconds(59);
  Tails();
  EXPECT_EQ(Publish("a"), "1.2");
  now_ += seconds(60);
  Tails();
  EXPECT_EQ(streams_.size(), 0);
  EXPECT_EQ(Publish("a"), "2.1");
}

TEST_F(OriginStreamsTest, AStreamThatIsOwedAnAnswerIsKept) {
  const OriginStreams::Ticket owed = Next("a");
  now_ += seconds(120);
  Tails();
  for (const char* ns : {"b", "c", "d", "e"}) Publish(ns);
  streams_.Taken(owed);
  EXPECT_EQ(Publish("a"), "1.2");
}

TEST_F(OriginStreamsTest, BeyondItsBoundTheOneThatWasQuietForLongestGoes) {
  Publish("a");
  now_ += seconds(1);
  Tails();
  Publish("b");
  Publish("c");
  Publish("d");
  EXPECT_EQ(streams_.size(), 3);
  EXPECT_EQ(Publish("b"), "2.2");
  EXPECT_EQ(Publish("a"), "5.1");
}

}  // namespace
}  // namespace hookcast::backplane

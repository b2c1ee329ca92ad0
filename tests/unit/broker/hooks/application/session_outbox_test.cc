#include "broker/hooks/application/session_outbox.h"

#include <gtest/gtest.h>

#include <string>

namespace hookcast::hooks {
namespace {

v1::SessionEvent Event(const std::string& id, size_t bytes = 0) {
  v1::SessionEvent event;
  event.mutable_message()->mutable_event()->set_id(id);
  event.mutable_message()->set_binary(std::string(bytes, 'x'));
  return event;
}

v1::SessionRequest Ping(uint64_t number) {
  v1::SessionRequest request;
  request.mutable_ping()->set_number(number);
  return request;
}

v1::SessionRequest Pong(uint64_t number) {
  v1::SessionRequest request;
  request.mutable_pong()->set_number(number);
  return request;
}

// "events a b", "ping 1", "pong 1"; "" for nothing.
std::string Next(SessionOutbox* outbox) {
  const auto message = outbox->Take();
  if (!message) return "";
  if (message->has_ping()) return "ping " + std::to_string(message->ping().number());
  if (message->has_pong()) return "pong " + std::to_string(message->pong().number());
  std::string text = "events";
  for (const auto& event : message->events().events()) text += " " + event.message().event().id();
  return text;
}

TEST(SessionOutbox, EventsThatFollowEachOtherShareAMessage) {
  SessionOutbox outbox;
  EXPECT_EQ(Next(&outbox), "");
  outbox.Add(Event("a"));
  outbox.Add(Event("b"));
  outbox.AddControl(Ping(1));
  outbox.Add(Event("c"));
  EXPECT_EQ(Next(&outbox), "events a b");
  outbox.Add(Event("d"));
  EXPECT_EQ(Next(&outbox), "ping 1");
  EXPECT_EQ(Next(&outbox), "events c d");
  EXPECT_EQ(Next(&outbox), "");
  outbox.Add(Event("e"));
  EXPECT_EQ(Next(&outbox), "events e");
}

TEST(SessionOutbox, AMessageHasItsMostEvents) {
  SessionOutbox outbox;
  for (int i = 0; i < SessionOutbox::kMostEvents * 2 + 1; ++i) outbox.Add(Event("a"));
  EXPECT_EQ(outbox.Take()->events().events_size(), SessionOutbox::kMostEvents);
  EXPECT_EQ(outbox.Take()->events().events_size(), SessionOutbox::kMostEvents);
  EXPECT_EQ(outbox.Take()->events().events_size(), 1);
  EXPECT_FALSE(outbox.Take().has_value());
}

TEST(SessionOutbox, AMessageHasItsMostBytesUnlessOneEventIsLargerAlone) {
  SessionOutbox outbox;
  outbox.Add(Event("a", SessionOutbox::kMostBytes / 2));
  outbox.Add(Event("b", SessionOutbox::kMostBytes / 3));
  outbox.Add(Event("c", SessionOutbox::kMostBytes / 3));
  outbox.Add(Event("d", SessionOutbox::kMostBytes * 2));
  outbox.Add(Event("e"));
  EXPECT_EQ(Next(&outbox), "events a b");
  EXPECT_EQ(Next(&outbox), "events c");
  EXPECT_EQ(Next(&outbox), "events d");
  EXPECT_EQ(Next(&outbox), "events e");
}

TEST(SessionOutbox, WhileNothingIsReadPingsAndPongsTakeOnePlaceEach) {
  SessionOutbox outbox;
  outbox.Add(Event("a"));
  for (uint64_t i = 1; i <= 1000; ++i) {
    outbox.AddControl(Pong(i));
    outbox.AddControl(Ping(i + 5000));
  }
  EXPECT_EQ(Next(&outbox), "events a");
  EXPECT_EQ(Next(&outbox), "pong 1000");
  EXPECT_EQ(Next(&outbox), "ping 6000");
  EXPECT_EQ(Next(&outbox), "");
}

}  // namespace
}  // namespace hookcast::hooks

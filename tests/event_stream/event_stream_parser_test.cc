#include "tests/event_stream/event_stream_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hookcast::testing {
namespace {

using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;

// "type|data|last id", and what is left when the stream ends.
struct Outcome {
  std::vector<std::string> events;
  std::string last_event_id;
  std::optional<uint64_t> retry_ms;
  size_t comments = 0;
  size_t blocks_without_data = 0;
  bool operator==(const Outcome&) const = default;
};

struct Case {
  std::string_view name;
  std::string_view stream;
  Outcome outcome;
};

Outcome Parse(std::string_view stream, size_t piece) {
  EventStreamParser parser;
  Outcome outcome;
  for (size_t i = 0; i < stream.size(); i += piece) {
    parser.Feed(stream.substr(i, piece));
    for (const EventStreamParser::Event& event : parser.TakeEvents()) {
      outcome.events.push_back(event.type + '|' + event.data + '|' + event.last_event_id);
    }
  }
  outcome.last_event_id = parser.last_event_id();
  outcome.retry_ms = parser.retry_ms();
  outcome.comments = parser.comments();
  outcome.blocks_without_data = parser.blocks_without_data();
  return outcome;
}

void CheckAll(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    for (size_t piece = 1; piece <= std::max<size_t>(c.stream.size(), 1); ++piece) {
      EXPECT_EQ(Parse(c.stream, piece), c.outcome) << c.name << ", in pieces of " << piece;
    }
  }
}

// The examples of sections 9.2.1 and 9.2.6.
TEST(EventStreamParserTest, TheStandardsExamples) {
  CheckAll({
      {"messages of one line and of two",
       "data: This is the first message.\n\ndata: This is the second message, it\n"
       "data: has two lines.\n\ndata: This is the third message.\n\n",
       {{"message|This is the first message.|",
         "message|This is the second message, it\nhas two lines.|",
         "message|This is the third message.|"}}},
      {"event types",
       "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
       {{"add|73857293|", "remove|2153|", "add|113411|"}}},
      {"stocks", "data: YHOO\ndata: +2\ndata: 10\n\n", {{"message|YHOO\n+2\n10|"}}},
      {"four blocks, of which the last is not finished",
       ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
       {{"message|first event|1", "message|second event|"}, "", std::nullopt, 1}},
      {"the same, finished",
       ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third "
       "event\n\n",
       {{"message|first event|1", "message|second event|", "message| third event|"},
        "",
        std::nullopt,
        1}},
      {"empty data, two empty lines of data, and data without an end",
       "data\n\ndata\ndata\n\ndata:",
       {{"message||", "message|\n|"}}},
      {"one space behind the colon is of no meaning",
       "data:test\n\ndata: test\n\n",
       {{"message|test|", "message|test|"}}},
  });
}

TEST(EventStreamParserTest, LinesEndWithCrlfLfOrCr) {
  CheckAll({
      {"LF", "data: a\ndata: b\n\n", {{"message|a\nb|"}}},
      {"CRLF", "data: a\r\ndata: b\r\n\r\n", {{"message|a\nb|"}}},
      {"CR", "data: a\rdata: b\r\r", {{"message|a\nb|"}}},
      {"mixed", "data: a\r\ndata: b\rdata: c\n\r\n", {{"message|a\nb\nc|"}}},
      {"CR LF LF are two ends", "data: a\r\n\n", {{"message|a|"}}},
      {"LF CR are two ends", "data: a\n\r", {{"message|a|"}}},
      {"a CR LF ends one line", "data: a\r\ndata: b\r\n", {}},
      {"empty lines before and between", "\n\r\n\r\rdata: a\n\n\n\n", {{"message|a|"}}},
      {"other controls end nothing",
       "data: a\vb\fc\xC2\x85x\xE2\x80\xA8y\n\n",
       {{"message|a\vb\fc\xC2\x85x\xE2\x80\xA8y|"}}},
  });
}

TEST(EventStreamParserTest, AByteOrderMarkIsDroppedAtTheStreamsBeginningAlone) {
  CheckAll({
      {"one",
       "\xEF\xBB\xBF"
       "data: a\n\n",
       {{"message|a|"}}},
      {"the second is part of a name that nobody knows",
       "\xEF\xBB\xBF\xEF\xBB\xBF"
       "data: a\n\n",
       {{}, "", std::nullopt, 0, 1}},
      {"a later one too",
       "data: a\n\n\xEF\xBB\xBF"
       "data: b\n\n",
       {{"message|a|"}, "", std::nullopt, 0, 1}},
      {"in data it stays",
       "data: \xEF\xBB\xBF"
       "a\n\n",
       {{"message|\xEF\xBB\xBF"
         "a|"}}},
      {"before an empty line", "\xEF\xBB\xBF\ndata: a\n\n", {{"message|a|"}}},
  });
}

TEST(EventStreamParserTest, Fields) {
  CheckAll({
      {"names are compared as they are",
       "Data: a\ndata : b\n data: c\ndata: d\n\n",
       {{"message|d|"}}},
      {"unknown ones are ignored", "foo: a\nfoo\ndata: b\n\n", {{"message|b|"}}},
      {"a line without a colon is a name", "data\ndata: a\n\n", {{"message|\na|"}}},
      {"of more spaces and colons the first goes", "data:  a: b \n\n", {{"message| a: b |"}}},
      {"a tab does not", "data:\ta\n\n", {{"message|\ta|"}}},
      {"the last type counts", "event: a\nevent: b\ndata: x\n\n", {{"b|x|"}}},
      {"an empty type is message", "event: a\nevent\ndata: x\n\n", {{"message|x|"}}},
      {"a type is of its block alone",
       "event: a\n\ndata: x\n\n",
       {{"message|x|"}, "", std::nullopt, 0, 1}},
      {"comments", ":\n: a\n:data: b\ndata: c\n:\n\n", {{"message|c|"}, "", std::nullopt, 4}},
      {"a comment is no field", ":\n\n:\n\n", {{}, "", std::nullopt, 2}},
      {"nothing at all", "", {}},
  });
}

TEST(EventStreamParserTest, Ids) {
  CheckAll({
      {"an id stays until the next",
       "id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\n",
       {{"message|a|1", "message|b|1", "message|c|2"}, "2"}},
      {"one without data counts as soon as its block ends",
       "id: 7\n\n",
       {{}, "7", std::nullopt, 0, 1}},
      {"and not before", "id: 7\n", {}},
      {"an empty one forgets",
       "id: 1\ndata: a\n\nid:\ndata: b\n\n",
       {{"message|a|1", "message|b|"}, ""}},
      {"NUL makes it void",
       "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n"sv,
       {{"message|a|1", "message|b|1"}, "1"}},
      {"U+FFFD does not", "id: \xFF\ndata: a\n\n", {{"message|a|\xEF\xBF\xBD"}, "\xEF\xBF\xBD"}},
  });
}

TEST(EventStreamParserTest, Retry) {
  CheckAll({
      {"digits", "retry: 1500\n\n", {{}, "", 1500, 0, 1}},
      {"it counts at once", "retry: 5\n", {{}, "", 5}},
      {"the last one", "retry: 5\nretry: 010\n\n", {{}, "", 10, 0, 1}},
      {"not with anything else",
       "retry: 5 \nretry:  5\nretry: -1\nretry: 1.5\nretry: x\nretry\n\n",
       {{}, "", std::nullopt, 0, 1}},
      {"too large for a number", "retry: 99999999999999999999999\n\n", {{}, "", UINT64_MAX, 0, 1}},
  });
}

TEST(EventStreamParserTest, WhatIsNotUtf8IsReplaced) {
  CheckAll({
      {"valid text stays",
       "data: \xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBF\xF4\x8F\xBF\xBF\n\n",
       {{"message|\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBF\xF4\x8F\xBF\xBF|"}}},
      {"one for each byte that begins nothing",
       "data: \x80\xFF\xC0\xAF\n\n",
       {{"message|\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD|"}}},
      {"one for a beginning",
       "data: \xE2\x82x\xF0\x9F\x98\n\n",
       {{"message|\xEF\xBF\xBDx\xEF\xBF\xBD|"}}},
      {"a surrogate",
       "data: \xED\xA0\x80\n\n",
       {{"message|\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD|"}}},
      {"NUL is a character", "data: a\0b\nevent: \0\n\n"sv, {{"\0|a\0b|"s}}},
  });
}

TEST(EventStreamParserTest, WhatTheStreamsEndCutsOffIsDiscarded) {
  EventStreamParser parser;
  EXPECT_TRUE(parser.at_rest());
  for (const std::string_view piece : {"id: 1"sv, "\n"sv, "data: a\n"sv}) {
    parser.Feed(piece);
    EXPECT_FALSE(parser.at_rest());
  }
  EXPECT_EQ(parser.last_event_id(), "");
  EXPECT_TRUE(parser.TakeEvents().empty());
  parser.Feed("\n");
  EXPECT_TRUE(parser.at_rest());
  parser.Feed(":\n");
  EXPECT_TRUE(parser.at_rest());
  EXPECT_EQ(parser.TakeEvents(), (std::vector<EventStreamParser::Event>{{"message", "a", "1"}}));
}

}  // namespace
}  // namespace hookcast::testing

#include "broker/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace hookcast {
namespace {

using nlohmann::json;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// Each test leaves the settings as they were at the start.
class Log : public testing::Test {
 protected:
  ~Log() override { log::Configure(log::Level::kInfo, log::Format::kJson, ""); }

  // The lines that `write` leaves on standard error.
  template <typename Write>
  static std::vector<std::string> LinesOf(Write write) {
    testing::internal::CaptureStderr();
    write();
    std::istringstream out(testing::internal::GetCapturedStderr());
    std::vector<std::string> lines;
    for (std::string line; std::getline(out, line);) lines.push_back(line);
    return lines;
  }
};

TEST_F(Log, ALineIsOneJsonObjectWithTimeLevelMessageAndFields) {
  log::Configure(log::Level::kInfo, log::Format::kJson, "n1");
  const std::string owned = "owned";
  const auto lines = LinesOf([&] {
    log::Warn("something happened", {{"text", "a b"},
                                     {"string", owned},
                                     {"int", -7},
                                     {"big", std::numeric_limits<uint64_t>::max()},
                                     {"small", std::numeric_limits<int64_t>::min()},
                                     {"real", 0.5},
                                     {"flag", true}});
  });
  ASSERT_THAT(lines, SizeIs(1));
  const json line = json::parse(lines[0]);
  EXPECT_THAT(line["time"].get<std::string>(),
              ContainsRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z$"));
  EXPECT_EQ(line["level"], "warn");
  EXPECT_EQ(line["msg"], "something happened");
  EXPECT_EQ(line["node"], "n1");
  EXPECT_EQ(line["text"], "a b");
  EXPECT_EQ(line["string"], "owned");
  EXPECT_EQ(line["int"], -7);
  EXPECT_EQ(line["big"], std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(line["small"], std::numeric_limits<int64_t>::min());
  EXPECT_EQ(line["real"], 0.5);
  EXPECT_EQ(line["flag"], true);
  EXPECT_THAT(line, SizeIs(11));
}

TEST_F(Log, BeforeItIsConfiguredThereIsNoNode) {
  const auto lines = LinesOf([] { log::Info("hello"); });
  ASSERT_THAT(lines, SizeIs(1));
  const json line = json::parse(lines[0]);
  EXPECT_FALSE(line.contains("node"));
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["msg"], "hello");
}

TEST_F(Log, WhatLiesUnderTheLevelIsNotWritten) {
  log::Configure(log::Level::kWarn, log::Format::kJson, "");
  EXPECT_FALSE(log::Enabled(log::Level::kDebug));
  EXPECT_FALSE(log::Enabled(log::Level::kInfo));
  EXPECT_TRUE(log::Enabled(log::Level::kWarn));
  EXPECT_TRUE(log::Enabled(log::Level::kError));
  EXPECT_THAT(LinesOf([] {
                log::Debug("no");
                log::Info("no");
              }),
              IsEmpty());
  EXPECT_THAT(LinesOf([] {
                log::Warn("yes");
                log::Error("yes");
              }),
              SizeIs(2));
  log::Configure(log::Level::kDebug, log::Format::kJson, "");
  EXPECT_THAT(LinesOf([] { log::Debug("yes"); }), SizeIs(1));
}

TEST_F(Log, BytesThatAreNotUtf8AreReplaced) {
  const auto lines = LinesOf([] {
    log::Info("bytes", {{"value", std::string_view("a\xff\xc0z")}, {"cut", "\xe2\x82"}});
  });
  ASSERT_THAT(lines, SizeIs(1));
  const json line = json::parse(lines[0]);
  EXPECT_EQ(line["value"], "a\xef\xbf\xbd\xef\xbf\xbdz");
  EXPECT_EQ(line["cut"], "\xef\xbf\xbd");
}

// What a client sent can neither begin a line of its own nor end its field, and is no format.
TEST_F(Log, AHostileFieldStaysOneFieldOfOneLine) {
  using namespace std::string_view_literals;
  const std::string_view hostile = "a\"}\r\n{\"level\":\"error\"} {} {0} %s %v \0 \x1b[31m"sv;
  for (const log::Format format : {log::Format::kJson, log::Format::kText}) {
    log::Configure(log::Level::kInfo, format, "");
    const auto lines = LinesOf([&] { log::Info("bad {} %v", {{"value", hostile}}); });
    ASSERT_THAT(lines, SizeIs(1));
    EXPECT_THAT(lines[0], Not(HasSubstr("\x1b")));
    EXPECT_THAT(lines[0], Not(HasSubstr("\r")));
    EXPECT_THAT(lines[0], HasSubstr("bad {} %v"));
    if (format == log::Format::kJson) {
      const json line = json::parse(lines[0]);
      EXPECT_EQ(line["value"].get<std::string>(), hostile);
      EXPECT_EQ(line["level"], "info");
    } else {
      const size_t value = lines[0].find("value=");
      ASSERT_NE(value, std::string::npos);
      EXPECT_EQ(json::parse(lines[0].substr(value + 6)).get<std::string>(), hostile);
    }
  }
}

TEST_F(Log, TextQuotesOnlyWhatNeedsIt) {
  log::Configure(log::Level::kInfo, log::Format::kText, "n1");
  const auto lines = LinesOf([] {
    log::Error("it broke", {{"address", "[::1]:80"},
                            {"path", "/rooms/{room}"},
                            {"words", "two words"},
                            {"none", ""},
                            {"count", 3},
                            {"flag", false}});
  });
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0],
              ContainsRegex("^[0-9:]{8}\\.[0-9]{3}Z error it broke  address=\"\\[::1\\]:80\"  "
                            "path=/rooms/\\{room\\}  words=\"two words\"  none=\"\"  count=3  "
                            "flag=false$"));
}

TEST_F(Log, LinesOfManyThreadsDoNotMix) {
  constexpr int kThreads = 4;
  constexpr int kEach = 200;
  const auto lines = LinesOf([] {
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([t] {
        for (int i = 0; i < kEach; ++i) {
          log::Info("line", {{"thread", t}, {"filler", std::string(300, 'x')}, {"i", i}});
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  ASSERT_THAT(lines, SizeIs(kThreads * kEach));
  std::vector<int> next(kThreads);
  for (const std::string& text : lines) {
    const json line = json::parse(text);
    EXPECT_EQ(line["i"], next[line["thread"].get<size_t>()]++);
  }
}

}  // namespace
}  // namespace hookcast

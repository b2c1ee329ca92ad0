#include "cli/json_value.h"

#include <string>

#include "cli/failure.h"
#include "cli/json_output.h"
#include "gtest/gtest.h"

namespace hookcast::cli {
namespace {

std::string RoundTrip(const std::string& json) {
  google::protobuf::Value value;
  const auto status = ParseJsonValue(json, &value);
  return status.ok() ? *ToJson(value) : std::string(status.message());
}

TEST(JsonValueTest, KeepsEveryKindOfValue) {
  for (const char* json : {"null", "true", "\"ä\\n\"", "-1.5", "0", "9007199254740992", "[]", "{}",
                           "[1,[2,{\"a\":[null]}],\"x\"]"}) {
    EXPECT_EQ(RoundTrip(json), json);
  }
  EXPECT_EQ(RoundTrip(" {\"a\": {\"b\": 1}} "), "{\"a\":{\"b\":1}}");
}

TEST(JsonValueTest, TakesTheLastOfTwoMembersOfOneName) {
  EXPECT_EQ(RoundTrip("{\"a\":{\"b\":1},\"a\":[2]}"), "{\"a\":[2]}");
}

TEST(JsonValueTest, SaysWhereTextIsNotJson) {
  for (const char* json : {"", "{", "[1,]", "{'a':1}", "1 2", "NaN", "\"\xff\"", "1e999"}) {
    google::protobuf::Value value;
    const auto status = ParseJsonValue(json, &value);
    EXPECT_EQ(ExitCodeOf(status), ExitCode::kUsage) << json;
    EXPECT_EQ(std::string(status.message()).rfind("the data is not JSON: ", 0), 0u) << status;
    EXPECT_FALSE(HintOf(status).empty());
  }
  EXPECT_NE(RoundTrip("[1,\n  x]").find("line 2, column 3"), std::string::npos);
}

TEST(JsonValueTest, RefusesIntegersThatWouldLoseDigits) {
  for (const char* json : {"9007199254740993", "-9007199254740993", "18446744073709551615",
                           "[123456789012345678901234567890]"}) {
    google::protobuf::Value value;
    const auto status = ParseJsonValue(json, &value);
    EXPECT_EQ(ExitCodeOf(status), ExitCode::kUsage) << json;
    EXPECT_NE(std::string(status.message()).find("would lose digits"), std::string::npos) << status;
  }
}

TEST(JsonValueTest, RefusesDepthThatNoNodeReads) {
  std::string json;
  for (int i = 0; i < 30; ++i) json += "{\"a\":";
  json += "1" + std::string(30, '}');
  EXPECT_EQ(RoundTrip(json), json);
  EXPECT_EQ(RoundTrip("[" + json + "]"), "the data is nested more than 30 levels deep");
  EXPECT_EQ(RoundTrip(std::string(1'000'000, '[')), "the data is nested more than 30 levels deep");
}

TEST(JsonOutputTest, EscapesControlCharacters) {
  google::protobuf::Value value;
  value.set_string_value("\x1b\x7f\xC2\x9B\n");
  EXPECT_EQ(*ToJson(value), "\"\\u001b\\u007f\\u009b\\n\"");
}

}  // namespace
}  // namespace hookcast::cli

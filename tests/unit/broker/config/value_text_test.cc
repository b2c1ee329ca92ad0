#include "broker/config/value_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace hookcast::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

template <typename T>
std::string ErrorOf(const absl::StatusOr<T>& value) {
  return std::string(value.status().message());
}

TEST(ValueTextTest, DurationsAreWholeNumbersWithAUnit) {
  EXPECT_EQ(*ParseDuration("250ms"), milliseconds(250));
  EXPECT_EQ(*ParseDuration("5s"), seconds(5));
  EXPECT_EQ(*ParseDuration("2m"), minutes(2));
  EXPECT_EQ(*ParseDuration("1h"), hours(1));
  EXPECT_EQ(*ParseDuration("0"), milliseconds(0));
  EXPECT_EQ(*ParseDuration("0s"), milliseconds(0));
}

TEST(ValueTextTest, ADurationWithoutAUnitIsToldWhichOnesThereAre) {
  EXPECT_EQ(ErrorOf(ParseDuration("25")), "\"25\" has no unit; write 25ms, 25s or 25m");
}

TEST(ValueTextTest, OtherTextIsNoDuration) {
  for (const char* text : {"", "s", "1.5s", "-5s", "5 s", " 5s", "5S", "5sec", "+5s", "0x5s"}) {
    EXPECT_EQ(ErrorOf(ParseDuration(text)),
              "\"" + std::string(text) +
                  "\" is not a duration; write a whole number and ms, s, m or h, such as 250ms");
  }
}

TEST(ValueTextTest, ADurationThatOverflowsIsTheLargest) {
  const milliseconds most(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(*ParseDuration("99999999999999999999s"), most);
  EXPECT_EQ(*ParseDuration("9223372036854775807h"), most);
}

TEST(ValueTextTest, SizesAreBytesOrHaveABinaryUnit) {
  EXPECT_EQ(*ParseSize("0"), 0u);
  EXPECT_EQ(*ParseSize("4096"), 4096u);
  EXPECT_EQ(*ParseSize("64KiB"), 65536u);
  EXPECT_EQ(*ParseSize("1MiB"), 1048576u);
  EXPECT_EQ(*ParseSize("2GiB"), 2147483648u);
}

TEST(ValueTextTest, OtherTextIsNoSize) {
  for (const char* text : {"", "KiB", "1MB", "1kib", "1.5MiB", "-1", "1 MiB", "64K"}) {
    EXPECT_EQ(ErrorOf(ParseSize(text)),
              "\"" + std::string(text) +
                  "\" is not a size; write a whole number of bytes, or one with KiB, MiB or GiB, "
                  "such as 64KiB");
  }
}

TEST(ValueTextTest, WhatIsFormattedParsesBack) {
  for (const int64_t value : {0, 1, 999, 1000, 1024, 1500, 60'000, 61'000, 65'536, 3'600'000,
                              1'048'576, 1'048'577, 1'073'741'824}) {
    EXPECT_EQ(*ParseDuration(FormatDuration(milliseconds(value))), milliseconds(value));
    EXPECT_EQ(*ParseSize(FormatSize(static_cast<size_t>(value))), static_cast<size_t>(value));
  }
  EXPECT_EQ(FormatDuration(seconds(90)), "90s");
  EXPECT_EQ(FormatDuration(milliseconds(0)), "0s");
  EXPECT_EQ(FormatSize(1536 * 1024), "1536KiB");
}

TEST(ValueTextTest, IntegersAreDecimal) {
  EXPECT_EQ(*ParseInteger("-3"), -3);
  EXPECT_EQ(*ParseInteger("007"), 7);
  EXPECT_EQ(*ParseInteger("99999999999999999999"), std::numeric_limits<int64_t>::max());
  for (const char* text : {"", "-", "1.0", "0x10", "1e3", "four", " 1", "1 "}) {
    EXPECT_EQ(ErrorOf(ParseInteger(text)),
              "\"" + std::string(text) + "\" is not a whole number; write one such as 4");
  }
}

TEST(ValueTextTest, BooleansAreTrueOrFalseOnly) {
  EXPECT_TRUE(*ParseBoolean("true"));
  EXPECT_FALSE(*ParseBoolean("false"));
  EXPECT_EQ(ErrorOf(ParseBoolean("yes")), "\"yes\" is neither true nor false; write one of them");
}

TEST(ValueTextTest, AddressesAreAnIpAddressAndAPort) {
  EXPECT_EQ(*ParseListenAddress("127.0.0.1:8080"), (ListenAddress{"127.0.0.1", 8080}));
  EXPECT_EQ(*ParseListenAddress("0.0.0.0:0"), (ListenAddress{"0.0.0.0", 0}));
  EXPECT_EQ(*ParseListenAddress("[::1]:65535"), (ListenAddress{"::1", 65535}));
}

TEST(ValueTextTest, AnAddressComesBackInItsUsualForm) {
  EXPECT_EQ(ParseListenAddress("[0:0:0:0:0:0:0:1]:1")->host, "::1");
  EXPECT_EQ(ParseListenAddress("localhost:1")->host, "127.0.0.1");
}

TEST(ValueTextTest, AWrongAddressIsToldWhatWouldBeRight) {
  const auto expect = [](std::string_view text, const std::string& error) {
    EXPECT_EQ(ErrorOf(ParseListenAddress(text)), error);
  };
  const std::string no_port = " is not address:port; write one such as 127.0.0.1:8080";
  expect("8080", "\"8080\"" + no_port);
  expect("127.0.0.1", "\"127.0.0.1\"" + no_port);
  expect("127.0.0.1:http", "\"127.0.0.1:http\"" + no_port);
  expect("[::1]", "\"[::1]\"" + no_port);
  expect("[:80", "\"[:80\"" + no_port);
  expect("", "\"\"" + no_port);
  expect(":8080",
         "\":8080\" has no address; write 0.0.0.0:8080 to listen on all, or 127.0.0.1:8080");
  expect("127.0.0.1:65536", "\"127.0.0.1:65536\" has a port out of range; write 0 to 65535");
  expect("127.0.0.1:-1", "\"127.0.0.1:-1\" has a port out of range; write 0 to 65535");
  expect("::1:80", "\"::1:80\" needs brackets around its address; write [::1]:80");
  const std::string no_ip =
      " does not begin with an IP address or localhost; write one such as 127.0.0.1:80";
  for (const char* text : {"example.com:80", "[127.0.0.1]:80", "[]:80", "127.1:80", "*:80",
                           "http://127.0.0.1:80", "[fe80::1%eth0]:80"}) {
    expect(text, "\"" + std::string(text) + "\"" + no_ip);
  }
  expect(std::string_view("127.0.0.1\0x:80", 14), "\"127.0.0.1\\x00x:80\"" + no_ip);
}

}  // namespace
}  // namespace hookcast::config

#include "broker/config/origin_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hookcast::config {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

bool Matches(std::string_view pattern, std::string_view origin) {
  return OriginPattern::Parse(pattern).value().Matches(origin);
}

std::string ErrorOf(std::string_view text) {
  return std::string(OriginPattern::Parse(text).status().message());
}

TEST(OriginPatternTest, SchemeHostAndPortHaveToBeTheSame) {
  EXPECT_TRUE(Matches("https://app.example.com", "https://app.example.com"));
  for (const char* other :
       {"http://app.example.com", "https://app.example.com:8443", "https://example.com",
        "https://evil.app.example.com", "https://app.example.com.evil",
        "https://evilapp.example.com", "https://app.example.co", "https://app.example.comm",
        "wss://app.example.com", "null", "*"}) {
    EXPECT_FALSE(Matches("https://app.example.com", other)) << other;
  }
  EXPECT_TRUE(Matches("http://localhost:3000", "http://localhost:3000"));
  EXPECT_FALSE(Matches("http://localhost:3000", "http://localhost:3001"));
  EXPECT_FALSE(Matches("http://localhost:3000", "http://localhost"));
}

TEST(OriginPatternTest, CaseDoesNotCount) {
  EXPECT_TRUE(Matches("https://app.example.com", "HTTPS://App.Example.COM"));
  EXPECT_TRUE(Matches("HTTPS://APP.example.com", "https://app.example.com"));
}

TEST(OriginPatternTest, TheSchemesOwnPortNeedNotBeWritten) {
  EXPECT_TRUE(Matches("https://a.example", "https://a.example:443"));
  EXPECT_TRUE(Matches("https://a.example:443", "https://a.example"));
  EXPECT_TRUE(Matches("http://a.example:80", "http://a.example"));
  EXPECT_FALSE(Matches("https://a.example", "https://a.example:80"));
  EXPECT_FALSE(Matches("http://a.example:443", "http://a.example"));
  EXPECT_FALSE(Matches("app://a:80", "app://a")) << "has no port of its own";
}

TEST(OriginPatternTest, AStarStandsForAnyDepthOfSubdomainsAndNotForNone) {
  constexpr std::string_view kPattern = "https://*.example.com";
  EXPECT_TRUE(Matches(kPattern, "https://a.example.com"));
  EXPECT_TRUE(Matches(kPattern, "https://a.b-c.D_e.example.com:443"));
  for (const char* other :
       {"https://example.com", "https://.example.com", "https://a..example.com",
        "https://evilexample.com", "https://example.com.evil", "https://a.example.com.evil",
        "https://a.example.com.", "http://a.example.com", "https://a.example.com:8443",
        "https://*.example.com", "https://evil/.example.com", "https://evil?.example.com",
        "https://evil#.example.com", "https://evil\\.example.com", "https://u@a.example.com",
        "https://evil:80.example.com", "null"}) {
    EXPECT_FALSE(Matches(kPattern, other)) << other;
  }
  EXPECT_TRUE(Matches("http://*.localhost:3000", "http://a.localhost:3000"));
  EXPECT_FALSE(Matches("http://*.localhost:3000", "http://a.localhost"));
}

TEST(OriginPatternTest, NullIsLetInByItsOwnEntryAlone) {
  EXPECT_TRUE(Matches("null", "null"));
  for (const char* other : {"NULL", "", "null ", "https://null", "null://", "null, null"}) {
    EXPECT_FALSE(Matches("null", other)) << other;
  }
}

TEST(OriginPatternTest, AStarAloneTakesWhateverCame) {
  for (const char* any : {"null", "", "https://a.example", "nonsense", "\xff"}) {
    EXPECT_TRUE(Matches("*", any)) << any;
  }
}

TEST(OriginPatternTest, OddFormsAreOfNoOrigin) {
  for (const char* odd : {"",
                          " ",
                          "https://",
                          "https:",
                          "https:/app.example.com",
                          "app.example.com",
                          "//app.example.com",
                          "https://app.example.com/",
                          "https://app.example.com/path",
                          "https://app.example.com?q",
                          "https://app.example.com#f",
                          "https://user@app.example.com",
                          "https://user:pass@app.example.com",
                          "https://app.example.com.",
                          "https://app.example.com:",
                          "https://app.example.com:0",
                          "https://app.example.com:0443",
                          "https://app.example.com:65979",
                          "https://app.example.com:4294967739",
                          "https://app.example.com:18446744073709552059",
                          "https://app.example.com:+443",
                          "https://app.example.com:443:443",
                          "https://app.example.com, https://app.example.com",
                          "https://app.example.com https://app.example.com",
                          "https://app.example.com,",
                          "https://[app.example.com]",
                          "https://app.example.com]",
                          "https://%61pp.example.com",
                          "https://app\xe3\x80\x82"
                          "example\xe3\x80\x82"
                          "com",
                          "https://\xef\xbd\x81pp.example.com",
                          "https://app .example.com",
                          " https://app.example.com",
                          "https://app.example.com\t",
                          "://app.example.com",
                          "1https://app.example.com",
                          "blob:https://app.example.com"}) {
    EXPECT_FALSE(Matches("https://app.example.com", odd)) << odd;
  }
  EXPECT_FALSE(
      Matches("https://app.example.com", std::string_view("https://app.example.com\0", 24)));
}

TEST(OriginPatternTest, AnAddressIsAHostLikeAnother) {
  EXPECT_TRUE(Matches("http://192.0.2.1:8080", "http://192.0.2.1:8080"));
  EXPECT_TRUE(Matches("http://[::1]:8080", "http://[::1]:8080"));
  EXPECT_TRUE(Matches("http://[0:0:0:0:0:0:0:1]", "http://[::1]:80"));
  EXPECT_FALSE(Matches("http://[::1]:8080", "http://[::2]:8080"));
  EXPECT_FALSE(Matches("http://[::1]:8080", "http://[::1]"));
  EXPECT_FALSE(Matches("http://[::1]", "http://::1"));
  EXPECT_FALSE(Matches("http://192.0.2.1", "http://[::ffff:192.0.2.1]"));
}

TEST(OriginPatternTest, SchemesOfApplicationsAreTakenAsTheyAre) {
  for (const char* origin : {"chrome-extension://abcdefghijklmnop", "app://.", "file://",
                             "capacitor://localhost", "app://obsidian.md", "tauri://localhost:1"}) {
    EXPECT_TRUE(Matches(origin, origin)) << origin;
    EXPECT_FALSE(Matches(origin, "app://other")) << origin;
  }
}

TEST(OriginPatternTest, AMistakeIsToldWithWhatWouldBeRight) {
  EXPECT_EQ(ErrorOf("https://app.example.com/chat"),
            "\"https://app.example.com/chat\" has something behind its host, and an origin ends "
            "there; write https://app.example.com");
  EXPECT_THAT(ErrorOf("https://app.example.com/"), HasSubstr("write https://app.example.com"));
  EXPECT_THAT(ErrorOf("app.example.com"), HasSubstr("has no scheme"));
  EXPECT_THAT(ErrorOf("*.example.com"), HasSubstr("has no scheme"));
  EXPECT_THAT(ErrorOf("https://app.*.com"), HasSubstr("has a star elsewhere"));
  EXPECT_THAT(ErrorOf("https://*"), HasSubstr("has a star elsewhere"));
  EXPECT_THAT(ErrorOf("https://*.*.com"), HasSubstr("has a star elsewhere"));
  EXPECT_THAT(ErrorOf("https://a*.example.com"), HasSubstr("has a star elsewhere"));
  EXPECT_THAT(ErrorOf("*://app.example.com"), HasSubstr("has a star in its scheme"));
  EXPECT_THAT(ErrorOf("http://localhost:*"), HasSubstr("has a star for its port"));
  EXPECT_THAT(ErrorOf("https://user@app.example.com"), HasSubstr("has a user"));
  EXPECT_THAT(ErrorOf("https://b\xc3\xbc"
                      "cher.example"),
              HasSubstr("is not ASCII"));
  EXPECT_THAT(ErrorOf("https://app.example.com."), HasSubstr("ends with a dot"));
  EXPECT_THAT(ErrorOf("https://app.example.com:0"), HasSubstr("has no sound port"));
  EXPECT_THAT(ErrorOf("https://app.example.com:65536"), HasSubstr("has no sound port"));
  EXPECT_EQ(ErrorOf("wss://app.example.com"),
            "\"wss://app.example.com\" has the scheme of the WebSocket, and an origin is that of "
            "the page; write https://app.example.com");
  for (const char* wrong : {"", "https://", "https://[::1", "https://a..b", "https://a b"}) {
    EXPECT_THAT(ErrorOf(wrong), StartsWith("\"")) << wrong;
  }
}

}  // namespace
}  // namespace hookcast::config

#include "broker/hooks/upgrade_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hookcast::hooks {
namespace {

using testing::HasSubstr;

constexpr size_t kContext = 100;

void ExpectRefused(const absl::Status& status, std::string_view says) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << says;
  EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(says)));
}

TEST(UpgradeVerdictTest, OrdinaryHeadersMayBeAddedAlsoRepeatedOnes) {
  EXPECT_TRUE(CheckResponseHeaders({{"Set-Cookie", "a=1; Path=/"},
                                    {"Set-Cookie", "b=2"},
                                    {"X-Empty", ""},
                                    {"Strict-Transport-Security", "max-age=1"},
                                    {"x!#$%&'*+-.^_`|~1", "any text, \"even\" this\t\xc3\xa4"}})
                  .ok());
}

TEST(UpgradeVerdictTest, HeadersThatAreTheNodesOwnAreRefusedInAnyCase) {
  for (const char* name :
       {"Connection", "connection", "KEEP-ALIVE", "Proxy-Connection", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade", "Content-Length", "content-length", "Sec-WebSocket-Accept",
        "sec-websocket-protocol", "SEC-WEBSOCKET-EXTENSIONS", "Sec-WebSocket-Anything"}) {
    ExpectRefused(CheckResponseHeaders({{name, "x"}}), name);
    ExpectRefused(CheckVerdict(Accept{.headers = {{name, "x"}}}, kContext), name);
    ExpectRefused(CheckVerdict(Reject{403, {{name, "x"}}, ""}, kContext), name);
  }
}

TEST(UpgradeVerdictTest, ANameThatIsNoTokenIsRefused) {
  for (const char* name : {"", "a b", "a:", "a\r\nb", "a\n", "\xc3\xa4", "(a)", "a/b"}) {
    ExpectRefused(CheckResponseHeaders({{"Good", "x"}, {name, "x"}}), "is not a token");
  }
  ExpectRefused(CheckResponseHeaders({{std::string("a\0b", 3), "x"}}), "is not a token");
}

TEST(UpgradeVerdictTest, AValueThatCouldEndItsLineIsRefused) {
  for (const std::string& value : {std::string("a\rb"), std::string("a\nb"), std::string("a\r\nb"),
                                   std::string("a\0b", 3), std::string("\n"), std::string("a\n")}) {
    ExpectRefused(CheckResponseHeaders({{"X", value}}), "CR, LF or NUL");
  }
}

TEST(UpgradeVerdictTest, ARejectsStatusIsOneThatRefuses) {
  for (const int status : {300, 302, 400, 401, 404, 499, 500, 599}) {
    EXPECT_TRUE(CheckVerdict(Reject{status, {}, "body"}, kContext).ok()) << status;
  }
  for (const int status : {-1, 0, 100, 101, 200, 204, 299, 600, 1000}) {
    ExpectRefused(CheckVerdict(Reject{status, {}, ""}, kContext), "300 to 599");
  }
}

TEST(UpgradeVerdictTest, AnAcceptsContextAndNamespaceKeepTheirLimits) {
  EXPECT_TRUE(CheckVerdict(Accept{}, kContext).ok());
  EXPECT_TRUE(CheckVerdict(Accept{.ns = "", .context = std::string(kContext, 'c')}, kContext).ok());
  ExpectRefused(CheckVerdict(Accept{.context = std::string(kContext + 1, 'c')}, kContext),
                "the context has 101 bytes; the route allows 100");
  EXPECT_TRUE(CheckVerdict(Accept{.ns = std::string(1'024, 'n')}, kContext).ok());
  EXPECT_EQ(CheckVerdict(Accept{.ns = std::string(1'025, 'n')}, kContext).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CheckVerdict(Accept{.ns = "\xff"}, kContext).code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace hookcast::hooks

#include "cli/redact.h"

#include "gtest/gtest.h"

namespace hookcast::cli {
namespace {

std::string HeaderAfter(const std::string& name, const std::string& value) {
  v1::PeerInfo info;
  v1::Header* header = info.mutable_request()->add_headers();
  header->set_name(name);
  header->set_value(value);
  HideSecrets(&info);
  return info.request().headers(0).value();
}

TEST(RedactTest, KeepsTheNamesOfAQueryAndHidesItsValues) {
  v1::PeerInfo info;
  info.mutable_request()->set_target("/rooms/a?token=s3cr%3Dt&x&&y=;z=1=2");
  info.mutable_request()->set_query("token=s3cr%3Dt&x&&y=;z=1=2");
  info.mutable_request()->set_path("/rooms/a");
  HideSecrets(&info);
  EXPECT_EQ(info.request().query(), "token=***&***&&y=***;z=***");
  EXPECT_EQ(info.request().target(), "/rooms/a?token=***&***&&y=***;z=***");
  EXPECT_EQ(info.request().path(), "/rooms/a");
}

TEST(RedactTest, HidesCredentialsInHeaders) {
  for (const char* name : {"Authorization", "authorization", "Proxy-Authorization", "Cookie",
                           "X-Api-Key", "x-access-token", "X-Amz-Security-Token"}) {
    EXPECT_EQ(HeaderAfter(name, "s3cret"), "***") << name;
  }
  EXPECT_EQ(HeaderAfter("Referer", "https://a/b?token=s3cret#c"), "https://a/b?token=***");
}

TEST(RedactTest, LeavesOtherHeaders) {
  EXPECT_EQ(HeaderAfter("Origin", "https://a"), "https://a");
  EXPECT_EQ(HeaderAfter("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_EQ(HeaderAfter("Referer", "https://a/b"), "https://a/b");
}

TEST(RedactTest, AddsNoRequestWhereThereIsNone) {
  v1::PeerInfo info;
  HideSecrets(&info);
  EXPECT_FALSE(info.has_request());
}

}  // namespace
}  // namespace hookcast::cli

#include "edge/call_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace hookcast::edge {
namespace {

// The status of the refusal, or 0.
int StatusOf(const HttpRequest& request) {
  const auto refusal = RefuseCall(request, {"admin.example", "node-1"});
  if (!refusal) return 0;
  const auto json = nlohmann::json::parse(refusal->body);
  EXPECT_TRUE(json["code"].is_string() && json["message"].is_string());
  for (const auto& [name, value] : refusal->headers) EXPECT_NE(name.substr(0, 6), "Access");
  return refusal->status;
}

HttpRequest Call(HttpHeaders more = {}, std::string host = "127.0.0.1:8081") {
  HttpRequest request{.method = "POST", .target = "/"};
  request.headers = {{"host", std::move(host)}, {"Content-Type", "application/json"}};
  request.headers.insert(request.headers.end(), more.begin(), more.end());
  return request;
}

TEST(CallGuard, PostsOfJsonPass) {
  EXPECT_EQ(StatusOf(Call()), 0);
  HttpRequest request = Call();
  for (const char* type :
       {"application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\""}) {
    request.headers[1].second = type;
    EXPECT_EQ(StatusOf(request), 0) << type;
  }
  EXPECT_EQ(StatusOf(Call({{"Content-Encoding", "identity"}})), 0);
}

TEST(CallGuard, OtherMethodsAreRefused) {
  for (const char* method : {"GET", "HEAD", "OPTIONS", "PUT", "post"}) {
    HttpRequest request = Call();
    request.method = method;
    EXPECT_EQ(StatusOf(request), 405) << method;
  }
}

TEST(CallGuard, HostsAreAddressesLocalhostAndConfiguredNames) {
  for (const char* host : {"127.0.0.1", "10.1.2.3:80", "[::1]", "[2001:db8::1]:8081", "localhost",
                           "LocalHost:1", "admin.example", "ADMIN.example:8081", "node-1"}) {
    EXPECT_EQ(StatusOf(Call({}, host)), 0) << host;
  }
  for (const char* host : {"", "evil.example", "evil.example:8081", "localhost.evil.example",
                           "127.0.0.1.evil.example", "admin.example.evil", "xadmin.example", "::1",
                           "[evil.example]", "[]", "1.2.3", "127.0.0.1:80:evil", "0x7f000001"}) {
    EXPECT_EQ(StatusOf(Call({}, host)), 403) << host;
  }
  EXPECT_EQ(StatusOf(Call({{"Host", "127.0.0.1:8081"}})), 403) << "two of them";
  HttpRequest none = Call();
  none.headers.erase(none.headers.begin());
  EXPECT_EQ(StatusOf(none), 403);
}

TEST(CallGuard, AnOriginHasToBeTheHostsOwn) {
  EXPECT_EQ(StatusOf(Call({{"Origin", "http://127.0.0.1:8081"}})), 0);
  EXPECT_EQ(StatusOf(Call({{"Origin", "https://admin.example"}}, "admin.example")), 0);
  for (const char* origin : {"http://127.0.0.1:8080", "http://127.0.0.1", "null", "",
                             "http://evil.example", "http://127.0.0.1:8081.evil.example"}) {
    EXPECT_EQ(StatusOf(Call({{"Origin", origin}})), 403) << origin;
  }
}

TEST(CallGuard, OtherContentTypesAndCodingsAreRefused) {
  for (const char* type :
       {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
        "text/plain; application/json", "application/jsonx", "application/json; charset=latin1",
        "application/proto", "text/plain;x=\"application/json\""}) {
    HttpRequest request = Call();
    request.headers[1].second = type;
    EXPECT_EQ(StatusOf(request), 415) << type;
  }
  HttpRequest none = Call();
  none.headers.pop_back();
  EXPECT_EQ(StatusOf(none), 415);
  EXPECT_EQ(StatusOf(Call({{"Content-Type", "application/json"}})), 415) << "two of them";
  EXPECT_EQ(StatusOf(Call({{"Content-Encoding", "gzip"}})), 501);
}

}  // namespace
}  // namespace hookcast::edge

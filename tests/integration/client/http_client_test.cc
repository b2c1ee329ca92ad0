#include "tests/integration/client/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/integration/client/scripted_server.h"

namespace hookcast::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Peer = ScriptedServer::Peer;

TEST(HttpClientTest, GetSendsHostAndReadsHeadersAndBody) {
  std::string request;
  {
    ScriptedServer server([&request](Peer& peer) {
      request = peer.ReadRequest();
      peer.Send(
          "HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nset-cookie:  b \r\nContent-Length: 2\r\n\r\nok");
    });
    const absl::StatusOr<HttpResponse> response = HttpGet(server.host_port(), "/livez");
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->status, 200);
    EXPECT_THAT(response->HeaderValues("Set-Cookie"), ElementsAre("a", "b"));
    EXPECT_EQ(response->body, "ok");
    EXPECT_TRUE(response->closed);
    EXPECT_THAT(request, HasSubstr("\r\nHost: " + server.host_port() + "\r\n"));
  }
  EXPECT_THAT(request, HasSubstr("GET /livez HTTP/1.1\r\n"));
}

TEST(HttpClientTest, PostSendsTheBodyWithItsLength) {
  std::string request;
  std::string body;
  {
    ScriptedServer server([&](Peer& peer) {
      request = peer.ReadRequest();
      body = peer.Read(2);
      peer.Send("HTTP/1.1 204 No Content\r\n\r\n");
    });
    const absl::StatusOr<HttpResponse> response =
        HttpRequest(server.host_port(), "POST", "/x", {{"Content-Type", "application/json"}}, "{}");
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->status, 204);
  }
  EXPECT_THAT(request, HasSubstr("\r\nContent-Length: 2\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_EQ(body, "{}");
}

TEST(HttpClientTest, JoinsChunks) {
  ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n");
    peer.Send("0123456789\r\n0\r\n\r\n");
  });
  const absl::StatusOr<HttpResponse> response = HttpGet(server.host_port(), "/");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "abc0123456789");
}

TEST(HttpClientTest, ABodyWithoutALengthGoesToTheEndOfTheConnection) {
  ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.0 200 OK\r\n\r\nall of it");
  });
  const absl::StatusOr<HttpResponse> response = HttpGet(server.host_port(), "/");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "all of it");
}

TEST(HttpClientTest, ABodyCutShortIsADataLoss) {
  ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort");
  });
  EXPECT_EQ(HttpGet(server.host_port(), "/").status().code(), absl::StatusCode::kDataLoss);
}

TEST(HttpClientTest, AResponseThatDoesNotComeIsADeadlineExceeded) {
  ScriptedServer server([](Peer& peer) { peer.ReadToEnd(); });
  EXPECT_EQ(HttpGet(server.host_port(), "/", {}, milliseconds(50)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(HttpClientTest, WhatIsNotHttpIsADataLoss) {
  ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("220 mail.example ESMTP\r\n\r\n");
  });
  EXPECT_EQ(HttpGet(server.host_port(), "/").status().code(), absl::StatusCode::kDataLoss);
}

TEST(HttpClientTest, RawExchangeSendsBytesAsTheyAreAndTellsTheEnd) {
  std::string got;
  {
    ScriptedServer server([&got](Peer& peer) {
      got = peer.Read(7);
      peer.Send("HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno");
    });
    const absl::StatusOr<HttpResponse> response =
        RawExchange(server.host_port(), std::string_view("GET\0\r\n ", 7), milliseconds(5000));
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->status, 400);
    EXPECT_EQ(response->body, "no");
    EXPECT_TRUE(response->closed);
  }
  EXPECT_EQ(got, std::string_view("GET\0\r\n ", 7));
}

TEST(HttpClientTest, RawExchangeTellsThatTheServerStayed) {
  ScriptedServer server([](Peer& peer) { peer.ReadToEnd(); });
  const absl::StatusOr<HttpResponse> response =
      RawExchange(server.host_port(), "GET / HTT", milliseconds(50));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 0);
  EXPECT_FALSE(response->closed);
  EXPECT_EQ(response->raw, "");
}

}  // namespace
}  // namespace hookcast::testing

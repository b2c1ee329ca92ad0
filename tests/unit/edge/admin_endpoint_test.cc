#include "edge/admin_endpoint.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/unit/edge/client_socket.h"
#include "tests/unit/edge/polled_loop.h"

namespace hookcast::edge {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class AdminEndpointTest : public testing::Test {
 protected:
  AdminEndpointTest() {
    absl::StatusOr<ListeningSocket> socket =
        ListeningSocket::Bind({.host = "127.0.0.1", .port = 0});
    EXPECT_TRUE(socket.ok()) << socket.status();
    port_ = static_cast<uint16_t>(
        std::atoi(socket->address().substr(socket->address().rfind(':') + 1).c_str()));
    endpoint_.emplace(&reactor_, *std::move(socket), HttpLimits{}, std::chrono::seconds(5),
                      AdminView{.liveness = [this] { return liveness_; },
                                .readiness = [this] { return readiness_; },
                                .readiness_without_backplane = [this] { return own_readiness_; },
                                .metrics = [] { return "metric 1\n"; },
                                .node = "0abc",
                                .version = "1.2.3",
                                .may_read =
                                    [this](std::string_view authorization) {
                                      authorization_ = authorization;
                                      return may_read_;
                                    },
                                .calls = Calls()});
    endpoint_->Start();
  }

  ClientSocket Connect() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return ClientSocket(fd);
  }
  std::string Ask(std::string_view request) {
    ClientSocket client = Connect();
    client.Send(request);
    return Rest(client);
  }
  std::string Rest(ClientSocket& client) {
    EXPECT_TRUE(RunUntil(loop_, [&] {
      client.Pump();
      return client.gone();
    }));
    EXPECT_TRUE(client.ended());
    return client.Take();
  }
  std::string Get(std::string_view path) {
    return Ask(absl::StrCat("GET ", std::string(path), " HTTP/1.1\r\nHost: h\r\n\r\n"));
  }
  static nlohmann::json BodyOf(const std::string& answer) {
    return nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  }

  // A call of "Echo" gets its body back, later; of "Refused" 418 before its body.
  AdminCalls Calls() {
    return {.refuse = [this](std::string_view method,
                             std::string_view authorization) -> std::optional<HttpResponse> {
              authorization_ = authorization;
              if (method != "Refused") return std::nullopt;
              return HttpResponse::Text(418, "not even read");
            },
            .call =
                [this](std::string_view method, std::string_view body,
                       absl::AnyInvocable<void(HttpResponse)> answer) {
                  EXPECT_EQ(method, "Echo");
                  loop_.Post([body = std::string(body), answer = std::move(answer)]() mutable {
                    answer({200, {{"Content-Type", "application/json"}}, std::move(body)});
                  });
                },
            .hosts = {"admin.example"}};
  }
  std::string Post(
      std::string_view method, std::string_view body,
      std::string_view headers = "Host: localhost\r\nContent-Type: application/json\r\n") {
    return Ask(absl::StrCat("POST /hookcast.v1.BrokerService/", std::string(method),
                            " HTTP/1.1\r\n", std::string(headers), "Content-Length: ", body.size(),
                            "\r\n\r\n", std::string(body)));
  }

  ShardLoop loop_{ShardId{0}};
  Reactor reactor_{&loop_};
  absl::Status liveness_;
  absl::Status readiness_;
  absl::Status own_readiness_;
  absl::Status may_read_;
  std::string authorization_;
  uint16_t port_ = 0;
  std::optional<AdminEndpoint> endpoint_;
};

TEST_F(AdminEndpointTest, LivezTellsWhetherTheNodeLives) {
  readiness_ = absl::UnavailableError("not ready is not dead");
  const std::string answer = Get("/livez");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_EQ(BodyOf(answer), nlohmann::json({{"live", true}, {"node", "0abc"}}));
  liveness_ = absl::UnavailableError("shard 1 has not run for 16 s");
  const std::string hung = Get("/livez");
  EXPECT_THAT(hung, StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(BodyOf(hung)["reason"], "shard 1 has not run for 16 s");
}

TEST_F(AdminEndpointTest, ReadyzTellsWhetherAndIfNotWhy) {
  std::string answer = Get("/readyz?verbose");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(BodyOf(answer), nlohmann::json({{"ready", true}, {"node", "0abc"}}));
  readiness_ = absl::UnavailableError("the node is \"shutting\" down \xff");
  answer = Get("/readyz");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_EQ(BodyOf(answer)["ready"], false);
  EXPECT_THAT(BodyOf(answer)["reason"].get<std::string>(),
              StartsWith("the node is \"shutting\" down "));
}

TEST_F(AdminEndpointTest, ReadyzLeavesTheBackplaneOutForWhoeverAsksSo) {
  readiness_ = absl::UnavailableError("no Redis");
  std::string answer = Get("/readyz?without=backplane");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(BodyOf(answer), nlohmann::json({{"ready", true}, {"node", "0abc"}}));
  EXPECT_THAT(Get("/readyz"), StartsWith("HTTP/1.1 503 "));
  own_readiness_ = absl::UnavailableError("drained");
  answer = Get("/readyz?without=backplane");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(BodyOf(answer)["reason"], "drained");
}

TEST_F(AdminEndpointTest, ReadyzRefusesToLeaveOutWhatItDoesNotKnow) {
  for (const char* query : {"without=redis", "without", "without=backplane&without=x",
                            "without=Backplane", "a&without=backplane,nodes"}) {
    EXPECT_THAT(Get(absl::StrCat("/readyz?", query)),
                AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("/readyz?without=backplane")))
        << query;
  }
}

TEST_F(AdminEndpointTest, MetricsAreInPrometheusTextFormat) {
  const std::string answer = Get("/metrics");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith("\r\n\r\nmetric 1\n"),
                            HasSubstr("Content-Type: text/plain; version=0.0.4")));
}

TEST_F(AdminEndpointTest, TheIndexListsWhatThereIs) {
  EXPECT_THAT(Get("/"), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Hookcast 1.2.3"),
                              HasSubstr("/livez"), HasSubstr("/readyz"), HasSubstr("/metrics")));
}

TEST_F(AdminEndpointTest, AnythingElseIsNotFound) {
  for (const char* path : {"/metric", "/livez/", "/../etc/passwd", "*"}) {
    EXPECT_THAT(Get(path), StartsWith("HTTP/1.1 404 ")) << path;
  }
}

TEST_F(AdminEndpointTest, AnswersHeadWithoutABodyAndRefusesOtherMethods) {
  EXPECT_THAT(Ask("HEAD /livez HTTP/1.1\r\nHost: h\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith("\r\n\r\n")));
  EXPECT_THAT(Ask("DELETE /livez HTTP/1.1\r\nHost: h\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("\r\nAllow: GET, HEAD\r\n")));
}

TEST_F(AdminEndpointTest, PagesButLivezAndReadyzAreForThoseWhoMayRead) {
  may_read_ = absl::UnauthenticatedError("who are you?");
  for (const char* path : {"/", "/metrics", "/nothing"}) {
    EXPECT_THAT(Get(path), AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("WWW-Authenticate: Bearer"),
                                 HasSubstr("who are you?"), Not(HasSubstr("metric 1"))));
  }
  may_read_ = absl::PermissionDeniedError("not you");
  EXPECT_THAT(Get("/metrics"), AllOf(StartsWith("HTTP/1.1 403 "), HasSubstr("not you")));
  EXPECT_THAT(Get("/livez"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Get("/readyz"), StartsWith("HTTP/1.1 200 "));
  may_read_ = absl::OkStatus();
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\nHost: h\r\nauthorization: Bearer x\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(authorization_, "Bearer x");
  Ask("GET / HTTP/1.1\r\nHost: h\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n");
  EXPECT_EQ(authorization_, "");
}

TEST_F(AdminEndpointTest, CallsAreAnsweredWithWhatAnswersThem) {
  const std::string ours = "Host: admin.example:1\r\nContent-Type: application/json\r\n";
  EXPECT_THAT(Post("Echo", "{\"a\": 1}", ours),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith("\r\n\r\n{\"a\": 1}"),
                    Not(HasSubstr("Access-Control"))));
  const std::string large(3 << 20, 'x');
  EXPECT_THAT(Post("Echo", large, ours), EndsWith("\r\n\r\n" + large));
  EXPECT_THAT(Post("Refused", "{}", ours + "Authorization: Bearer y\r\n"),
              AllOf(StartsWith("HTTP/1.1 418 "), HasSubstr("not even read")));
  EXPECT_EQ(authorization_, "Bearer y");
}

TEST_F(AdminEndpointTest, AClientThatWaitsToSendItsBodyIsToldToGoOnOrRefused) {
  const auto begin = [&](std::string_view method) {
    ClientSocket client = Connect();
    client.Send(absl::StrCat("POST /hookcast.v1.BrokerService/", std::string(method),
                             " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                             "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
    return client;
  };
  ClientSocket client = begin("Echo");
  std::string told;
  EXPECT_TRUE(RunUntil(loop_, [&] {
    client.Pump();
    told += client.Take();
    return !told.empty();
  }));
  EXPECT_EQ(told, "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("{}");
  EXPECT_THAT(Rest(client), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith("\r\n\r\n{}")));
  ClientSocket refused = begin("Refused");
  EXPECT_THAT(Rest(refused), StartsWith("HTTP/1.1 418 "));
}

TEST_F(AdminEndpointTest, WhatIsNoCallOfOursIsRefusedWithoutItsBody) {
  // The body never comes.
  const auto head = [&](const std::string& headers) {
    return Ask("POST /hookcast.v1.BrokerService/Echo HTTP/1.1\r\n" + headers +
               "Content-Length: 100\r\n\r\n");
  };
  EXPECT_THAT(head("Host: evil.example\r\nContent-Type: application/json\r\n"),
              AllOf(StartsWith("HTTP/1.1 403 "), HasSubstr("\"permission_denied\"")));
  EXPECT_THAT(head("Host: localhost\r\nContent-Type: text/plain\r\n"), StartsWith("HTTP/1.1 415 "));
  EXPECT_THAT(Ask("POST /hookcast.v1.BrokerService/Echo HTTP/1.1\r\nHost: localhost\r\n"
                  "Content-Type: application/json\r\nContent-Length: 16777217\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("Content-Type: application/json\r\n"),
                    EndsWith("{\"code\":\"resource_exhausted\",\"message\":\"the body has more "
                             "than 16777216 bytes\"}\n")));
  EXPECT_THAT(Ask("GET /hookcast.v1.BrokerService/Echo HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("\r\nAllow: POST\r\n")));
  EXPECT_THAT(Ask("GET /livez HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(AdminEndpointTest, SpeaksToHttp10) {
  EXPECT_THAT(Ask("GET /livez HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

}  // namespace
}  // namespace hookcast::edge

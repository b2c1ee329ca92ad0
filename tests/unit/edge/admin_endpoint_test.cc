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
                      AdminView{.readiness = [this] { return readiness_; },
                                .metrics = [] { return "metric 1\n"; },
                                .node = "0abc",
                                .version = "1.2.3"});
    endpoint_->Start();
  }

  std::string Ask(std::string_view request) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ClientSocket client(fd);
    client.Send(request);
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

  ShardLoop loop_{ShardId{0}};
  Reactor reactor_{&loop_};
  absl::Status readiness_;
  uint16_t port_ = 0;
  std::optional<AdminEndpoint> endpoint_;
};

TEST_F(AdminEndpointTest, LivezTellsThatTheProcessLives) {
  readiness_ = absl::UnavailableError("not ready is not dead");
  const std::string answer = Get("/livez");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_EQ(BodyOf(answer), nlohmann::json({{"live", true}, {"node", "0abc"}}));
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

TEST_F(AdminEndpointTest, SpeaksToHttp10) {
  EXPECT_THAT(Ask("GET /livez HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

}  // namespace
}  // namespace hookcast::edge

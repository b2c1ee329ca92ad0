// What decides about a connection before any hook.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/edge/admission_fixture.h"

namespace hookcast::edge {
namespace {

using metrics::Refusal;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

TEST_F(AdmissionTest, AnotherOriginIsForbiddenBeforeAnyHook) {
  Start([](config::Config& config) { config.routes[0].allowed_origins = {"https://a.example"}; });
  const std::string answer =
      RefusalOf(Handshake("/rooms/a", "Origin: https://evil.example\r\nX: <script>\r\n"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 Forbidden\r\n"));
  EXPECT_THAT(answer, HasSubstr("allowed_origins"));
  EXPECT_THAT(answer, Not(HasSubstr("evil"))) << "nothing is reflected";
  EXPECT_THAT(application().upgrades(), IsEmpty());
  EXPECT_EQ(Refused(Refusal::kOrigin), 1);

  ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a", "Origin: https://a.example\r\n"));
  application().AnswerUpgrade(hooks::Accept{});
  EXPECT_THAT(HeadOf(peer), StartsWith("HTTP/1.1 101 "));
  EXPECT_EQ(Refused(Refusal::kOrigin), 1);
}

TEST_F(AdmissionTest, OriginsAreOfOneRouteAndStaticOnesHaveThemToo) {
  Start([](config::Config& config) {
    config.routes[0].allowed_origins = {"https://a.example"};
    config.routes[2].allowed_origins = {"https://b.example"};
  });
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(RefusalOf(Handshake("/rooms/a", "Origin: https://b.example\r\n")),
                StartsWith("HTTP/1.1 403 "));
    EXPECT_THAT(RefusalOf(Handshake("/echo", "Origin: https://a.example\r\n")),
                StartsWith("HTTP/1.1 403 "));
    ClientSocket peer = Connect(Handshake("/echo", "Origin: https://b.example\r\n"));
    EXPECT_THAT(HeadOf(peer), StartsWith("HTTP/1.1 101 "));
    peer.Close();
    ASSERT_TRUE(RunUntil([&] { return node_->shard().session_count() == 0; }));
  }
  EXPECT_EQ(Refused(Refusal::kOrigin), 4);
}

// ---- Limits of connections ----

TEST_F(AdmissionTest, AConnectionBeyondTheLimitIs503BeforeAnyHook) {
  Start([](config::Config& config) { config.routes[2].limits.connections = 2; });
  ClientSocket first = Connect(Handshake("/echo"));
  EXPECT_THAT(HeadOf(first), StartsWith("HTTP/1.1 101 "));
  ClientSocket second = Connect(Handshake("/echo"));
  EXPECT_THAT(HeadOf(second), StartsWith("HTTP/1.1 101 "));
  ClientSocket third = Connect(Handshake("/echo"));
  const std::string answer = HeadOf(third);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 5\r\n"));
  EXPECT_EQ(Refused(Refusal::kConnections), 1);
  ClientSocket elsewhere = Connect(Handshake("/sub"));
  EXPECT_THAT(HeadOf(elsewhere), StartsWith("HTTP/1.1 101 ")) << "it is the route's limit";

  third.Close();
  first.Reset();
  ASSERT_TRUE(RunUntil([&] { return node_->shard().session_count() == 2; }));
  ClientSocket fourth = Connect(Handshake("/echo"));
  EXPECT_THAT(HeadOf(fourth), StartsWith("HTTP/1.1 101 "));
}

TEST_F(AdmissionTest, ThePlaceIsTakenBeforeTheHookAndGivenBackHoweverItEnds) {
  Start([](config::Config& config) { config.routes[0].limits.connections_per_address = 1; });
  const auto expect_taken = [&] {
    ClientSocket other = Connect(Handshake("/rooms/a"));
    const std::string answer = HeadOf(other);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 429 "));
    EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 5\r\n"));
  };
  const auto settle = [&] {
    ASSERT_TRUE(RunUntil([&] { return node_->metrics().connections.value() == 0; }));
  };
  for (int round = 0; round < 3; ++round) {
    {  // refused by the hook
      ClientSocket client = ConnectAndAsk(Handshake("/rooms/a"));
      expect_taken();
      application().AnswerUpgrade(hooks::Reject{});
      client.Close();
      settle();
    }
    {  // the hook fails
      ClientSocket client = ConnectAndAsk(Handshake("/rooms/a"));
      application().AnswerUpgrade(absl::UnavailableError("refused"));
      client.Close();
      settle();
    }
    {  // the client leaves meanwhile
      ClientSocket client = ConnectAndAsk(Handshake("/rooms/a"));
      round % 2 == 0 ? client.Reset() : client.Close();
      settle();
      ClientSocket next = ConnectAndAsk(Handshake("/rooms/a"));
      application().AnswerUpgrade(hooks::Accept{});
      application().AnswerUpgrade(hooks::Reject{});
      next.Close();
      settle();
    }
    {  // the connection ends, and nobody has told the application yet
      ClientSocket client = ConnectAndAsk(Handshake("/rooms/a"));
      application().AnswerUpgrade(hooks::Accept{});
      HeadOf(client);
      expect_taken();
      client.Reset();
      settle();
      EXPECT_GE(node_->shard().session_count(), 1);
    }
  }
  EXPECT_EQ(Refused(Refusal::kConnectionsPerAddress), 6);
}

TEST_F(AdmissionTest, BehindATrustedProxyTheClientsAddressIsTheOneThatCounts) {
  Start([](config::Config& config) {
    config.proxies.trusted = {"192.0.2.0/24"};
    config.routes[0].limits.connections_per_address = 1;
  });
  ClientSocket first = ConnectAndAsk(Handshake(
      "/rooms/a", "X-Forwarded-For: 6.6.6.6, 198.51.100.1\r\nX-Forwarded-Proto: https\r\n"));
  EXPECT_EQ(application().upgrades().back().remote_address, "198.51.100.1");
  ClientSocket second = ConnectAndAsk(Handshake("/rooms/a", "X-Forwarded-For: 198.51.100.2\r\n"));
  EXPECT_EQ(application().upgrades().back().remote_address, "198.51.100.2");
  ClientSocket third = Connect(Handshake("/rooms/a", "X-Forwarded-For: 1.1.1.1, 198.51.100.1\r\n"));
  EXPECT_THAT(HeadOf(third), StartsWith("HTTP/1.1 429 "));
  application().AnswerUpgrade(hooks::Accept{});
  HeadOf(first);
  ASSERT_NE(Peer(), nullptr);
  EXPECT_EQ(Peer()->facts().remote_address, "198.51.100.1");
  EXPECT_TRUE(Peer()->facts().tls);
}

}  // namespace
}  // namespace hookcast::edge

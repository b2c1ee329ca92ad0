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

}  // namespace
}  // namespace hookcast::edge

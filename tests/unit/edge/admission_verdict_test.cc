#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/unit/edge/admission_fixture.h"
#include "tests/unit/edge/websocket/client_frames.h"

namespace hookcast::edge {
namespace {

namespace client = websocket::testing;

using metrics::Refusal;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

TEST_F(AdmissionTest, ARejectionReachesTheClientExactly) {
  ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a"));
  application().AnswerUpgrade(hooks::Reject{401,
                                            {{"WWW-Authenticate", "Bearer realm=\"x\""},
                                             {"Set-Cookie", "a=1"},
                                             {"Set-Cookie", "b=2"},
                                             {"content-type", "application/json"}},
                                            "{\"no\":true}"});
  EXPECT_EQ(AnswerTo(std::move(peer)),
            "HTTP/1.1 401 Unauthorized\r\n"
            "WWW-Authenticate: Bearer realm=\"x\"\r\n"
            "Set-Cookie: a=1\r\n"
            "Set-Cookie: b=2\r\n"
            "content-type: application/json\r\n"
            "Content-Length: 11\r\n"
            "Connection: close\r\n"
            "\r\n"
            "{\"no\":true}");
  EXPECT_EQ(Refused(Refusal::kByApplication), 1);
  EXPECT_EQ(node_->metrics().peers_opened.value(), 0);
  EXPECT_THAT(application().told(), IsEmpty());
}

TEST_F(AdmissionTest, ARejectionWithoutABodyHasNone) {
  ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a"));
  application().AnswerUpgrade(hooks::Reject{});
  EXPECT_EQ(AnswerTo(std::move(peer)),
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST_F(AdmissionTest, ARejectionsTextIsTextUnlessItSaysOtherwise) {
  ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a"));
  application().AnswerUpgrade(hooks::Reject{429, {}, "wait"});
  EXPECT_EQ(AnswerTo(std::move(peer)),
            "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 4\r\nConnection: close\r\n\r\nwait");
}

TEST_F(AdmissionTest, HeadersOfAnAcceptanceStandInTheResponseAlsoRepeatedOnes) {
  ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a"));
  application().AnswerUpgrade(hooks::Accept{
      .headers = {{"Set-Cookie", "a=1"}, {"Set-Cookie", "b=2; Path=/"}, {"X-Node", "7"}}});
  EXPECT_THAT(HeadOf(peer),
              HasSubstr("\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2; Path=/\r\nX-Node: 7\r\n\r\n"));
}

TEST_F(AdmissionTest, ASubprotocolIsNamedOnlyWhereTheApplicationChoseOne) {
  ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a", "Sec-WebSocket-Protocol: chat\r\n"));
  application().AnswerUpgrade(hooks::Accept{});
  EXPECT_THAT(HeadOf(peer), AllOf(StartsWith("HTTP/1.1 101 "), Not(HasSubstr("Protocol:"))));
  EXPECT_EQ(Peer()->facts().subprotocol, "");
}

TEST_F(AdmissionTest, TheBrokersOwnSubprotocolIsChosenWhereTheApplicationChoseNone) {
  constexpr std::string_view kOffer = "Sec-WebSocket-Protocol: chat, hookcast.v1.json\r\n";
  ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a", kOffer));
  application().AnswerUpgrade(hooks::Accept{});
  EXPECT_THAT(HeadOf(peer), HasSubstr("\r\nSec-WebSocket-Protocol: hookcast.v1.json\r\n"));
  EXPECT_EQ(Peer()->facts().subprotocol, "hookcast.v1.json");
}

TEST_F(AdmissionTest, TheApplicationsChoiceGoesBeforeTheBrokersOwnSubprotocol) {
  constexpr std::string_view kOffer = "Sec-WebSocket-Protocol: hookcast.v1.json, chat\r\n";
  ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a", kOffer));
  application().AnswerUpgrade(hooks::Accept{.subprotocol = "chat"});
  EXPECT_THAT(HeadOf(peer), HasSubstr("\r\nSec-WebSocket-Protocol: chat\r\n"));
}

TEST_F(AdmissionTest, DeflateIsAgreedOnWhereTheRouteHasIt) {
  Start([](config::Config& config) {
    config.routes[kApp].compression.mode = config::CompressionMode::kAsked;
  });
  constexpr std::string_view kOffer =
      "Sec-WebSocket-Extensions: x-other\r\n"
      "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n";
  ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a", kOffer));
  application().AnswerUpgrade(hooks::Accept{});
  EXPECT_THAT(HeadOf(peer), HasSubstr("\r\nSec-WebSocket-Extensions: permessage-deflate; "
                                      "server_no_context_takeover; client_no_context_takeover; "
                                      "server_max_window_bits=9\r\n"));
  ClientSocket without = ConnectAndAsk(Handshake("/rooms/a"));
  application().AnswerUpgrade(hooks::Accept{});
  EXPECT_THAT(HeadOf(without), Not(HasSubstr("Sec-WebSocket-Extensions")));
  ClientSocket elsewhere = Connect(Handshake("/echo", kOffer));
  EXPECT_THAT(HeadOf(elsewhere), Not(HasSubstr("Sec-WebSocket-Extensions")));
}

TEST_F(AdmissionTest, DeflateIsDeclinedToAClientThatSentMuchWithoutAwaitingTheAnswer) {
  Start([](config::Config& config) {
    config.routes[kApp].compression.mode = config::CompressionMode::kAsked;
  });
  const std::string offer =
      Handshake("/rooms/a", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  ClientSocket little = ConnectAndAsk(offer + client::Text(std::string(1'000, 'x')));
  application().AnswerUpgrade(hooks::Accept{});
  EXPECT_THAT(HeadOf(little), HasSubstr("\r\nSec-WebSocket-Extensions: permessage-deflate"));
  ClientSocket much = ConnectAndAsk(offer + client::Text(std::string(3'000, 'x')));
  application().AnswerUpgrade(hooks::Accept{});
  EXPECT_THAT(HeadOf(much),
              AllOf(StartsWith("HTTP/1.1 101 "), Not(HasSubstr("Sec-WebSocket-Extensions"))));
}

TEST_F(AdmissionTest, AnAnswerThatMakesNoSenseIsAnInternalError) {
  const hooks::UpgradeVerdict nonsense[] = {
      hooks::Accept{.subprotocol = "chat"},
      hooks::Accept{.subprotocol = "V2"},
      hooks::Accept{.headers = {{"X", "a\r\nInjected: yes"}}},
      hooks::Accept{.headers = {{"X Y", "a"}}},
      hooks::Accept{.headers = {{"sec-websocket-accept", "a"}}},
      hooks::Accept{.headers = {{"Transfer-Encoding", "chunked"}}},
      hooks::Accept{.headers = {{"Connection", "close"}}},
      hooks::Accept{.ns = std::string(1'025, 'n')},
      hooks::Accept{.context = std::string(64 * 1024 + 1, 'c')},
      hooks::Reject{200, {}, ""},
      hooks::Reject{101, {}, ""},
      hooks::Reject{403, {{"Content-Length", "7"}}, ""},
      hooks::Reject{403, {{"X", std::string("a\0b", 3)}}, ""},
  };
  for (size_t i = 0; i < std::size(nonsense); ++i) {
    SCOPED_TRACE(i);
    ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a", "Sec-WebSocket-Protocol: v2\r\n"));
    application().AnswerUpgrade(nonsense[i]);
    const std::string answer = AnswerTo(std::move(peer));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("Injected")));
  }
  EXPECT_EQ(Refused(Refusal::kHookFailed), std::size(nonsense));
}

TEST_F(AdmissionTest, AContextAsLargeAsTheRoutesLimitPasses) {
  Start([](config::Config& config) { config.routes[kApp].limits.context = 100; });
  ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a"));
  application().AnswerUpgrade(hooks::Accept{.context = std::string(100, 'c')});
  EXPECT_THAT(HeadOf(peer), StartsWith("HTTP/1.1 101 "));
  ClientSocket second = ConnectAndAsk(Handshake("/rooms/a"));
  application().AnswerUpgrade(hooks::Accept{.context = std::string(101, 'c')});
  EXPECT_THAT(HeadOf(second), StartsWith("HTTP/1.1 500 "));
}

TEST_F(AdmissionTest, AnApplicationThatCannotBeAskedIsUnavailableAndOneThatFailsAnError) {
  struct Case {
    absl::Status status;
    int answer;
  };
  const Case cases[] = {
      {absl::UnavailableError("refused"), 503},     {absl::DeadlineExceededError("slow"), 503},
      {absl::UnimplementedError(""), 503},          {absl::InternalError("thrown"), 500},
      {absl::PermissionDeniedError("secret"), 500}, {absl::InvalidArgumentError("nonsense"), 500},
      {absl::ResourceExhaustedError("large"), 500}, {absl::UnknownError("thrown"), 500},
  };
  for (const Case& failed : cases) {
    ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a"));
    application().AnswerUpgrade(failed.status);
    const std::string answer = AnswerTo(std::move(peer));
    EXPECT_THAT(answer, StartsWith(absl::StrCat("HTTP/1.1 ", failed.answer, " "))) << failed.status;
    if (!failed.status.message().empty()) {
      EXPECT_THAT(answer, Not(HasSubstr(std::string(failed.status.message()))))
          << "what went wrong inside is nothing for a client";
    }
  }
  EXPECT_EQ(Refused(Refusal::kHookFailed), std::size(cases));
  EXPECT_EQ(node_->metrics().hooks_in_flight.value(), 0);
}

TEST_F(AdmissionTest, TheNamespaceIsThePathOrTheRoutesOrTheApplications) {
  struct Case {
    const char* target;
    size_t route;
    std::optional<std::string> chosen;
    const char* ns;
  };
  const Case cases[] = {
      {"/rooms/a%20b?x=y", kApp, std::nullopt, "/rooms/a%20b"},
      {"/rooms/a", kApp, "elsewhere", "elsewhere"},
      {"/rooms/a", kApp, "", ""},
      {"/tenant/acme/x/y", kTenant, std::nullopt, "t-acme"},
      {"/tenant/acme/x/y", kTenant, "other", "other"},
  };
  for (const Case& one : cases) {
    ClientSocket peer = ConnectAndAsk(Handshake(one.target), one.route);
    application(one.route).AnswerUpgrade(hooks::Accept{.ns = one.chosen});
    EXPECT_THAT(HeadOf(peer), StartsWith("HTTP/1.1 101 "));
    ASSERT_NE(Peer(), nullptr);
    EXPECT_EQ(Peer()->facts().ns, one.ns);
    EXPECT_EQ(Peer()->membership().ns(), one.ns);
    peer.Close();
    ASSERT_TRUE(RunUntil([&] { return node_->hub().peer_count() == 0; }));
  }
}

TEST_F(AdmissionTest, LimitsAreNarrowedByTheApplicationNeverWidened) {
  Start([](config::Config& config) {
    config.routes[kApp].limits.message = 100;
    config.routes[kApp].limits.topics = 3;
  });
  const auto largest_message = [&](hooks::PeerLimits limits, size_t bytes) {
    ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a"));
    application().AnswerUpgrade(hooks::Accept{.limits = limits});
    application().AnswerBy([&](const pubsub::Peer&, const hooks::PeerEvent& event) {
      if (!std::holds_alternative<hooks::MessageEvent>(event.what)) return hooks::HookReply{};
      return hooks::HookReply{{hooks::SendAction{TextData("taken")}}, std::nullopt};
    });
    application().Answer();
    HeadOf(peer);
    peer.Send(client::Text(std::string(bytes, 'x')));
    const ServerFrame frame = AwaitFrames(peer, 1)[0];
    application().AnswerBy(nullptr);
    const bool taken = frame == TextFrame("taken");
    if (!taken) {
      EXPECT_EQ(CloseCodeOf(frame), 1009);
    }
    peer.Close();
    EXPECT_TRUE(RunUntil([&] { return node_->hub().peer_count() == 0; }));
    while (!application().calls().empty()) application().Answer();
    return taken;
  };
  EXPECT_TRUE(largest_message({}, 100));
  EXPECT_FALSE(largest_message({}, 101));
  EXPECT_TRUE(largest_message({.max_message_bytes = 10}, 10));
  EXPECT_FALSE(largest_message({.max_message_bytes = 10}, 11));
  EXPECT_FALSE(largest_message({.max_message_bytes = 1'000}, 101));

  for (const auto& [asked, limit] : {std::pair(0u, 3u), std::pair(2u, 2u), std::pair(9u, 3u)}) {
    ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a"));
    application().AnswerUpgrade(hooks::Accept{.limits = {.max_topics = asked}});
    HeadOf(peer);
    EXPECT_EQ(Peer()->max_topics(), limit);
    peer.Close();
    ASSERT_TRUE(RunUntil([&] { return node_->hub().peer_count() == 0; }));
  }
}

TEST_F(AdmissionTest, TheQueueLimitOfThePeerHolds) {
  ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a"));
  application().AnswerUpgrade(hooks::Accept{.limits = {.max_queue_bytes = 20'000}});
  HeadOf(peer);
  ASSERT_NE(Peer(), nullptr);
  pubsub::Peer* const sending = Peer();
  size_t most = 0;
  while (sending->Send(TextData(std::string(5'000, 'x')))) {
    most = std::max<size_t>(most, sending->counts().queued_bytes);
    ASSERT_LT(sending->counts().sent_messages, 100'000);
  }
  EXPECT_LE(most, 20'000);
}

TEST_F(AdmissionTest, TheRouteSaysWhatBecomesOfASlowPeer) {
  Start([](config::Config& config) {
    config.routes[kApp].slow_peer = config::SlowPeer::kDropOldest;
    config.routes[kApp].limits.queue = 20'000;
  });
  ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a"));
  application().AnswerBy([](const pubsub::Peer&, const hooks::PeerEvent&) {
    return hooks::HookReply{{hooks::SubscribeAction{"t"}}, std::nullopt};
  });
  application().AnswerUpgrade(hooks::Accept{});
  HeadOf(peer);
  while (node_->metrics().dropped.value(metrics::Drop::kSlowPeerOldest) == 0) {
    node_->Publish("/rooms/a", "t", std::string(5'000, 'x'));
    node_->RunReady();
    ASSERT_LE(Peer()->counts().queued_bytes, 20'000);
  }
  EXPECT_EQ(node_->hub().peer_count(), 1);
}

TEST_F(AdmissionTest, WhileTooManyCloseHooksWaitNobodyIsLetIn) {
  Start(nullptr, /*most_leaving=*/0);
  ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a"));
  application().AnswerUpgrade(hooks::Accept{});
  HeadOf(peer);
  application().Answer();  // open
  peer.Reset();
  ASSERT_TRUE(RunUntil([&] { return !application().calls().empty(); }));
  EXPECT_THAT(RefusalOf(Handshake("/rooms/a")), HasSubstr("HTTP/1.1 503"));
  EXPECT_THAT(application().upgrades(), IsEmpty()) << "nobody was asked";
  application().Answer();  // close
  ASSERT_TRUE(RunUntil([&] { return node_->shard().session_count() == 0; }));
  ConnectAndAsk(Handshake("/rooms/a"));
}

}  // namespace
}  // namespace hookcast::edge

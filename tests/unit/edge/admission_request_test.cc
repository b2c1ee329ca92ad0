#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/edge/admission_fixture.h"
#include "tests/unit/edge/websocket/client_frames.h"

namespace hookcast::edge {
namespace {

namespace client = websocket::testing;

using fakes::ScriptedHookClient;
using metrics::Refusal;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;

TEST_F(AdmissionTest, AnAcceptedPeerGets101AndItsOpenHook) {
  ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a?token=x",
                                              "X-One: 1\r\nx-one: 2\r\n"
                                              "Sec-WebSocket-Protocol: chat, v2\r\n"));
  const ScriptedHookClient::PendingUpgrade& asked = application().upgrades().front();
  EXPECT_EQ(asked.target, "/rooms/a?token=x");
  EXPECT_EQ(asked.ns, "/rooms/a");
  EXPECT_EQ(asked.route, "/rooms/{room}");
  EXPECT_EQ(asked.remote_address, "192.0.2.1:40312");
  EXPECT_THAT(asked.params, ElementsAre(Pair("room", "a")));
  EXPECT_THAT(asked.subprotocols, ElementsAre("chat", "v2"));
  EXPECT_THAT(asked.headers, testing::IsSupersetOf({Pair("X-One", "1"), Pair("x-one", "2")}));
  EXPECT_EQ(asked.deadline, node_->config().routes[0].deadlines.upgrade);
  EXPECT_EQ(node_->hub().peer_count(), 0) << "not before it was accepted";
  const PeerId id = asked.peer;

  application().AnswerUpgrade(hooks::Accept{.subprotocol = "v2", .context = "context"});
  const std::string head = HeadOf(peer);
  EXPECT_EQ(head,
            "HTTP/1.1 101 Switching Protocols\r\n"
            "Upgrade: websocket\r\n"
            "Connection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
            "Sec-WebSocket-Protocol: v2\r\n"
            "\r\n");
  ASSERT_THAT(application().calls(), SizeIs(1));
  EXPECT_EQ(application().calls().front().peer, id);
  EXPECT_EQ(application().calls().front().context, "context");
  ASSERT_NE(Peer(), nullptr);
  EXPECT_EQ(Peer()->facts().ns, "/rooms/a");
  EXPECT_EQ(Peer()->facts().subprotocol, "v2");
  EXPECT_EQ(Peer()->facts().query(), "token=x");
  EXPECT_NE(Peer()->facts().connected_at, std::chrono::system_clock::time_point());
  EXPECT_EQ(node_->metrics().connections.value(), 1);

  application().AnswerWith({hooks::SendAction{TextData("welcome")}});
  EXPECT_THAT(AwaitFrames(peer, 1), ElementsAre(TextFrame("welcome")));
  peer.Send(client::Text("hello"));
  ASSERT_TRUE(RunUntil([&] { return !application().calls().empty(); }));
  application().Answer();
  peer.Send(client::Close(1000));
  ASSERT_TRUE(RunUntil([&] { return !application().calls().empty(); }));
  application().Answer();
  peer.Close();
  ASSERT_TRUE(RunUntil([&] { return node_->shard().session_count() == 0; }));
  EXPECT_THAT(application().told(), ElementsAre("open 1/1", "message 2/1 hello", "close 3/1 1000"));
  EXPECT_EQ(node_->GaugesLeft(), "");
}

TEST_F(AdmissionTest, FramesThatCameWithTheHandshakeAreKept) {
  ClientSocket peer =
      ConnectAndAsk(Handshake("/rooms/a") + client::Text("one") + client::Text("two").substr(0, 3));
  peer.Send(client::Text("two").substr(3) + client::Text("three"));
  node_->RunReady();
  application().AnswerUpgrade(hooks::Accept{});
  application().AnswerBy(
      [](const pubsub::Peer&, const hooks::PeerEvent&) { return hooks::HookReply{}; });
  application().Answer();
  ASSERT_TRUE(RunUntil([&] { return application().told().size() == 4; }));
  EXPECT_THAT(application().told(),
              ElementsAre("open 1/1", "message 2/1 one", "message 3/1 two", "message 4/1 three"));
}

TEST_F(AdmissionTest, AStaticRouteAcceptsWithoutAsking) {
  ClientSocket peer = Connect(Handshake("/echo") + client::Binary(std::string("a\0b", 3)));
  EXPECT_THAT(HeadOf(peer), StartsWith("HTTP/1.1 101 "));
  EXPECT_THAT(AwaitFrames(peer, 1), ElementsAre(BinaryFrame(std::string("a\0b", 3))));
  EXPECT_EQ(Peer()->facts().ns, "/echo");
  peer.Reset();
  EXPECT_TRUE(RunUntil([&] { return node_->shard().session_count() == 0; }));
  EXPECT_EQ(node_->GaugesLeft(), "");
}

TEST_F(AdmissionTest, WhatTheOpenHookSendsComesBehindTheResponse) {
  ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a"));
  application().AnswerBy([](const pubsub::Peer&, const hooks::PeerEvent&) {
    return hooks::HookReply{{hooks::SendAction{TextData("first")}, hooks::CloseAction{4000, "go"}},
                            std::nullopt};
  });
  application().AnswerUpgrade(hooks::Accept{});
  EXPECT_THAT(HeadOf(peer), StartsWith("HTTP/1.1 101 "));
  EXPECT_THAT(AwaitFrames(peer, 2), ElementsAre(TextFrame("first"), CloseFrame(4000, "go")));
}

// ---- Refused by the node ----

TEST_F(AdmissionTest, APathWithoutARouteIsNotFound) {
  for (const char* path :
       {"/nothing", "/rooms", "/rooms/", "/rooms/a/b", "/Echo", "/echo/", "//"}) {
    EXPECT_THAT(RefusalOf(Handshake(path)), StartsWith("HTTP/1.1 404 Not Found\r\n")) << path;
  }
  EXPECT_THAT(application().upgrades(), IsEmpty());
  EXPECT_EQ(Refused(Refusal::kNoRoute), 7);
}

TEST_F(AdmissionTest, ARequestThatIsNoHandshakeIsToldToUpgrade) {
  const std::string answer = RefusalOf("GET /rooms/a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 426 Upgrade Required\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nUpgrade: websocket\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: Upgrade\r\n"));
  EXPECT_THAT(answer, HasSubstr("This address speaks WebSocket"));
  EXPECT_THAT(application().upgrades(), IsEmpty());
  EXPECT_EQ(Refused(Refusal::kMalformed), 1);
}

TEST_F(AdmissionTest, AnotherVersionOfWebSocketIsToldTheOneThatIsSpoken) {
  std::string request = Handshake("/rooms/a");
  request.replace(request.find("Version: 13"), 11, "Version: 8");
  const std::string answer = RefusalOf(request);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 426 "));
  EXPECT_THAT(answer, HasSubstr("\r\nSec-WebSocket-Version: 13\r\n"));
}

TEST_F(AdmissionTest, AMalformedHandshakeIsABadRequestThatSaysWhy) {
  const auto without = [](std::string_view line) {
    std::string request = Handshake("/rooms/a");
    const size_t start = request.find(line);
    request.erase(start, request.find("\r\n", start) + 2 - start);
    return request;
  };
  std::string http10 = Handshake("/rooms/a");
  http10.replace(http10.find("HTTP/1.1"), 8, "HTTP/1.0");
  struct Case {
    std::string request;
    const char* says;
  };
  const Case cases[] = {
      {without("Host"), "Host"},
      {Handshake("/rooms/a", "Host: second\r\n"), "Host"},
      {without("Connection"), "Connection"},
      {without("Sec-WebSocket-Key"), "Sec-WebSocket-Key"},
      {Handshake("/rooms/a", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
       "Sec-WebSocket-Key"},
      {Handshake("/rooms/a", "Sec-WebSocket-Protocol: a, a\r\n"), "Sec-WebSocket-Protocol"},
      {http10, "HTTP/1.1"},
  };
  for (const Case& wrong : cases) {
    const std::string answer = RefusalOf(wrong.request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_THAT(answer.substr(answer.find("\r\n\r\n")), HasSubstr(wrong.says));
  }
  EXPECT_EQ(Refused(Refusal::kMalformed), std::size(cases));
  EXPECT_THAT(application().upgrades(), IsEmpty());
}

TEST_F(AdmissionTest, AnotherMethodIsNotAllowed) {
  const std::string answer = RefusalOf("POST /rooms/a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(answer, HasSubstr("\r\nAllow: GET\r\n"));
}

TEST_F(AdmissionTest, WhatIsTooLargeOrLateIsCountedByCause) {
  Start(
      [](config::Config& config) { config.http.header_timeout = std::chrono::milliseconds(100); });
  EXPECT_THAT(RefusalOf(absl::StrCat("GET /", std::string(9'000, 'x'), " HTTP/1.1\r\n\r\n")),
              StartsWith("HTTP/1.1 414 "));
  std::string many;
  for (int i = 0; i < 2'000; ++i) many += "A: b\r\n";
  EXPECT_THAT(RefusalOf(Handshake("/rooms/a", many)), StartsWith("HTTP/1.1 431 "));
  std::string upgrade_last = Handshake("/rooms/a");
  upgrade_last.insert(upgrade_last.find("Upgrade:"), many);
  EXPECT_THAT(RefusalOf(upgrade_last), StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(Refused(Refusal::kTooLarge), 3);
  EXPECT_THAT(RefusalOf("junk\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(Refused(Refusal::kMalformed), 1);
  EXPECT_THAT(RefusalOf("GET /"), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(Refused(Refusal::kTimeout), 1);
  EXPECT_THAT(application().upgrades(), IsEmpty());
}

TEST_F(AdmissionTest, APathTooLongForANamespaceIs414BeforeAnyHook) {
  const std::string longest = absl::StrCat("/rooms/", std::string(1'024 - 7, 'x'));
  ClientSocket peer = ConnectAndAsk(Handshake(longest + "?query=does+not+count"));
  EXPECT_EQ(application().upgrades().front().ns, longest);
  application().AnswerUpgrade(hooks::Reject{});
  AnswerTo(std::move(peer));
  EXPECT_THAT(RefusalOf(Handshake(longest + "x")), StartsWith("HTTP/1.1 414 "));
  EXPECT_THAT(application().upgrades(), IsEmpty());
  EXPECT_EQ(Refused(Refusal::kTooLarge), 1);
}

// RFC 6455, section 4.2.1, and RFC 9112, section 3.2.2.
TEST_F(AdmissionTest, AnAbsoluteTargetNamesTheRouteByItsPath) {
  ClientSocket peer = ConnectAndAsk(Handshake("http://server.example.com/rooms/a?b=c"));
  EXPECT_EQ(application().upgrades().front().ns, "/rooms/a");
  EXPECT_THAT(application().upgrades().front().params, ElementsAre(Pair("room", "a")));
  EXPECT_EQ(application().upgrades().front().target, "/rooms/a?b=c");
  peer.Close();
  EXPECT_THAT(RefusalOf(Handshake("HTTPS://server.example.com/nothing")),
              StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(RefusalOf(Handshake("http://server.example.com")), StartsWith("HTTP/1.1 404 "));
}

TEST_F(AdmissionTest, ATargetThatIsNoPathIsABadRequest) {
  for (const char* target : {"*", "rooms/a", "server.example.com:80", "ftp://h/rooms/a"}) {
    EXPECT_THAT(RefusalOf(Handshake(target)), StartsWith("HTTP/1.1 400 ")) << target;
  }
}

// ---- Clients that leave, nodes that end ----

TEST_F(AdmissionTest, AClientThatLeavesWhileTheHookIsPendingIsNoPeerEvenIfAccepted) {
  for (const bool by_reset : {false, true}) {
    ClientSocket peer = ConnectAndAsk(Handshake("/rooms/a"));
    EXPECT_EQ(node_->metrics().hooks_in_flight.value(), 1);
    by_reset ? peer.Reset() : peer.Close();
    ASSERT_TRUE(RunUntil([&] { return node_->metrics().connections.value() == 0; }));
    application().AnswerUpgrade(hooks::Accept{});
    node_->RunReady();
    EXPECT_EQ(node_->hub().peer_count(), 0);
    EXPECT_EQ(node_->shard().session_count(), 0);
    EXPECT_THAT(application().told(), IsEmpty()) << "neither open nor close";
    EXPECT_EQ(node_->GaugesLeft(), "");
  }
  EXPECT_EQ(Refused(Refusal::kGone), 2);
  EXPECT_EQ(node_->metrics().peers_opened.value(), 0);
}

TEST_F(AdmissionTest, AShardThatIsClosingTakesNobody) {
  ClientSocket pending = ConnectAndAsk(Handshake("/rooms/a"));
  bool done = false;
  node_->shard().CloseAll([&] { done = true; });
  EXPECT_TRUE(done);
  application().AnswerUpgrade(hooks::Accept{});
  EXPECT_THAT(AnswerTo(std::move(pending)), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(RefusalOf(Handshake("/rooms/a")), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(Refused(Refusal::kShutdown), 2);
  EXPECT_EQ(node_->shard().session_count(), 0);
}

TEST_F(AdmissionTest, ANodeMayEndWhileHooksArePending) {
  ClientSocket a = ConnectAndAsk(Handshake("/rooms/a"));
  ClientSocket b = Connect(Handshake("/echo"));
  HeadOf(b);
  admission_->server().CloseAll();
  EXPECT_EQ(Refused(Refusal::kShutdown), 1);
  admission_.reset();
  node_->DestroyShard();
  EXPECT_EQ(node_->metrics().connections.value(), 0);
  node_.reset();
}

TEST_F(AdmissionTest, CountsAreBackAtTheirBaseAfterConnectsThatEndInEveryWay) {
  application().AnswerBy([](const pubsub::Peer&, const hooks::PeerEvent& event) {
    hooks::HookReply reply;
    if (std::holds_alternative<hooks::OpenEvent>(event.what)) {
      reply.actions.push_back(hooks::SubscribeAction{"t"});
    }
    return reply;
  });
  for (int i = 0; i < 140; ++i) {
    ClientSocket peer = Connect(i % 7 == 0 ? Handshake("/rooms/a").substr(0, 40)
                                           : Handshake(absl::StrCat("/rooms/", i % 5)));
    if (i % 7 == 0) {
      node_->RunReady();
      i % 2 == 0 ? peer.Reset() : peer.Close();
      continue;
    }
    ASSERT_TRUE(RunUntil([&] { return !application().upgrades().empty(); }));
    if (i % 7 == 1) peer.Reset();
    if (i % 7 == 1) node_->RunReady();
    if (i % 7 == 2) {
      application().AnswerUpgrade(hooks::Reject{});
    } else {
      application().AnswerUpgrade(hooks::Accept{});
    }
    if (i % 7 == 3) peer.Reset();
    if (i % 7 == 4) peer.Send(client::Close(1000));
    if (i % 7 == 5) peer.Send("not a frame");
    node_->RunReady();
    peer.Close();
  }
  EXPECT_TRUE(RunUntil([&] { return node_->GaugesLeft().empty(); })) << node_->GaugesLeft();
  EXPECT_EQ(node_->shard().session_count(), 0);
  EXPECT_EQ(admission_->server().size(), 0);
  EXPECT_GT(node_->metrics().peers_opened.value(), 50);
  const auto& told = application().told();
  const auto count = [&](std::string_view hook) {
    return std::count_if(told.begin(), told.end(),
                         [&](const std::string& line) { return line.starts_with(hook); });
  };
  EXPECT_EQ(count("open"), static_cast<int64_t>(node_->metrics().peers_opened.value()));
  EXPECT_EQ(count("close"), count("open"));
}

TEST_F(AdmissionTest, ClientsThatVanishAtOnceWhileMessagesFlowLeaveNothing) {
  Start([](config::Config& config) { config.routes[3].limits.queue = 50'000; });
  std::vector<ClientSocket> peers;
  for (int i = 0; i < 200; ++i) peers.push_back(Connect(Handshake("/sub")));
  ASSERT_TRUE(RunUntil([&] { return node_->metrics().subscriptions.value() == 200; }));
  for (int i = 0; i < 60; ++i) {
    node_->Publish("/sub", "t", std::string(2'000, 'x'));
    // Some have left already, some are left with full queues, and all others go in this turn.
    if (i == 20) {
      for (size_t k = 0; k < peers.size(); k += 3) peers[k].Reset();
    }
    if (i == 40) peers.clear();
    if (i % 4 == 0) node_->loop().Poll();
  }
  EXPECT_TRUE(RunUntil([&] { return node_->GaugesLeft().empty(); })) << node_->GaugesLeft();
  EXPECT_EQ(node_->shard().session_count(), 0);
}

// Whatever is due at once goes through one queue.
TEST_F(AdmissionTest, MessagesFromManyThreadsPingsAndACloseDoNotMix) {
  Start([](config::Config& config) {
    config.routes[3].limits.queue = 64 << 20;
    config.websocket.ping_interval = std::chrono::milliseconds(50);
    config.websocket.pong_timeout = std::chrono::seconds(10);
  });
  ClientSocket peer = Connect(Handshake("/sub"));
  HeadOf(peer);
  ASSERT_EQ(node_->metrics().subscriptions.value(), 1);
  constexpr size_t kThreads = 4, kMessages = 500;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < kMessages; ++i) {
        node_->Publish("/sub", "t", absl::StrCat(t, ":", i, ":", std::string(i % 300, 'x')));
      }
    });
  }
  const auto seen = [&] {
    peer.Pump();
    behind_head_ += peer.Take();
    return node_->metrics().delivered.value() == kThreads * kMessages;
  };
  EXPECT_TRUE(RunUntil(seen));
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(RunUntil([&] {
    seen();
    return node_->metrics().pings_sent.value() > 0;
  }));
  Peer()->Close(4000, "kicked");
  node_->Publish("/sub", "t", "too late");
  EXPECT_TRUE(RunUntil([&] {
    seen();
    return peer.gone();
  }));
  const std::vector<ServerFrame> frames = ReadFrames(behind_head_);
  std::vector<size_t> next(kThreads);
  for (size_t i = 0; i + 1 < frames.size(); ++i) {
    if (frames[i].opcode == 9) continue;
    ASSERT_EQ(frames[i].opcode, 1);
    const size_t thread = static_cast<size_t>(frames[i].payload[0] - '0');
    ASSERT_LT(thread, kThreads);
    const size_t number = next[thread]++;
    ASSERT_EQ(frames[i].payload,
              absl::StrCat(thread, ":", number, ":", std::string(number % 300, 'x')));
  }
  EXPECT_THAT(next, testing::Each(kMessages));
  EXPECT_EQ(frames.back(), CloseFrame(4000, "kicked"));
}

}  // namespace
}  // namespace hookcast::edge

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/unit/edge/admission_fixture.h"

namespace hookcast::edge {
namespace {

using fakes::ScriptedHookClient;
using metrics::Refusal;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;

std::string Get(std::string_view target, std::string_view more = "") {
  return absl::StrCat("GET ", std::string(target), " HTTP/1.1\r\nHost: x\r\n", std::string(more),
                      "\r\n");
}

// Clients of event streams: on a route with an application, and on a static one.
class StreamAdmissionTest : public AdmissionTest {
 protected:
  void SetUp() override { StartWith(nullptr); }

  void StartWith(std::function<void(config::Config&)> change) {
    Start([&](config::Config& config) {
      for (config::Route& route : config.routes) {
        route.transports = {config::TransportKind::kWebSocket, config::TransportKind::kSse};
      }
      config.sse.keepalive = std::chrono::milliseconds(0);
      if (change) change(config);
    });
  }

  // An open stream of /rooms/a whose open hook was answered.
  ClientSocket OpenStream(std::vector<hooks::Action> actions = {}) {
    ClientSocket client = ConnectAndAsk(Get("/rooms/a"));
    application().AnswerUpgrade(hooks::Accept{});
    EXPECT_THAT(HeadOf(client), StartsWith("HTTP/1.1 200 OK\r\n"));
    application().AnswerWith(std::move(actions));
    EXPECT_TRUE(RunUntil([&] {
      client.Pump();
      behind_head_ += client.Take();
      return behind_head_.find("\n\n") != std::string::npos;
    }));
    return client;
  }
  // Runs until this has come behind the head.
  void Await(ClientSocket& client, std::string_view text) {
    EXPECT_TRUE(RunUntil([&] {
      client.Pump();
      behind_head_ += client.Take();
      return behind_head_.find(text) != std::string::npos;
    })) << text
        << " is not in " << behind_head_;
  }
  // "<peer>.<secret>", as the stream's first event has them.
  std::string Credentials() {
    const auto field = [&](std::string_view name) {
      const size_t at = behind_head_.find(absl::StrCat("\"", std::string(name), "\":\""));
      if (at == std::string::npos) return std::string("none");
      const size_t from = at + name.size() + 4;
      return behind_head_.substr(from, behind_head_.find('"', from) - from);
    };
    return field("peer") + "." + field("secret");
  }
  // What a POST is answered.
  std::string Post(std::string_view target, std::string_view credentials, std::string_view body,
                   std::string_view more = "") {
    ClientSocket poster = Connect(absl::StrCat(
        "POST ", std::string(target),
        " HTTP/1.1\r\nHost: x\r\nHookcast-Peer: ", std::string(credentials),
        "\r\nContent-Length: ", body.size(), "\r\n", std::string(more), "\r\n", std::string(body)));
    EXPECT_TRUE(RunUntil([&] {
      poster.Pump();
      return poster.gone();
    }));
    return poster.Take();
  }
  uint64_t Posts(metrics::Post result) { return node_->metrics().posts.value(result); }
};

TEST_F(StreamAdmissionTest, AnAcceptedClientGetsItsStreamAndItsOpenHook) {
  ClientSocket peer = ConnectAndAsk(Get("/rooms/a?token=x", "Accept: text/event-stream\r\n"));
  const ScriptedHookClient::PendingUpgrade& asked = application().upgrades().front();
  EXPECT_EQ(asked.target, "/rooms/a?token=x");
  EXPECT_EQ(asked.ns, "/rooms/a");
  EXPECT_THAT(asked.subprotocols, IsEmpty());
  EXPECT_THAT(asked.headers, testing::Contains(Pair("Accept", "text/event-stream")));
  application().AnswerUpgrade(hooks::Accept{
      .headers = {{"Set-Cookie", "a=1"}, {"Set-Cookie", "b=2"}, {"content-type", "text/plain"}},
      .ns = "other",
      .context = "context"});
  EXPECT_EQ(HeadOf(peer),
            "HTTP/1.1 200 OK\r\n"
            "Content-Type: text/event-stream\r\n"
            "Cache-Control: no-cache, no-transform\r\n"
            "X-Accel-Buffering: no\r\n"
            "Transfer-Encoding: chunked\r\n"
            "Connection: close\r\n"
            "Set-Cookie: a=1\r\n"
            "Set-Cookie: b=2\r\n"
            "Access-Control-Allow-Origin: *\r\n"
            "Access-Control-Expose-Headers: Retry-After\r\n"
            "\r\n");
  Await(peer, "event: hookcast.open\nretry: ");
  ASSERT_THAT(application().calls(), SizeIs(1));
  EXPECT_EQ(application().calls().front().context, "context");
  ASSERT_NE(Peer(), nullptr);
  EXPECT_EQ(Peer()->facts().ns, "other");
  EXPECT_EQ(Peer()->facts().transport, pubsub::TransportKind::kSse);
  application().AnswerWith({hooks::SubscribeAction{"t"}, hooks::SendAction{TextData("welcome")}});
  node_->Publish("other", "t", "news");
  Await(peer, "data: welcome\n\n\r\nc\r\ndata: news");
}

TEST_F(StreamAdmissionTest, ARejectionReachesTheClientAsItIs) {
  ClientSocket client = ConnectAndAsk(Get("/rooms/a"));
  application().AnswerUpgrade(hooks::Reject{401, {{"X-Why", "token"}}, "no"});
  const std::string answer = AnswerTo(std::move(client));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 401 Unauthorized\r\nX-Why: token\r\n"));
  EXPECT_THAT(answer, HasSubstr("Access-Control-Allow-Origin: *\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nno"));
  EXPECT_EQ(Refused(Refusal::kByApplication), 1);
}

TEST_F(StreamAdmissionTest, ASubprotocolIsNoneThatAStreamOffered) {
  ClientSocket client = ConnectAndAsk(Get("/rooms/a"));
  application().AnswerUpgrade(hooks::Accept{.subprotocol = "chat"});
  EXPECT_THAT(AnswerTo(std::move(client)), StartsWith("HTTP/1.1 500 "));
}

TEST_F(StreamAdmissionTest, ADisconnectIsToldToTheCloseHookAlsoWhenNothingIsSent) {
  ClientSocket client = OpenStream();
  client.Close();
  ASSERT_TRUE(RunUntil([&] { return application().calls().size() == 1; }));
  EXPECT_EQ(application().told().back(), "close 2/1 1005");
  application().Answer();
}

TEST_F(StreamAdmissionTest, HeadHasTheHeadersOfAStreamAndMakesNoPeer) {
  const std::string answer = RefusalOf("HEAD /rooms/a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer,
            "HTTP/1.1 200 OK\r\n"
            "Content-Type: text/event-stream\r\n"
            "Cache-Control: no-cache, no-transform\r\n"
            "X-Accel-Buffering: no\r\n"
            "Access-Control-Allow-Origin: *\r\n"
            "Access-Control-Expose-Headers: Retry-After\r\n"
            "Connection: close\r\n"
            "\r\n");
  EXPECT_THAT(application().upgrades(), IsEmpty());
}

TEST_F(StreamAdmissionTest, AForeignOriginIsRefusedBeforeAnyHookWhateverTheMethod) {
  StartWith(
      [](config::Config& config) { config.routes[kApp].allowed_origins = {"https://a.example"}; });
  for (const char* method : {"GET", "HEAD", "OPTIONS", "POST"}) {
    const std::string answer = RefusalOf(absl::StrCat(method,
                                                      " /rooms/a HTTP/1.1\r\nHost: x\r\nOrigin: "
                                                      "https://evil.example\r\n\r\n"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 ")) << method;
    EXPECT_THAT(answer, Not(HasSubstr("Access-Control"))) << method;
  }
  EXPECT_EQ(Refused(Refusal::kOrigin), 4);
  EXPECT_THAT(application().upgrades(), IsEmpty());
}

TEST_F(StreamAdmissionTest, LimitsOfConnectionsHoldForStreams) {
  StartWith([](config::Config& config) { config.routes[kApp].limits.connections = 1; });
  ClientSocket first = OpenStream();
  ClientSocket second = Connect(Get("/rooms/b"));
  EXPECT_THAT(HeadOf(second), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(Refused(Refusal::kConnections), 1);
}

TEST_F(StreamAdmissionTest, APostedMessageBecomesAMessageHook) {
  ClientSocket client = OpenStream();
  const std::string answer = Post("/rooms/a", Credentials(), "hello");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 202 Accepted\r\n"));
  EXPECT_THAT(answer, HasSubstr("Access-Control-Allow-Origin: *\r\n"));
  EXPECT_EQ(application().told().back(), "message 2/1 hello");
  EXPECT_EQ(Peer()->counts().received_messages, 1);
  application().AnswerWith({hooks::SendAction{TextData("heard")}});
  Await(client, "data: heard\n\n");
  EXPECT_EQ(Posts(metrics::Post::kTaken), 1);
}

TEST_F(StreamAdmissionTest, ThePostedTypeSaysWhetherItIsText) {
  ClientSocket client = OpenStream();
  const std::string who = Credentials();
  for (const char* type :
       {"", "Content-Type: text/plain;charset=UTF-8\r\n", "Content-Type: Application/JSON\r\n",
        "Content-Type: application/merge-patch+json\r\n"}) {
    EXPECT_THAT(Post("/rooms/a", who, "\xff", type), StartsWith("HTTP/1.1 400 ")) << type;
    EXPECT_THAT(Post("/rooms/a", who, "{}", type), StartsWith("HTTP/1.1 202 ")) << type;
    EXPECT_EQ(std::get<hooks::MessageEvent>(application().calls().front().event.what).data.kind,
              pubsub::DataKind::kText);
    application().Answer();
  }
  EXPECT_THAT(Post("/rooms/a", who, "\xff", "Content-Type: application/octet-stream\r\n"),
              StartsWith("HTTP/1.1 202 "));
  const auto& data = std::get<hooks::MessageEvent>(application().calls().front().event.what).data;
  EXPECT_EQ(data.kind, pubsub::DataKind::kBinary);
  EXPECT_EQ(data.payload.view(), "\xff");
  application().Answer();
  EXPECT_THAT(Post("/rooms/a", who, "x", "Content-Encoding: gzip\r\n"),
              StartsWith("HTTP/1.1 415 "));
}

TEST_F(StreamAdmissionTest, NobodyElsePosts) {
  ClientSocket client = OpenStream();
  const std::string who = Credentials();
  std::string other_secret = who;
  other_secret.back() = other_secret.back() == '0' ? '1' : '0';
  for (const std::string& wrong :
       {std::string("x"), std::string("."), other_secret, "1" + who.substr(1), who + "0"}) {
    EXPECT_THAT(Post("/rooms/a", wrong, "hello"), StartsWith("HTTP/1.1 404 ")) << wrong;
  }
  EXPECT_THAT(Post("/rooms/b", who, "hello"), StartsWith("HTTP/1.1 404 ")) << "another path";
  EXPECT_EQ(Posts(metrics::Post::kUnknown), 6);
}

TEST_F(StreamAdmissionTest, APostSaysWhoseItIs) {
  EXPECT_THAT(RefusalOf("POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"),
              StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(RefusalOf("POST /rooms/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(RefusalOf("POST /rooms/a HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(Posts(metrics::Post::kRefused), 2);
}

TEST_F(StreamAdmissionTest, APeerThatHasLeftIsNotFound) {
  ClientSocket client = OpenStream();
  const std::string who = Credentials();
  client.Close();
  ASSERT_TRUE(RunUntil([&] { return application().calls().size() == 1; }));
  EXPECT_THAT(Post("/rooms/a", who, "hello"), StartsWith("HTTP/1.1 404 "));
  application().Answer();
}

TEST_F(StreamAdmissionTest, AFullWindowIs429AndAnAnsweredHookMakesRoom) {
  StartWith([](config::Config& config) { config.routes[kApp].hook_window.messages = 2; });
  ClientSocket client = OpenStream();
  const std::string who = Credentials();
  // One in flight, two that wait.
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Post("/rooms/a", who, "m"), StartsWith("HTTP/1.1 202 "));
  const std::string answer = Post("/rooms/a", who, "m");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_EQ(Posts(metrics::Post::kWindowFull), 1);
  application().Answer();
  EXPECT_THAT(Post("/rooms/a", who, "m"), StartsWith("HTTP/1.1 202 "));
  while (!application().calls().empty()) application().Answer();
}

TEST_F(StreamAdmissionTest, WhoPostsTooFastIsToldSoAndKept) {
  StartWith([](config::Config& config) { config.routes[kApp].limits.messages_per_second = 1; });
  ClientSocket client = OpenStream();
  const std::string who = Credentials();
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(Post("/rooms/a", who, "m"), StartsWith("HTTP/1.1 202 "));
    application().Answer();
  }
  EXPECT_THAT(Post("/rooms/a", who, "m"), StartsWith("HTTP/1.1 429 "));
  EXPECT_NE(Peer(), nullptr);
}

TEST_F(StreamAdmissionTest, AMessageBeyondTheLimitIs413) {
  StartWith([](config::Config& config) { config.routes[kApp].limits.message = 10; });
  ClientSocket client = ConnectAndAsk(Get("/rooms/a"));
  hooks::Accept accept;
  accept.limits.max_message_bytes = 4;
  application().AnswerUpgrade(std::move(accept));
  HeadOf(client);
  application().Answer();
  Await(client, "\n\n");
  const std::string who = Credentials();
  EXPECT_THAT(Post("/rooms/a", who, std::string(11, 'x')), StartsWith("HTTP/1.1 413 "))
      << "refused by its length, unread";
  EXPECT_THAT(Post("/rooms/a", who, std::string(5, 'x')), StartsWith("HTTP/1.1 413 "))
      << "the application's own limit";
  EXPECT_THAT(Post("/rooms/a", who, std::string(4, 'x')), StartsWith("HTTP/1.1 202 "));
  application().Answer();
}

TEST_F(StreamAdmissionTest, ChunkedPostsHaveTheLimitOfTheirOwnRoute) {
  StartWith([](config::Config& config) { config.routes[kApp].limits.message = 10; });
  ClientSocket client = OpenStream();
  const std::string head =
      absl::StrCat("POST /rooms/a HTTP/1.1\r\nHost: x\r\nHookcast-Peer: ", Credentials(),
                   "\r\nTransfer-Encoding: chunked\r\n\r\n");
  const auto answer_to = [&](std::string_view body) {
    ClientSocket poster = Connect(head + std::string(body));
    EXPECT_TRUE(RunUntil([&] {
      poster.Pump();
      return poster.ended();
    }));
    return poster.Take();
  };
  EXPECT_THAT(answer_to("5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n"), StartsWith("HTTP/1.1 202 "));
  EXPECT_EQ(application().told().back(), "message 2/1 helloworld");
  EXPECT_THAT(answer_to("5\r\nhello\r\n6\r\nworld!\r\n"), StartsWith("HTTP/1.1 413 "))
      << "before its end";
  application().Answer();
}

TEST_F(StreamAdmissionTest, WhatIsReadOfBodiesAtOnceIsBounded) {
  StartWith([](config::Config& config) { config.routes[kApp].limits.message = 20 << 20; });
  ClientSocket client = OpenStream();
  const std::string head =
      absl::StrCat("POST /rooms/a HTTP/1.1\r\nHost: x\r\nHookcast-Peer: ", Credentials(),
                   "\r\nExpect: 100-continue\r\nContent-Length: ", 20 << 20, "\r\n\r\n");
  ClientSocket first = Connect(head);
  EXPECT_THAT(HeadOf(first), StartsWith("HTTP/1.1 100 "));
  ClientSocket second = Connect(head);
  EXPECT_THAT(HeadOf(second), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(Posts(metrics::Post::kUnavailable), 1);
  first.Close();
  second.Close();
  ASSERT_TRUE(RunUntil([&] { return node_->metrics().connections.value() == 1; }));
  ClientSocket third = Connect(head);
  EXPECT_THAT(HeadOf(third), StartsWith("HTTP/1.1 100 ")) << "the first has given its place back";
}

TEST_F(StreamAdmissionTest, APeerThatIsToldToLeavePostsNoMore) {
  ClientSocket client = OpenStream();
  const std::string who = Credentials();
  Peer()->Close(4003, "banned");
  EXPECT_THAT(Post("/rooms/a", who, "hello"), StartsWith("HTTP/1.1 404 "));
  ASSERT_TRUE(RunUntil([&] { return application().calls().size() == 1; }));
  EXPECT_EQ(application().told().back(), "close 2/1 4003");
  application().Answer();
}

TEST_F(StreamAdmissionTest, AMessageThatTheRateNeverAllowsIsTooLarge) {
  StartWith([](config::Config& config) { config.routes[kApp].limits.bytes_per_second = 10; });
  ClientSocket client = OpenStream();
  EXPECT_THAT(Post("/rooms/a", Credentials(), std::string(51, 'x')), StartsWith("HTTP/1.1 413 "));
}

TEST_F(StreamAdmissionTest, ARouteThatTakesNoMessagesHasNoSecretAndNoPost) {
  ClientSocket client = Connect(Get("/sub"));
  HeadOf(client);
  Await(client, "\n\n");
  EXPECT_THAT(behind_head_, Not(HasSubstr("secret")));
  EXPECT_THAT(Post("/sub", "x.y", "hello"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Post("/sub", "x.y", ""), HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"));
}

TEST_F(StreamAdmissionTest, AStaticRouteEchoesWhatIsPosted) {
  ClientSocket client = Connect(Get("/echo"));
  HeadOf(client);
  Await(client, "\n\n");
  EXPECT_THAT(Post("/echo", Credentials(), "a\nb"), StartsWith("HTTP/1.1 202 "));
  Await(client, "data: a\ndata: b\n\n");
}

// ---- peers of other nodes ----------------------------------------------------------------------

// Plays the other nodes: 000000000000000b is alive, ...000d is gone, and who knows of the rest.
class ForwardingTest : public StreamAdmissionTest {
 protected:
  void SetUp() override {
    StreamAdmissionTest::SetUp();
    node_->ForwardPosts(
        {.holder_of =
             [](Incarnation node) {
               using Holder = PostForwarding::Holder;
               if (node == TestShard::kNode) return Holder::kHere;
               if (node.value == 0xb) return Holder::kElsewhere;
               return node.value == 0xd ? Holder::kGone : Holder::kNotKnown;
             },
         .forward =
             [this](ForwardedPost post, absl::AnyInvocable<void(PostOutcome)> done) {
               forwarded_.push_back(std::move(post));
               done(outcome_);
             }});
  }

  PostOutcome outcome_ = PostOutcome::kTaken;
  std::vector<ForwardedPost> forwarded_;
};

TEST_F(ForwardingTest, APostForAPeerOfAnotherNodeGoesThere) {
  EXPECT_THAT(
      Post("/rooms/a?x=1", "000000000000000b-2-7.0123456789abcdef0123456789abcdef", "hello"),
      StartsWith("HTTP/1.1 202 "));
  EXPECT_THAT(Post("/rooms/a", "000000000000000b-2-7.0123456789abcdef0123456789abcdef", "\xff",
                   "Content-Type: application/octet-stream\r\n"),
              StartsWith("HTTP/1.1 202 "));
  ASSERT_EQ(forwarded_.size(), 2u);
  EXPECT_EQ(forwarded_[0].peer.ToString(), "000000000000000b-2-7");
  EXPECT_EQ(forwarded_[0].secret, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(forwarded_[0].path, "/rooms/a");
  EXPECT_EQ(forwarded_[0].payload, "hello");
  EXPECT_EQ(forwarded_[0].kind, pubsub::DataKind::kText);
  EXPECT_EQ(forwarded_[1].payload, "\xff");
  EXPECT_EQ(forwarded_[1].kind, pubsub::DataKind::kBinary);
  EXPECT_EQ(Posts(metrics::Post::kTaken), 2);
}

TEST_F(ForwardingTest, IsAnsweredAsTheOtherNodeAnswers) {
  const std::pair<PostOutcome, const char*> answers[] = {
      {PostOutcome::kUnknown, "HTTP/1.1 404 "},
      {PostOutcome::kTooLarge, "HTTP/1.1 413 "},
      {PostOutcome::kTooMuch, "HTTP/1.1 429 "},
      {PostOutcome::kUnreachable, "HTTP/1.1 503 "},
      {PostOutcome::kTooMany, "HTTP/1.1 503 "}};
  for (const auto& [outcome, answer] : answers) {
    outcome_ = outcome;
    EXPECT_THAT(Post("/rooms/a", "000000000000000b-2-7.0123456789abcdef0123456789abcdef", "x"),
                StartsWith(answer));
  }
}

TEST_F(ForwardingTest, NothingIsForwardedThatCannotBeTaken) {
  EXPECT_THAT(Post("/rooms/a", "000000000000000b-2-7.secret", "x"), StartsWith("HTTP/1.1 404 "))
      << "no secret looks so";
  EXPECT_THAT(Post("/rooms/a", "000000000000000d-2-7.secret", "x"), StartsWith("HTTP/1.1 404 "));
  const std::string unknown = Post("/rooms/a", "000000000000000e-2-7.secret", "x");
  EXPECT_THAT(unknown, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(unknown, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(Post("/rooms/a", "000000000000000b-2-7.0123456789abcdef0123456789abcdef", "\xff"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Post("/rooms/a", "000000000000000b.secret", "x"), StartsWith("HTTP/1.1 404 "));
  EXPECT_TRUE(forwarded_.empty());
}

TEST_F(ForwardingTest, PeersOfThisNodeAreItsOwnMatter) {
  ClientSocket client = OpenStream();
  EXPECT_THAT(Post("/rooms/a", Credentials(), "x"), StartsWith("HTTP/1.1 202 "));
  EXPECT_TRUE(forwarded_.empty());
  application().Answer();
}

TEST_F(StreamAdmissionTest, APeerThatIsNotToldToLeaveYetMayPost) {
  ClientSocket one = OpenStream();
  const std::string first = Credentials();
  ClientSocket two = OpenStream();
  const std::string second = Credentials();
  node_->shard().CloseAll(
      [] {}, std::make_shared<LeavePace>(LeavePace::Rate{.over = std::chrono::hours(1)},
                                         Clock::System().Now()));
  const bool first_stays = Post("/rooms/a", first, "x").starts_with("HTTP/1.1 202 ");
  EXPECT_NE(first_stays, Post("/rooms/a", second, "x").starts_with("HTTP/1.1 202 "));
  node_->shard().CloseAll([] {});
  one.Close();
  two.Close();
  EXPECT_TRUE(RunUntil([&] {
    while (!application().calls().empty()) application().Answer();
    return node_->shard().session_count() == 0;
  }));
  const std::string refused = RefusalOf(Get("/rooms/a"));
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("Retry-After: 1\r\n"));
}

TEST_F(StreamAdmissionTest, ShutdownEndsStreamsWithWord) {
  ClientSocket client = OpenStream();
  bool done = false;
  node_->shard().CloseAll([&] { done = true; });
  Await(client,
        "{\"code\":1012,\"reason\":\"this node takes no more clients; connect "
        "again\"}\n\n\r\n0\r\n\r\n");
  client.Close();
  ASSERT_TRUE(RunUntil([&] { return application().calls().size() == 1; }));
  EXPECT_EQ(application().told().back(), "close 2/1 1012");
  application().Answer();
  EXPECT_TRUE(RunUntil([&] { return done; }));
  EXPECT_THAT(RefusalOf(Get("/rooms/a")), StartsWith("HTTP/1.1 503 "));
}

}  // namespace
}  // namespace hookcast::edge

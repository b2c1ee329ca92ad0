// An application in another process' place hears of its peers over real gRPC and directs them.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <future>

#include "hookcast/v1/broker.grpc.pb.h"
#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using Entry = ScriptedApplication::Entry;
using Received = WebSocketClient::Received;

std::string Routes(const ScriptedApplication& application, const std::string& more = "") {
  return "shards: 2\nroutes:\n  - { path: \"/rooms/{room}\", application: \"dns:///" +
         application.address() + "\"" + more + " }\n";
}

// How the application takes its hooks.
enum class Way { kSession, kUnary };

class HooksTest : public ::testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    application_.session = GetParam() == Way::kSession;
    ASSERT_TRUE(application_.Start());
  }

  void StartNode(const std::string& more = "") {
    node_ = NodeProcess::Start(
        Routes(application_, ", hooks: [upgrade, open, message, close, error]" + more));
    ASSERT_NE(node_, nullptr);
  }

  ScriptedApplication application_;
  std::unique_ptr<NodeProcess> node_;
};

INSTANTIATE_TEST_SUITE_P(Ways, HooksTest, ::testing::Values(Way::kSession, Way::kUnary),
                         [](const auto& way) {
                           return way.param == Way::kSession ? "Session" : "Unary";
                         });

TEST_P(HooksTest, ChatOfTheContractRunsThroughHooks) {
  application_.on_open = [](const v1::OpenRequest& request, v1::HookReply* reply) {
    Subscribe(reply, "chat");
    PublishText(reply, "chat", request.peer().id() + " joined");
    SendText(reply, "welcome");
    return grpc::Status::OK;
  };
  application_.on_message = [](const v1::MessageRequest& request, v1::HookReply* reply) {
    PublishText(reply, "chat", "said " + request.text());
    SendText(reply, "you said " + request.text());
    return grpc::Status::OK;
  };
  application_.on_close = [](const v1::CloseRequest& request, v1::HookReply* reply) {
    PublishText(reply, "chat", request.peer().id() + " left");
    SendText(reply, "nobody hears this");
    return grpc::Status::OK;
  };
  StartNode();

  auto ada = node_->Connect("/rooms/a");
  ASSERT_EQ(ada->ReceiveMessage()->payload, "welcome");
  auto bob = node_->Connect("/rooms/a");
  ASSERT_EQ(bob->ReceiveMessage()->payload, "welcome");
  auto eve = node_->Connect("/rooms/b");
  ASSERT_EQ(eve->ReceiveMessage()->payload, "welcome");
  EXPECT_THAT(ada->ReceiveMessage()->payload, ::testing::EndsWith(" joined"));

  ASSERT_TRUE(ada->SendText("hello").ok());
  EXPECT_EQ(ada->ReceiveMessage()->payload, "you said hello");
  EXPECT_EQ(bob->ReceiveMessage()->payload, "said hello");
  // Had the message crossed to /rooms/b, it would come before this answer.
  ASSERT_TRUE(eve->SendText("anyone?").ok());
  EXPECT_EQ(eve->ReceiveMessage()->payload, "you said anyone?");

  ASSERT_TRUE(bob->CloseHandshake(4001, "bye").ok());
  EXPECT_THAT(ada->ReceiveMessage()->payload, ::testing::EndsWith(" left"));
}

TEST_P(HooksTest, UpgradeSeesTheWholeRequest) {
  StartNode();
  WebSocketClient::Options options;
  options.headers = {{"X-Twice", "1"}, {"X-Twice", "2"}};
  options.subprotocols = {"a.v1", "b.v1"};
  auto client = node_->Connect("/rooms/game?token=t&x=%20", options);
  const v1::Request request = application_.WaitFor("upgrade").request;
  EXPECT_EQ(request.method(), "GET");
  EXPECT_EQ(request.target(), "/rooms/game?token=t&x=%20");
  EXPECT_EQ(request.path(), "/rooms/game");
  EXPECT_EQ(request.query(), "token=t&x=%20");
  EXPECT_EQ(request.route(), "/rooms/{room}");
  EXPECT_EQ(request.params().at("room"), "game");
  EXPECT_EQ(request.transport(), v1::TRANSPORT_WEBSOCKET);
  EXPECT_THAT(request.remote_address(), ::testing::StartsWith("127.0.0.1:"));
  EXPECT_THAT(request.subprotocols(), ::testing::ElementsAre("a.v1", "b.v1"));
  std::vector<std::string> twice;
  for (const auto& header : request.headers()) {
    if (header.name() == "X-Twice") twice.push_back(header.value());
  }
  EXPECT_THAT(twice, ::testing::ElementsAre("1", "2"));
}

TEST_P(HooksTest, AcceptSetsHeadersSubprotocolNamespaceAndContext) {
  application_.on_upgrade = [](const v1::UpgradeRequest&, v1::UpgradeReply* reply) {
    auto* accept = reply->mutable_accept();
    for (const char* cookie : {"a=1", "b=2"}) {
      auto* header = accept->add_headers();
      header->set_name("set-cookie");
      header->set_value(cookie);
    }
    accept->set_subprotocol("b.v1");
    accept->set_namespace_("chat:general");
    (*accept->mutable_context()->mutable_fields()->mutable_fields())["user"].set_string_value(
        "ada");
    return grpc::Status::OK;
  };
  StartNode();
  WebSocketClient::Options options;
  options.subprotocols = {"a.v1", "b.v1"};
  auto client = node_->Connect("/rooms/x", options);
  EXPECT_THAT(client->response().HeaderValues("set-cookie"), ::testing::ElementsAre("a=1", "b=2"));
  EXPECT_EQ(client->response().header("Sec-WebSocket-Protocol"), "b.v1");
  const v1::Peer peer = application_.WaitFor("open").peer;
  EXPECT_EQ(peer.namespace_(), "chat:general");
  EXPECT_EQ(peer.subprotocol(), "b.v1");
  EXPECT_EQ(peer.context().fields().fields().at("user").string_value(), "ada");
}

TEST_P(HooksTest, RejectReachesTheClientAsItIsAndEndsTheConnection) {
  application_.on_upgrade = [](const v1::UpgradeRequest&, v1::UpgradeReply* reply) {
    auto* reject = reply->mutable_reject();
    reject->set_status(401);
    auto* header = reject->add_headers();
    header->set_name("WWW-Authenticate");
    header->set_value("Bearer realm=\"chat\"");
    reject->set_text("Unauthorized");
    return grpc::Status::OK;
  };
  StartNode();
  const auto response = WebSocketClient::TryUpgrade(node_->clients(), "/rooms/a");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 401);
  EXPECT_EQ(response->header("WWW-Authenticate"), "Bearer realm=\"chat\"");
  EXPECT_EQ(response->body, "Unauthorized");
  EXPECT_TRUE(response->closed);
  EXPECT_FALSE(response->reset);
}

TEST_P(HooksTest, UpgradeErrorsAreToldApart) {
  StartNode();
  const auto status_for = [&](grpc::StatusCode code) {
    application_.on_upgrade = [code](const v1::UpgradeRequest&, v1::UpgradeReply*) {
      return grpc::Status(code, "as scripted");
    };
    return WebSocketClient::TryUpgrade(node_->clients(), "/rooms/a")->status;
  };
  EXPECT_EQ(status_for(grpc::StatusCode::INTERNAL), 500);
  EXPECT_EQ(status_for(grpc::StatusCode::UNKNOWN), 500);
  EXPECT_EQ(status_for(grpc::StatusCode::UNIMPLEMENTED), 503);
  EXPECT_EQ(status_for(grpc::StatusCode::UNAVAILABLE), 503);
  EXPECT_EQ(status_for(grpc::StatusCode::UNIMPLEMENTED), 503);

  const auto status_of_verdict = [&](const std::function<void(v1::UpgradeReply*)>& verdict) {
    application_.on_upgrade = [&](const v1::UpgradeRequest&, v1::UpgradeReply* reply) {
      verdict(reply);
      return grpc::Status::OK;
    };
    return WebSocketClient::TryUpgrade(node_->clients(), "/rooms/a")->status;
  };
  EXPECT_EQ(status_of_verdict([](auto* r) { r->mutable_accept()->set_subprotocol("not-offered"); }),
            500);
  EXPECT_EQ(status_of_verdict([](auto* r) {
              auto* header = r->mutable_accept()->add_headers();
              header->set_name("X");
              header->set_value("a\r\nSet-Cookie: forged=1");
            }),
            500);
  EXPECT_EQ(status_of_verdict([](auto* r) { r->mutable_reject()->set_status(200); }), 500);
  EXPECT_EQ(status_of_verdict([](auto* r) { r->mutable_reject(); }), 403);
}

TEST_P(HooksTest, AnApplicationThatIsAwayCosts503AndOneThatComesBackIsUsedWithinTwoSeconds) {
  StartNode();
  { auto client = node_->Connect("/rooms/a"); }
  application_.Stop();
  // The first may meet the connection as it breaks; each is answered well before the deadline.
  for (int i = 0; i < 5; ++i) {
    const auto begin = steady_clock::now();
    EXPECT_EQ(WebSocketClient::TryUpgrade(node_->clients(), "/rooms/a")->status, 503);
    EXPECT_LT(steady_clock::now() - begin, seconds(5));
  }
  ASSERT_TRUE(application_.Start());
  const auto back = steady_clock::now();
  int status = 0;
  while (status != 101 && steady_clock::now() - back < seconds(10)) {
    status = WebSocketClient::TryUpgrade(node_->clients(), "/rooms/a")->status;
  }
  EXPECT_EQ(status, 101);
}

TEST_P(HooksTest, AnApplicationThatNeverAnswersCosts503AtTheDeadline) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  application_.on_upgrade = [released](const v1::UpgradeRequest&, v1::UpgradeReply*) {
    released.wait();
    return grpc::Status::OK;
  };
  StartNode(", deadlines: { upgrade: 300ms }");
  const auto begin = steady_clock::now();
  EXPECT_EQ(WebSocketClient::TryUpgrade(node_->clients(), "/rooms/a")->status, 503);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(300));
  EXPECT_LT(steady_clock::now() - begin, seconds(3));
  release.set_value();
}

TEST_P(HooksTest, APeersHooksComeOneAtATimeAndInOrder) {
  std::atomic<int> running{0};
  std::atomic<bool> overlapped{false};
  application_.on_message = [&](const v1::MessageRequest&, v1::HookReply*) {
    if (++running > 1) overlapped = true;
    std::this_thread::yield();
    --running;
    return grpc::Status::OK;
  };
  StartNode();
  auto client = node_->Connect("/rooms/a");
  constexpr int kMessages = 300;
  for (int i = 0; i < kMessages; ++i) ASSERT_TRUE(client->SendText(std::to_string(i)).ok());
  ASSERT_TRUE(client->CloseHandshake(4000, "done").ok());
  const Entry close = application_.WaitFor("close");
  EXPECT_EQ(close.details.code(), 4000);
  EXPECT_EQ(close.details.reason(), "done");
  EXPECT_EQ(close.details.closed_by(), v1::CLOSED_BY_CLIENT);
  EXPECT_TRUE(close.details.was_clean());

  const std::vector<Entry> entries = application_.entries();
  ASSERT_EQ(entries.size(), kMessages + 3u);
  EXPECT_EQ(entries[0].hook, "upgrade");
  EXPECT_EQ(entries[1].hook, "open");
  for (int i = 0; i < kMessages; ++i) EXPECT_EQ(entries[i + 2].text, std::to_string(i));
  EXPECT_EQ(entries.back().hook, "close");
  EXPECT_FALSE(overlapped);
}

TEST_P(HooksTest, BinaryStaysBinaryAndTextStaysText) {
  application_.on_message = [](const v1::MessageRequest& request, v1::HookReply* reply) {
    auto* data = reply->add_actions()->mutable_send()->mutable_data();
    if (request.has_binary()) {
      data->set_binary(request.binary());
    } else {
      data->set_text(request.text());
    }
    return grpc::Status::OK;
  };
  StartNode();
  auto client = node_->Connect("/rooms/a");
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes.push_back(static_cast<char>(i));
  for (const std::string& bytes : {all_bytes, std::string(), std::string(200'000, '\0')}) {
    ASSERT_TRUE(client->SendBinary(bytes).ok());
    const auto received = client->ReceiveMessage();
    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received->kind, Received::kBinary);
    EXPECT_EQ(received->payload, bytes);
  }
  for (const std::string& text :
       {std::string("h\xC3\xA9llo"), std::string(), std::string(1, '\0')}) {
    ASSERT_TRUE(client->SendText(text).ok());
    const auto received = client->ReceiveMessage();
    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received->kind, Received::kText);
    EXPECT_EQ(received->payload, text);
  }
}

TEST_P(HooksTest, JsonIsSentAsCompactText) {
  application_.on_open = [](const v1::OpenRequest&, v1::HookReply* reply) {
    auto* json = reply->add_actions()->mutable_send()->mutable_data()->mutable_json();
    (*json->mutable_struct_value()->mutable_fields())["user"].set_string_value("Ada");
    return grpc::Status::OK;
  };
  StartNode();
  EXPECT_EQ(node_->Connect("/rooms/a")->ReceiveMessage()->payload, "{\"user\":\"Ada\"}");
}

TEST_P(HooksTest, AMessageHookThatFailsIsReportedAndThePeerStays) {
  application_.on_message = [](const v1::MessageRequest& request, v1::HookReply* reply) {
    if (request.text() == "bad") return grpc::Status(grpc::StatusCode::INTERNAL, "as scripted");
    SendText(reply, "good");
    return grpc::Status::OK;
  };
  StartNode();
  auto client = node_->Connect("/rooms/a");
  ASSERT_TRUE(client->SendText("bad").ok());
  ASSERT_TRUE(client->SendText("fine").ok());
  EXPECT_EQ(client->ReceiveMessage()->payload, "good");
  EXPECT_THAT(application_.WaitFor("error").text, ::testing::HasSubstr("as scripted"));
}

TEST_P(HooksTest, AnOpenHookThatFailsClosesThePeerAndCloseIsStillTold) {
  application_.on_open = [](const v1::OpenRequest&, v1::HookReply*) {
    return grpc::Status(grpc::StatusCode::INTERNAL, "as scripted");
  };
  StartNode();
  auto client = node_->Connect("/rooms/a");
  const auto received = client->ReceiveMessage();
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(received->kind, Received::kClose);
  EXPECT_EQ(received->close_code, 1011);
  ASSERT_TRUE(client->SendClose(1011).ok());
  EXPECT_EQ(application_.WaitFor("close").details.code(), 1011);
}

TEST_P(HooksTest, AMessageThatMeetsAnAbsentApplicationIsSentAgainWithTheSameId) {
  application_.on_open = [](const v1::OpenRequest&, v1::HookReply* reply) {
    SendText(reply, "open");
    return grpc::Status::OK;
  };
  StartNode(", hook_retries: 20");
  auto client = node_->Connect("/rooms/a");
  ASSERT_EQ(client->ReceiveMessage()->payload, "open");
  application_.Stop();
  ASSERT_TRUE(client->SendText("later").ok());
  ASSERT_TRUE(node_->MetricReaches("hookcast_hook_retries_total", 1));
  ASSERT_TRUE(application_.Start());
  const Entry message = application_.WaitFor("message");
  EXPECT_EQ(message.text, "later");
  EXPECT_GT(message.attempt, 1u);
}

TEST_P(HooksTest, UnimplementedHooksAreLeftOut) {
  application_.on_open = [](const v1::OpenRequest&, v1::HookReply*) {
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "");
  };
  application_.on_message = [](const v1::MessageRequest&, v1::HookReply* reply) {
    SendText(reply, "here");
    return grpc::Status::OK;
  };
  StartNode();
  for (int i = 0; i < 3; ++i) {
    auto client = node_->Connect("/rooms/a");
    ASSERT_TRUE(client->SendText("?").ok());
    EXPECT_EQ(client->ReceiveMessage()->payload, "here");
  }
  int opens = 0;
  for (const Entry& entry : application_.entries()) opens += entry.hook == "open";
  EXPECT_EQ(opens, 1);
}

TEST_P(HooksTest, AReplyReplacesTheContextForLaterHooks) {
  application_.on_message = [](const v1::MessageRequest& request, v1::HookReply* reply) {
    SendText(reply, request.peer().context().bytes());
    reply->mutable_context()->set_bytes(request.text());
    return grpc::Status::OK;
  };
  StartNode();
  auto client = node_->Connect("/rooms/a");
  ASSERT_TRUE(client->SendText("one").ok());
  EXPECT_EQ(client->ReceiveMessage()->payload, "");
  ASSERT_TRUE(client->SendText("two").ok());
  EXPECT_EQ(client->ReceiveMessage()->payload, "one");
}

TEST_P(HooksTest, CloseAndTerminateActionsEndThePeer) {
  application_.on_message = [](const v1::MessageRequest& request, v1::HookReply* reply) {
    SendText(reply, "before");
    if (request.text() == "close") {
      auto* close = reply->add_actions()->mutable_close();
      close->set_code(4100);
      close->set_reason("enough");
    } else {
      reply->add_actions()->mutable_terminate();
    }
    SendText(reply, "after");
    return grpc::Status::OK;
  };
  StartNode();
  auto closed = node_->Connect("/rooms/a");
  ASSERT_TRUE(closed->SendText("close").ok());
  EXPECT_EQ(closed->ReceiveMessage()->payload, "before");
  const auto frame = closed->ReceiveMessage();
  ASSERT_TRUE(frame.ok()) << frame.status();
  EXPECT_EQ(frame->close_code, 4100);
  EXPECT_EQ(frame->payload, "enough");
  ASSERT_TRUE(closed->SendClose(4100).ok());
  EXPECT_EQ(closed->Receive()->kind, Received::kEof);
  const Entry close = application_.WaitFor("close");
  EXPECT_EQ(close.details.code(), 4100);
  EXPECT_EQ(close.details.closed_by(), v1::CLOSED_BY_APPLICATION);

  auto terminated = node_->Connect("/rooms/a");
  ASSERT_TRUE(terminated->SendText("terminate").ok());
  Received last = *terminated->ReceiveMessage();
  while (last.kind == Received::kText) last = *terminated->ReceiveMessage();
  EXPECT_TRUE(last.kind == Received::kEof || last.kind == Received::kReset);
  const Entry end = application_.WaitFor(
      [](const Entry& entry) { return entry.hook == "close" && entry.details.code() == 1006; });
  EXPECT_EQ(end.details.closed_by(), v1::CLOSED_BY_APPLICATION);
}

TEST_P(HooksTest, B13TheLastWordOnASubscriptionHoldsAndNothingIsLeftOfAPeerThatWent) {
  std::promise<void> answer;
  const std::shared_future<void> answered = answer.get_future().share();
  std::promise<void> asked;
  application_.on_message = [&](const v1::MessageRequest& request, v1::HookReply* reply) {
    if (request.text() == "thrice") {
      Subscribe(reply, "news");
      reply->add_actions()->mutable_unsubscribe()->set_topic("news");
      Subscribe(reply, "news");
    } else if (request.text() == "late") {
      asked.set_value();
      answered.wait();
      Subscribe(reply, "late");
    }
    SendText(reply, "did " + request.text());
    return grpc::Status::OK;
  };
  StartNode();
  const auto broker = v1::BrokerService::NewStub(
      grpc::CreateChannel(node_->control(), grpc::InsecureChannelCredentials()));
  const auto publish = [&](const std::string& topic, const std::string& text) {
    v1::PublishRequest request;
    request.set_namespace_("/rooms/a");
    request.set_topic(topic);
    request.mutable_data()->set_text(text);
    grpc::ClientContext context;
    v1::PublishResponse response;
    EXPECT_TRUE(broker->Publish(&context, request, &response).ok());
    return response.local_count();
  };

  const auto peer = node_->Connect("/rooms/a");
  const std::string id = application_.WaitFor("open").peer_id;
  ASSERT_TRUE(peer->SendText("thrice").ok());
  ASSERT_EQ(peer->ReceiveMessage()->payload, "did thrice");
  EXPECT_EQ(publish("news", "once"), 1u);
  EXPECT_EQ(peer->ReceiveMessage()->payload, "once");

  // Once an unsubscribe is answered nothing of the topic arrives, though a hook is in flight.
  ASSERT_TRUE(peer->SendText("late").ok());
  asked.get_future().wait();
  v1::UnsubscribeRequest unsubscribe;
  unsubscribe.mutable_peers()->set_peer(id);
  unsubscribe.set_topic("news");
  grpc::ClientContext context;
  v1::UnsubscribeResponse response;
  ASSERT_TRUE(broker->Unsubscribe(&context, unsubscribe, &response).ok());
  EXPECT_EQ(publish("news", "nobody hears this"), 0u);

  // The peer goes before the reply that subscribes it has come: no entry is left.
  peer->Reset();
  ASSERT_TRUE(node_->MetricBecomes("hookcast_peers", 0));
  answer.set_value();
  application_.WaitFor("close");
  EXPECT_EQ(publish("late", "nobody hears this"), 0u);
  for (const char* gauge : {"hookcast_subscriptions", "hookcast_topics", "hookcast_namespaces"}) {
    EXPECT_EQ(node_->Metric(gauge), 0) << gauge;
  }
}

}  // namespace
}  // namespace hookcast::testing

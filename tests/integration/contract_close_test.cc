// The hooks of a peer's life in their order, and its end, however it comes. Rows of
// docs/contract.md; more ways to end are in endings_test.cc.

#include <signal.h>

#include <thread>

#include "tests/integration/contract_fixture.h"

namespace hookcast::testing {
namespace {

using ::testing::HasSubstr;

class ContractClose : public ContractTest {
 protected:
  // What the close hook of this peer says.
  void ExpectClosed(const Client& client, uint32_t code, const std::string& reason, v1::ClosedBy by,
                    bool clean) {
    const v1::CloseDetails details = application_->CloseOf(client.id).details();
    EXPECT_EQ(details.code(), code);
    EXPECT_EQ(details.reason(), reason);
    EXPECT_EQ(details.closed_by(), by);
    EXPECT_EQ(details.was_clean(), clean);
  }
};
INSTANTIATE_CONTRACT(ContractClose);

TEST_P(ContractClose, TheClientsOwnCodeAndReason) {
  StartNode();
  const std::string longest(123, 'r');
  const std::pair<uint16_t, std::string> ends[] = {
      {1000, ""}, {1001, "going"}, {1014, "valid"}, {3000, "gr\xC3\xBC\xC3\x9F"}, {4999, longest}};
  for (const auto& [code, reason] : ends) {
    const Client client = Connect("/a?" + std::to_string(code));
    const auto answer = client->CloseHandshake(code, reason);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->close_code, code) << "the client's code comes back";
    ExpectClosed(client, code, reason, v1::CLOSED_BY_CLIENT, true);
  }
}

TEST_P(ContractClose, WithoutACodeIs1005) {
  StartNode();
  const Client client = Connect("/a");
  ASSERT_TRUE(client->CloseHandshake(0).ok());
  ExpectClosed(client, 1005, "", v1::CLOSED_BY_CLIENT, true);
}

TEST_P(ContractClose, WithoutACloseFrameIs1006) {
  StartNode();
  const Client reset = Connect("/reset");
  reset->Reset();
  const Client ended = Connect("/ended");
  ended->CloseSocket();
  for (const std::string& peer : {reset.id, ended.id}) {
    const v1::CloseDetails details = application_->CloseOf(peer).details();
    EXPECT_EQ(details.code(), 1006);
    EXPECT_EQ(details.closed_by(), v1::CLOSED_BY_NETWORK);
    EXPECT_FALSE(details.was_clean());
    EXPECT_EQ(HooksOf(peer), "open close") << "no error hook: nobody broke a rule";
  }
}

TEST_P(ContractClose, AClientThatAnswersNoPingIs1006) {
  StartNode("websocket: { ping_interval: 100ms, pong_timeout: 100ms }");
  const Client client = Connect("/a");
  const v1::CloseDetails details = application_->CloseOf(client.id).details();
  EXPECT_EQ(details.code(), 1006);
  EXPECT_EQ(details.closed_by(), v1::CLOSED_BY_NETWORK);
}

TEST_P(ContractClose, WhatBreaksTheProtocolIsToldToTheErrorHookBeforeTheClose) {
  StartNode("",
            "  - path: \"/*\"\n    application: APP\n    limits: { message: 1000 }\n"
            "    hooks: [upgrade, open, message, close, error]\n");
  struct Breach {
    const char* target;
    uint8_t opcode;
    std::string payload;
    uint32_t code;
    v1::ErrorKind kind;
  };
  const Breach breaches[] = {
      {"/1002", 3, "x", 1002, v1::ERROR_KIND_PROTOCOL},
      {"/1007", 1, "\xFF", 1007, v1::ERROR_KIND_PROTOCOL},
      {"/1009", 2, std::string(1001, 'x'), 1009, v1::ERROR_KIND_LIMIT},
  };
  for (const Breach& breach : breaches) {
    const Client client = Connect(breach.target);
    ASSERT_TRUE(client->SendText("before").ok());
    ASSERT_TRUE(client->SendFrame(breach.opcode, true, breach.payload).ok());
    EXPECT_EQ(CloseCodeAt(client), breach.code);
    const v1::ErrorRequest error = application_->ErrorOf(client.id);
    EXPECT_EQ(error.kind(), breach.kind) << breach.code;
    EXPECT_EQ(error.details().code(), breach.code);
    EXPECT_FALSE(error.message().empty());
    const v1::CloseDetails details = application_->CloseOf(client.id).details();
    EXPECT_EQ(details.code(), breach.code);
    EXPECT_EQ(details.closed_by(), v1::CLOSED_BY_NODE);
    EXPECT_EQ(HooksOf(client.id), "open message error close");
  }
}

TEST_P(ContractClose, TheApplicationsOwnCodeAndReason) {
  StartNode();
  const std::string longest(123, 'r');
  struct Ordered {
    uint32_t order;
    std::string reason;
    uint32_t code;
  };
  for (const auto& [order, reason, code] :
       {Ordered{0, "", 1000}, Ordered{1008, "policy", 1008}, Ordered{1013, "later", 1013},
        Ordered{4100, longest, 4100}}) {
    const Client client = Connect("/a?" + std::to_string(order));
    Order(client, {SendText("before"), CloseWith(order, reason), SendText("behind it")});
    EXPECT_EQ(Text(client), "before");
    const auto frame = client->ReceiveMessage();
    ASSERT_TRUE(frame.ok()) << frame.status();
    EXPECT_EQ(frame->kind, Received::kClose);
    EXPECT_EQ(frame->close_code, code);
    EXPECT_EQ(frame->payload, reason);
    ASSERT_TRUE(client->SendClose(static_cast<uint16_t>(code)).ok());
    ExpectClosed(client, code, reason, v1::CLOSED_BY_APPLICATION, true);
  }
  EXPECT_EQ(Hooks().find("error"), std::string::npos);
}

TEST_P(ContractClose, TerminateIs1006ByTheApplicationAndSendsNoCloseFrame) {
  StartNode();
  const Client by_action = Connect("/action");
  Order(by_action, {Terminate()});
  EXPECT_EQ(CloseCodeAt(by_action), 0);
  const Client by_control = Connect("/control");
  ASSERT_TRUE(broker_->Terminate(by_control.id).ok());
  EXPECT_EQ(CloseCodeAt(by_control), 0);
  for (const std::string& peer : {by_action.id, by_control.id}) {
    const v1::CloseDetails details = application_->CloseOf(peer).details();
    EXPECT_EQ(details.code(), 1006);
    EXPECT_EQ(details.closed_by(), v1::CLOSED_BY_APPLICATION);
    EXPECT_FALSE(details.was_clean());
  }
}

TEST_P(ContractClose, AnOpenHookThatFailsIs1011) {
  StartNode();
  const Client client = Connect("/a", {{"x-open-failure", "13 thrown"}});
  EXPECT_EQ(CloseCodeAt(client), 1011);
  ASSERT_TRUE(client->SendClose(1011).ok());
  const v1::CloseDetails details = application_->CloseOf(client.id).details();
  EXPECT_EQ(details.code(), 1011);
  EXPECT_EQ(details.closed_by(), v1::CLOSED_BY_NODE);
  EXPECT_EQ(HooksOf(client.id), "open close");
}

TEST_P(ContractClose, APeerThatReadsTooSlowlyIs1013) {
  StartNode("", "  - { path: \"/*\", application: APP, limits: { queue: 64KiB } }\n");
  const Client client = Connect("/a");
  // More than the sockets on the way take, and nothing of it is read.
  const v1::Data large = TextData(std::string(60'000, 'x'));
  while (broker_->Send(client.id, large).ok() &&
         node_->Metric("hookcast_dropped_total{cause=\"slow_peer\"}") == 0) {
  }
  EXPECT_EQ(CloseCodeAt(client), 1013);
  ASSERT_TRUE(client->SendClose(1013).ok());
  const v1::CloseDetails details = application_->CloseOf(client.id).details();
  EXPECT_EQ(details.code(), 1013);
  EXPECT_EQ(details.closed_by(), v1::CLOSED_BY_NODE);
}

TEST_P(ContractClose, AtShutdownIs1012) {
  StartNode();
  const Client client = Connect("/a");
  node_->process().Signal(SIGTERM);
  EXPECT_EQ(CloseCodeAt(client), 1012);
  ASSERT_TRUE(client->SendClose(1012).ok());
  const v1::CloseDetails details = application_->CloseOf(client.id).details();
  EXPECT_EQ(details.code(), 1012);
  EXPECT_EQ(details.closed_by(), v1::CLOSED_BY_NODE);
  EXPECT_TRUE(details.was_clean());
  EXPECT_EQ(node_->process().WaitExit().value_or(-1), 0);
}

TEST_P(ContractClose, ACloseHooksReplyPublishesAndSendsNothing) {
  StartNode();
  const Client stays = Connect("/a?1", {OrderHeader("x-open-reply", Reply({SubscribeTo("t")}))});
  Order(stays, {SendText("ready")});
  ASSERT_EQ(Text(stays), "ready");
  const v1::HookReply last =
      Reply({SendText("nobody gets this"), SubscribeTo("t"), PublishText("t", "left"),
             CloseWith(4000, ""), PublishText("t", "really", /*include_self=*/true)});
  const Client leaves = Connect("/a?2", {OrderHeader("x-open-reply", Reply({SubscribeTo("t")})),
                                         OrderHeader("x-close-reply", last)});
  ASSERT_TRUE(leaves->CloseHandshake(4001, "bye").ok());
  EXPECT_EQ(Text(stays), "left");
  EXPECT_EQ(Text(stays), "really");
  application_->CloseOf(leaves.id);
  ASSERT_TRUE(node_->MetricBecomes("hookcast_hook_events_waiting", 0));
  EXPECT_EQ(HooksOf(leaves.id), "open close") << "none of it was an error";
  EXPECT_EQ(node_->Metric("hookcast_subscriptions"), 1) << "a peer that left subscribes to nothing";
}

TEST_P(ContractClose, HooksComeStrictlyInOrderAndOneAtATime) {
  StartNode();
  const Client client = Connect("/a", {{"x-open-hold", "open"}});
  ASSERT_TRUE(client->SendText("hold first").ok());
  ASSERT_TRUE(client->SendText("second").ok());
  ASSERT_TRUE(client->SendClose(4000, "done").ok());
  // What the client sent has long been read when the answer to its Close is here.
  EXPECT_EQ(CloseCodeAt(client), 4000);
  EXPECT_EQ(HooksOf(client.id), "open") << "open is not answered yet";
  application_->Release("open");
  application_->MessageOf(client.id);
  EXPECT_TRUE(node_->MetricBecomes("hookcast_hook_events_waiting", 3));
  EXPECT_EQ(HooksOf(client.id), "open message") << "nor is the first message";
  application_->Release("first");
  application_->CloseOf(client.id);
  EXPECT_EQ(HooksOf(client.id), "open message message close");
}

TEST_P(ContractClose, APeerThatLeavesWhileUpgradeIsPendingWasNeverThere) {
  StartNode();
  std::thread client([&] {
    WebSocketClient::Options options;
    options.headers = {{"x-upgrade-hold", "upgrade"}};
    options.timeout = std::chrono::seconds(1);  // then it leaves
    EXPECT_FALSE(WebSocketClient::Connect(node_->clients(), "/a", options).ok());
  });
  application_->UpgradeOf("/a");
  client.join();
  EXPECT_TRUE(node_->MetricBecomes("hookcast_connections", 0));
  application_->Release("upgrade");
  EXPECT_TRUE(node_->MetricBecomes("hookcast_hooks_in_flight", 0));
  // Whoever comes next is served, and shows that nothing else was told.
  const Client next = Connect("/next");
  ASSERT_TRUE(next->CloseHandshake(1000).ok());
  application_->CloseOf(next.id);
  EXPECT_EQ(Hooks(), "upgrade upgrade open close");
}

TEST_P(ContractClose, APeerThatLeavesWhileOpenIsPendingGetsOneClose) {
  StartNode();
  const Client client = Connect("/a", {{"x-open-hold", "open"}});
  client->Reset();
  EXPECT_TRUE(node_->MetricBecomes("hookcast_peers", 0));
  EXPECT_EQ(HooksOf(client.id), "open");
  application_->Release("open");
  EXPECT_EQ(application_->CloseOf(client.id).details().code(), 1006);
  EXPECT_TRUE(node_->MetricBecomes("hookcast_hook_events_waiting", 0));
  EXPECT_EQ(HooksOf(client.id), "open close");
}

TEST_P(ContractClose, APeerThatLeavesWhileAMessageIsPendingGetsItsCloseBehindIt) {
  StartNode();
  const Client hearer = Connect("/a?1", {OrderHeader("x-open-reply", Reply({SubscribeTo("t")}))});
  Order(hearer, {SendText("ready")});
  ASSERT_EQ(Text(hearer), "ready");
  const Client client = Connect("/a?2");
  ASSERT_TRUE(client->SendText("hold it").ok());
  ASSERT_TRUE(client->SendText(Json(Reply({PublishText("t", "its last words")}))).ok());
  application_->MessageOf(client.id);
  ASSERT_TRUE(client->CloseHandshake(4000).ok());
  application_->Release("it");
  EXPECT_EQ(Text(hearer), "its last words");
  application_->CloseOf(client.id);
  EXPECT_EQ(HooksOf(client.id), "open message message close");
}

TEST_P(ContractClose, AnOptionalHookLeftOutCostsNothingElse) {
  StartNode("",
            "  - { path: /messages, hooks: [message], application: APP }\n"
            "  - { path: /ends, hooks: [close], application: APP }\n");
  auto talks = node_->Connect("/messages");
  ASSERT_TRUE(talks->SendText(Json(Reply({SubscribeTo("t"), SendText("heard")}))).ok());
  EXPECT_EQ(talks->ReceiveMessage()->payload, "heard");
  EXPECT_EQ(broker_->PublishText("/messages", "t", "published"), 1);
  EXPECT_EQ(talks->ReceiveMessage()->payload, "published");
  ASSERT_TRUE(talks->CloseHandshake(1000).ok());
  auto ends = node_->Connect("/ends");
  ASSERT_TRUE(ends->SendText("nobody asked").ok());
  ASSERT_TRUE(ends->CloseHandshake(4000, "bye").ok());
  EXPECT_TRUE(node_->MetricBecomes("hookcast_peers", 0));
  const v1::SessionEvent close =
      application_->WaitFor([](const v1::SessionEvent& event) { return event.has_close(); });
  EXPECT_EQ(close.close().details().code(), 4000);
  EXPECT_EQ(Hooks(), "message close");
}

TEST_P(ContractClose, AHookThatIsUnimplementedIsSkipped) {
  StartNode();
  const Client client = Connect("/a", {{"x-open-failure", "12 not wanted"}});
  Order(client, {SendText("served")});
  EXPECT_EQ(Text(client), "served");
  ASSERT_TRUE(client->CloseHandshake(4000).ok());
  EXPECT_EQ(application_->CloseOf(client.id).details().code(), 4000);
  EXPECT_EQ(HooksOf(client.id), "open message close");
}

TEST_P(ContractClose, AMessageHookThatFailsIsToldToTheErrorHookAndThePeerStays) {
  StartNode();
  const Client client = Connect("/a");
  ASSERT_TRUE(client->SendText("fail 13 thrown by it").ok());
  Order(client, {SendText("still here")});
  EXPECT_EQ(Text(client), "still here");
  const v1::ErrorRequest error = application_->ErrorOf(client.id);
  EXPECT_EQ(error.kind(), v1::ERROR_KIND_HOOK);
  EXPECT_THAT(error.message(), HasSubstr("thrown by it"));
  EXPECT_FALSE(error.has_details()) << "nothing is about to be closed";
  EXPECT_EQ(HooksOf(client.id), "open message error message");
}

}  // namespace
}  // namespace hookcast::testing

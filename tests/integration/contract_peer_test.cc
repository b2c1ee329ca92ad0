// What a peer has and what can be done with it. Rows of docs/contract.md.

#include <atomic>
#include <set>
#include <thread>

#include "tests/integration/contract_fixture.h"

namespace hookcast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class ContractPeer : public ContractTest {};
INSTANTIATE_CONTRACT(ContractPeer);

TEST_P(ContractPeer, IdsAreUniqueOverAllPeersAndOverRestartsOfTheNode) {
  std::set<std::string> ids;
  size_t peers = 0;
  for (int life = 0; life < 2; ++life) {
    StartNode();
    for (int i = 0; i < 20; ++i, ++peers) {
      ids.insert(Connect("/a?" + std::to_string(peers)).id);
    }
    node_.reset();
  }
  EXPECT_EQ(ids.size(), peers);
  EXPECT_FALSE(ids.contains(""));
}

TEST_P(ContractPeer, EachHookTellsWhoThePeerIsAndWhereItIs) {
  StartNode("", "  - { path: \"/rooms/{room}\", application: APP }\n");
  const Client client = Connect("/rooms/a?token=t");
  Order(client, {SubscribeTo("one"), SubscribeTo("two"), SendText("done")});
  ASSERT_EQ(Text(client), "done");
  ASSERT_TRUE(client->SendText("again").ok());
  ASSERT_TRUE(client->CloseHandshake(1000).ok());
  const v1::Peer opened = client.open.peer();
  EXPECT_EQ(opened.namespace_(), "/rooms/a");
  EXPECT_EQ(opened.path(), "/rooms/a");
  EXPECT_EQ(opened.route(), "/rooms/{room}");
  EXPECT_EQ(opened.params().at("room"), "a");
  EXPECT_EQ(opened.transport(), v1::TRANSPORT_WEBSOCKET);
  EXPECT_EQ(opened.remote_address(), client.open.request().remote_address());
  EXPECT_THAT(opened.topics(), IsEmpty());
  v1::Peer later = opened;
  const v1::MessageRequest first = application_->MessageOf(client.id);
  EXPECT_TRUE(Same(first.peer(), later));
  later.add_topics("one");
  later.add_topics("two");
  const v1::SessionEvent second = application_->WaitFor(
      [](const v1::SessionEvent& event) { return event.message().text() == "again"; });
  EXPECT_TRUE(Same(second.message().peer(), later));
  EXPECT_TRUE(Same(application_->CloseOf(client.id).peer(), later))
      << "with the topics it had at the end";
}

TEST_P(ContractPeer, AnyReplyReplacesTheContextWholeAndOneWithoutLeavesIt) {
  StartNode();
  v1::UpgradeReply upgrade;
  (*upgrade.mutable_accept()->mutable_context()->mutable_fields()->mutable_fields())["a"]
      .set_string_value("upgrade");
  v1::HookReply open;
  (*open.mutable_context()->mutable_fields()->mutable_fields())["b"].set_string_value("open");
  v1::HookReply error;
  error.mutable_context()->set_bytes("error");
  const Client client =
      Connect("/a", {OrderHeader("x-upgrade-reply", upgrade), OrderHeader("x-open-reply", open),
                     OrderHeader("x-error-reply", error)});
  EXPECT_EQ(client.open.peer().context().fields().fields().at("a").string_value(), "upgrade");

  v1::HookReply message;
  message.mutable_context()->set_bytes(std::string("\0m", 2));
  ASSERT_TRUE(client->SendText(Json(message)).ok());
  ASSERT_TRUE(client->SendText("leave it").ok());
  ASSERT_TRUE(client->SendText("fail 13 as ordered").ok());
  ASSERT_TRUE(client->CloseHandshake(1000).ok());
  const v1::Context close = application_->CloseOf(client.id).peer().context();
  EXPECT_EQ(close.bytes(), "error");

  std::vector<v1::Context> seen;
  for (const v1::SessionEvent& event : application_->Events()) {
    if (event.has_message()) seen.push_back(event.message().peer().context());
    if (event.has_error()) seen.push_back(event.error().peer().context());
  }
  ASSERT_EQ(seen.size(), 4);
  EXPECT_EQ(seen[0].fields().fields().size(), 1) << "replaced, not merged";
  EXPECT_EQ(seen[0].fields().fields().at("b").string_value(), "open");
  EXPECT_EQ(seen[1].bytes(), std::string("\0m", 2));
  EXPECT_EQ(seen[2].bytes(), std::string("\0m", 2));
  EXPECT_EQ(seen[3].bytes(), std::string("\0m", 2));
}

TEST_P(ContractPeer, AContextBeyondItsLimitFailsItsHookAndIsNotKept) {
  StartNode("",
            "  - { path: \"/*\", application: APP, limits: { context: 100 },\n"
            "      hooks: [open, message, close, error] }\n");
  const Client client = Connect("/a");
  v1::HookReply large;
  large.mutable_context()->set_bytes(std::string(101, 'x'));
  ASSERT_TRUE(client->SendText(Json(large)).ok());
  const v1::ErrorRequest error = application_->ErrorOf(client.id);
  EXPECT_EQ(error.kind(), v1::ERROR_KIND_HOOK);
  EXPECT_THAT(error.message(), HasSubstr("100"));
  EXPECT_EQ(error.peer().context().kind_case(), v1::Context::KIND_NOT_SET);
}

TEST_P(ContractPeer, ControlTellsItsRequestFactsAndTopics) {
  StartNode();
  const Client client = Connect("/a?q=1", {{"X-Twice", "1"}, {"X-Twice", "2"}}, {"a.v1"});
  Order(client, {SubscribeTo("one"), SubscribeTo("two"), SendText("done")});
  ASSERT_EQ(Text(client), "done");
  const v1::PeerInfo info = broker_->GetPeer(client.id);
  EXPECT_TRUE(Same(info.request(), client.open.request()));
  EXPECT_THAT(info.peer().topics(), ElementsAre("one", "two"));
  EXPECT_EQ(info.received_messages(), 1);
  EXPECT_EQ(info.sent_messages(), 1);
  EXPECT_GT(info.connected_at().seconds(), 1'700'000'000);
}

TEST_P(ContractPeer, AllPeersOfItsNamespaceAreListedAndNoOthers) {
  StartNode();
  v1::UpgradeReply shared;
  shared.mutable_accept()->set_namespace_("/a");
  const Client one = Connect("/a?1");
  const Client two = Connect("/a?2");
  const Client guest = Connect("/elsewhere", {OrderHeader("x-upgrade-reply", shared)});
  const Client stranger = Connect("/a/");
  const auto ids = [&](const std::string& ns) {
    std::vector<std::string> found;
    const v1::ListPeersResponse list = broker_->ListPeers(ns);
    for (const v1::PeerInfo& peer : list.peers()) {
      found.push_back(peer.peer().id());
    }
    return found;
  };
  EXPECT_THAT(ids("/a"), UnorderedElementsAre(one.id, two.id, guest.id));
  EXPECT_THAT(ids("/a/"), ElementsAre(stranger.id));
  ASSERT_TRUE(two->CloseHandshake(1000).ok());
  application_->CloseOf(two.id);
  EXPECT_THAT(ids("/a"), UnorderedElementsAre(one.id, guest.id));
}

TEST_P(ContractPeer, APublishLeavesOutItsPeerUnlessItAsksToBeIncluded) {
  StartNode();
  const Client one = Connect("/a?1", {OrderHeader("x-open-reply", Reply({SubscribeTo("t")}))});
  const Client two = Connect("/a?2", {OrderHeader("x-open-reply", Reply({SubscribeTo("t")}))});
  Order(two, {SendText("ready")});
  ASSERT_EQ(Text(two), "ready");
  Order(one, {PublishText("t", "to others"), PublishText("t", "to all", /*include_self=*/true),
              SendText("done")});
  EXPECT_EQ(Text(one), "to all");
  EXPECT_EQ(Text(one), "done");
  EXPECT_EQ(Text(two), "to others");
  EXPECT_EQ(Text(two), "to all");
}

TEST_P(ContractPeer, APublisherNeedNotBeSubscribed) {
  StartNode();
  const Client hearer = Connect("/a?1", {OrderHeader("x-open-reply", Reply({SubscribeTo("t")}))});
  Order(hearer, {SendText("ready")});
  ASSERT_EQ(Text(hearer), "ready");
  const Client speaker = Connect("/a?2");
  Order(speaker, {PublishText("t", "one"), PublishText("t", "two", /*include_self=*/true),
                  SendText("done")});
  EXPECT_EQ(Text(speaker), "done") << "include_self subscribes nobody";
  EXPECT_EQ(Text(hearer), "one");
  EXPECT_EQ(Text(hearer), "two");
}

TEST_P(ContractPeer, TwiceSubscribedIsOnceDelivered) {
  StartNode();
  const Client client = Connect("/a");
  Order(client, {SubscribeTo("t"), SubscribeTo("t"), SendText("subscribed")});
  ASSERT_EQ(Text(client), "subscribed");
  ASSERT_TRUE(broker_->Subscribe(client.id, "t").ok());
  EXPECT_EQ(broker_->PublishText("/a", "t", "once"), 1);
  ASSERT_TRUE(broker_->Send(client.id, TextData("behind it")).ok());
  EXPECT_EQ(Text(client), "once");
  EXPECT_EQ(Text(client), "behind it");
  EXPECT_THAT(broker_->GetPeer(client.id).peer().topics(), ElementsAre("t"));
  // And one word is enough to end it.
  Order(client, {UnsubscribeFrom("t"), SendText("left")});
  ASSERT_EQ(Text(client), "left");
  EXPECT_EQ(broker_->PublishText("/a", "t", "nobody hears this"), 0);
}

TEST_P(ContractPeer, UnsubscribingFromWhatWasNotSubscribedIsNoError) {
  StartNode();
  const Client client = Connect("/a");
  Order(client, {UnsubscribeFrom("never"), SendText("fine")});
  EXPECT_EQ(Text(client), "fine");
  EXPECT_TRUE(broker_->Unsubscribe(client.id, "never").ok());
  ASSERT_TRUE(client->CloseHandshake(1000).ok());
  application_->CloseOf(client.id);
  EXPECT_EQ(HooksOf(client.id), "open message close") << "no error hook";
}

TEST_P(ContractPeer, AfterAnUnsubscribeIsCarriedOutNothingOfThatTopicArrives) {
  StartNode();
  const Client client = Connect("/a");
  Order(client,
        {SubscribeTo("t"), SubscribeTo("other"), PublishText("t", "in", true), UnsubscribeFrom("t"),
         PublishText("t", "out", true), PublishText("other", "of the other", true)});
  EXPECT_EQ(Text(client), "in");
  EXPECT_EQ(Text(client), "of the other");
  // The same by control, while many are being published.
  ASSERT_TRUE(broker_->Subscribe(client.id, "t").ok());
  std::atomic<bool> stop = false;
  std::thread publisher([&] {
    BrokerCalls calls(node_->control());
    while (!stop) calls.PublishText("/a", "t", "x");
  });
  ASSERT_EQ(Text(client), "x");
  ASSERT_TRUE(broker_->Unsubscribe(client.id, "t").ok());
  ASSERT_TRUE(broker_->Send(client.id, TextData("unsubscribed")).ok());
  while (Text(client) == "x") {
  }
  stop = true;
  publisher.join();
  EXPECT_EQ(broker_->PublishText("/a", "t", "x"), 0);
  ASSERT_TRUE(broker_->Send(client.id, TextData("nothing before this")).ok());
  EXPECT_EQ(Text(client), "nothing before this");
}

TEST_P(ContractPeer, TheActionsOfAReplyAreCarriedOutInTheirOrder) {
  StartNode();
  const Client client = Connect("/a");
  Order(client,
        {SendText("1"), PublishText("t", "not yet subscribed", true), SubscribeTo("t"),
         PublishText("t", "2", true), SendText("3"), UnsubscribeFrom("t"),
         PublishText("t", "no more", true), SendText("4"), CloseWith(4000, "5"), SendText("6")});
  for (const char* expected : {"1", "2", "3", "4"}) EXPECT_EQ(Text(client), expected);
  EXPECT_EQ(CloseCodeAt(client), 4000);
}

TEST_P(ContractPeer, AnActionThatCannotBeCarriedOutIsToldAndTheOthersStand) {
  StartNode();
  const Client client = Connect("/a");
  Order(client, {SubscribeTo(""), SendText("stands"), CloseWith(1005, ""), SendText("this too")});
  EXPECT_EQ(Text(client), "stands");
  EXPECT_EQ(Text(client), "this too");
  const v1::ErrorRequest error = application_->ErrorOf(client.id);
  EXPECT_EQ(error.kind(), v1::ERROR_KIND_ACTION);
  EXPECT_THAT(error.message(), HasSubstr("action 1"));
}

// Each of the six, by gRPC; and those that the CLI has, by it.
TEST_P(ContractPeer, ControlCallsDoWhatActionsDo) {
  StartNode();
  const Client client = Connect("/a?1");
  const Client other = Connect("/a?2");
  ASSERT_TRUE(broker_->Send(client.id, TextData("sent")).ok());
  EXPECT_EQ(Text(client), "sent");
  ASSERT_TRUE(broker_->Subscribe(client.id, "t").ok());
  ASSERT_TRUE(broker_->Subscribe(other.id, "t").ok());
  EXPECT_EQ(broker_->PublishText("/a", "t", "published"), 2);
  EXPECT_EQ(Text(client), "published");
  EXPECT_EQ(Text(other), "published");
  v1::PublishRequest excluding;
  excluding.set_namespace_("/a");
  excluding.set_topic("t");
  excluding.mutable_data()->set_text("not to all");
  excluding.set_exclude_peer(client.id);
  v1::PublishResponse response;
  ASSERT_TRUE(broker_->Call(&BrokerCalls::Stub::Publish, excluding, &response).ok());
  EXPECT_EQ(response.local_count(), 1);
  EXPECT_EQ(Text(other), "not to all");
  ASSERT_TRUE(broker_->Unsubscribe(other.id, "t").ok());
  EXPECT_EQ(broker_->PublishText("/a", "t", "to one"), 1);
  EXPECT_EQ(Text(client), "to one");
  ASSERT_TRUE(broker_->Close(other.id, 4002, "enough").ok());
  EXPECT_EQ(CloseCodeAt(other), 4002);
  ASSERT_TRUE(other->SendClose(4002).ok());
  EXPECT_EQ(application_->CloseOf(other.id).details().closed_by(), v1::CLOSED_BY_APPLICATION);
  EXPECT_EQ(broker_->Send(other.id, TextData("x")).error_code(), grpc::StatusCode::NOT_FOUND);

  EXPECT_EQ(Cli({"send", client.id, "by hand"}).exit_code, 0);
  EXPECT_EQ(Text(client), "by hand");
  EXPECT_EQ(Cli({"subscribe", client.id, "u"}).exit_code, 0);
  EXPECT_EQ(Cli({"publish", "/a", "u", "heard"}).exit_code, 0);
  EXPECT_EQ(Text(client), "heard");
  EXPECT_EQ(Cli({"unsubscribe", client.id, "u"}).exit_code, 0);
  EXPECT_EQ(Cli({"publish", "/a", "u", "not heard"}).exit_code, 0);
  ASSERT_TRUE(broker_->Terminate(client.id).ok());
  EXPECT_EQ(CloseCodeAt(client), 0) << "no Close frame, and nothing of what was not heard";
  const v1::CloseDetails end = application_->CloseOf(client.id).details();
  EXPECT_EQ(end.code(), 1006);
  EXPECT_EQ(end.closed_by(), v1::CLOSED_BY_APPLICATION);
}

// A hook that is in flight holds up nothing that control asks for its peer.
TEST_P(ContractPeer, ControlActsWhileAHookOfThePeerIsInFlight) {
  StartNode();
  const Client client = Connect("/a");
  ASSERT_TRUE(client->SendText("hold it").ok());
  application_->MessageOf(client.id);
  ASSERT_TRUE(broker_->Subscribe(client.id, "t").ok());
  EXPECT_EQ(broker_->PublishText("/a", "t", "meanwhile"), 1);
  EXPECT_EQ(Text(client), "meanwhile");
  ASSERT_TRUE(broker_->Send(client.id, TextData("sent")).ok());
  EXPECT_EQ(Text(client), "sent");
  EXPECT_EQ(broker_->GetPeer(client.id).pending_hooks(), 1);
  application_->Release("it");
}

}  // namespace
}  // namespace hookcast::testing

// Namespaces keep their peers apart. Rows of docs/contract.md.

#include "tests/integration/contract_fixture.h"

namespace hookcast::testing {
namespace {

class ContractNamespace : public ContractTest {
 protected:
  Client Subscribed(const std::string& target, const std::string& ns = "") {
    HttpHeaders orders = {OrderHeader("x-open-reply", Reply({SubscribeTo("t")}))};
    if (!ns.empty()) {
      v1::UpgradeReply reply;
      reply.mutable_accept()->set_namespace_(ns);
      orders.push_back(OrderHeader("x-upgrade-reply", reply));
    }
    Client client = Connect(target, orders);
    Order(client, {SendText("ready")});
    EXPECT_EQ(Text(client), "ready");
    return client;
  }

  // Whether a publish of the one reaches the other; checked without waiting for what must not come.
  void ExpectHears(const Client& speaker, const Client& hearer, bool hears) {
    Order(speaker, {PublishText("t", "from " + speaker.id), SendText("said")});
    EXPECT_EQ(Text(speaker), "said");
    ASSERT_TRUE(broker_->Send(hearer.id, TextData("behind it")).ok());
    if (hears) {
      EXPECT_EQ(Text(hearer), "from " + speaker.id);
    }
    EXPECT_EQ(Text(hearer), "behind it");
  }
};
INSTANTIATE_CONTRACT(ContractNamespace);

TEST_P(ContractNamespace, EachPathIsItsOwnToTheByte) {
  StartNode();
  const std::pair<const char*, const char*> pairs[] = {{"/rooms/game", "/rooms/lobby"},
                                                       {"/a", "/a/"},
                                                       {"/b", "/B"},
                                                       {"/c%41", "/cA"},
                                                       {"/d%2Fe", "/d/e"},
                                                       {"/f%2f", "/f%2F"},
                                                       {"/g//h", "/g/h"},
                                                       {"/i/../j", "/j"},
                                                       {"/k/./l", "/k/l"},
                                                       {"/m", "/mm"},
                                                       {"/n%00", "/n"},
                                                       {"/o*", "/oo"},
                                                       {"/p;x=1", "/p"},
                                                       {"/q%3Fx", "/q"},
                                                       {"/", "//"}};
  for (const auto& [left, right] : pairs) {
    const Client one = Subscribed(left);
    const Client two = Subscribed(right);
    EXPECT_EQ(one.open.peer().namespace_(), left);
    EXPECT_EQ(two.open.peer().namespace_(), right);
    ExpectHears(one, two, false);
    ExpectHears(two, one, false);
  }
}

TEST_P(ContractNamespace, TheQueryIsNoPartOfIt) {
  StartNode();
  const Client one = Subscribed("/a?x=1");
  const Client two = Subscribed("/a?x=2");
  const Client bare = Subscribed("/a");
  EXPECT_EQ(one.open.peer().namespace_(), "/a");
  Order(one, {PublishText("t", "heard by both")});
  EXPECT_EQ(Text(two), "heard by both");
  EXPECT_EQ(Text(bare), "heard by both");
}

TEST_P(ContractNamespace, ANameThatTheHookGaveJoinsAndParts) {
  StartNode();
  const Client path = Subscribed("/x");
  const Client joined = Subscribed("/y", "/x");
  const Client parted = Subscribed("/x?2", "chat:general");
  ExpectHears(path, joined, true);
  ExpectHears(joined, path, true);
  ExpectHears(path, parted, false);
  ExpectHears(parted, path, false);
  const Client with_it = Subscribed("/z", "chat:general");
  ExpectHears(parted, with_it, true);
}

TEST_P(ContractNamespace, ControlReachesTheOneItNamesAndNoOther) {
  StartNode();
  const Client one = Subscribed("/rooms/game");
  const Client two = Subscribed("/rooms/lobby");
  EXPECT_EQ(broker_->PublishText("/rooms/game", "t", "game"), 1);
  EXPECT_EQ(broker_->PublishText("/rooms/", "t", "nobody"), 0);
  EXPECT_EQ(broker_->PublishText("/rooms/*", "t", "nobody"), 0);
  EXPECT_EQ(broker_->PublishText("", "t", "nobody"), 0);
  EXPECT_EQ(broker_->PublishText("/rooms/lobby", "t", "lobby"), 1);
  EXPECT_EQ(Text(one), "game");
  EXPECT_EQ(Text(two), "lobby");
}

}  // namespace
}  // namespace hookcast::testing

// Names of namespaces and topics: of every length, by every way in. Never cut, never merged.

#include "tests/integration/contract_fixture.h"

namespace hookcast::testing {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr size_t kLengths[] = {0, 1, 7, 8, 9, 255, 256, 1024, 1025, 4096, 65'536};
constexpr size_t kMostNamespace = 1024;
constexpr size_t kMostTopic = 255;

// What an error about a name says: how long it is, and how long it may be; or that it is empty.
auto SaysWhy(size_t length, size_t most) {
  return AnyOf(HasSubstr("has " + std::to_string(length) + " bytes; it may have at most " +
                         std::to_string(most)),
               HasSubstr("is empty"));
}

std::string NameOf(size_t length) { return std::string(length, 'n'); }

class NameLimitsTest : public ContractTest {
 protected:
  void SetUp() override {
    ContractTest::SetUp();
    // For names in headers that are far beyond what they may be.
    StartNode("http: { max_header_bytes: 1MiB, max_target_bytes: 256KiB }");
  }

  v1::UpgradeReply InNamespace(const std::string& ns) {
    v1::UpgradeReply reply;
    reply.mutable_accept()->set_namespace_(ns);
    return reply;
  }
  Client ConnectTo(const std::string& target, const std::string& ns) {
    return Connect(target, {OrderHeader("x-upgrade-reply", InNamespace(ns))});
  }
  int JsonStatus(const std::string& ns, const std::string& topic) {
    v1::PublishRequest request;
    request.set_namespace_(ns);
    request.set_topic(topic);
    request.mutable_data()->set_text("in JSON");
    return HttpRequest(node_->admin(), "POST", "/hookcast.v1.BrokerService/Publish",
                       {{"Content-Type", "application/json"}}, Json(request))
        ->status;
  }
};
INSTANTIATE_CONTRACT(NameLimitsTest);

TEST_P(NameLimitsTest, B19ANamespaceOfEachLengthByPathAndByTheUpgradeHook) {
  for (const size_t length : kLengths) {
    const std::string ns = NameOf(length);
    const std::string target = "/by-hook?" + std::to_string(length);
    if (length <= kMostNamespace) {
      EXPECT_EQ(ConnectTo(target, ns).open.peer().namespace_(), ns);
    } else {
      WebSocketClient::Options options;
      options.headers = {OrderHeader("x-upgrade-reply", InNamespace(ns))};
      const auto response = WebSocketClient::TryUpgrade(node_->clients(), target, options);
      ASSERT_TRUE(response.ok()) << response.status();
      // The longest are more than a header may have, whatever the settings.
      EXPECT_EQ(response->status, length < 65'536 ? 500 : 431) << length;
      const auto line = node_->process().WaitForLine("the namespace has 1025 bytes; it may have");
      EXPECT_TRUE(line.ok()) << line.status();
    }
    if (length == 0) continue;  // a path has its slash
    const std::string path = "/" + NameOf(length - 1);
    if (length <= kMostNamespace) {
      EXPECT_EQ(Connect(path).open.peer().namespace_(), path);
    } else {
      const auto response = WebSocketClient::TryUpgrade(node_->clients(), path);
      ASSERT_TRUE(response.ok()) << response.status();
      EXPECT_EQ(response->status, 414) << length;
      EXPECT_THAT(response->body, HasSubstr(std::to_string(kMostNamespace)));
    }
  }
}

TEST_P(NameLimitsTest, B19ANamespaceOfEachLengthByControlAndCli) {
  for (const size_t length : kLengths) {
    const std::string ns = NameOf(length);
    v1::PublishResponse response;
    const grpc::Status status = broker_->Publish(ns, "t", TextData("x"), &response);
    const CliResult cli = Cli({"publish", ns, "t", "x"});
    if (length <= kMostNamespace) {
      EXPECT_TRUE(status.ok()) << status.error_message();
      EXPECT_EQ(JsonStatus(ns, "t"), 200) << length;
      EXPECT_EQ(cli.exit_code, 0) << cli.output;
    } else {
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << length;
      EXPECT_THAT(status.error_message(), SaysWhy(length, kMostNamespace));
      EXPECT_EQ(JsonStatus(ns, "t"), 400) << length;
      EXPECT_EQ(cli.exit_code, 2) << length;
      EXPECT_THAT(cli.output, SaysWhy(length, kMostNamespace));
    }
  }
}

TEST_P(NameLimitsTest, B19ATopicOfEachLengthByActionControlAndCli) {
  int sent = 0;
  for (const size_t length : kLengths) {
    const bool good = length >= 1 && length <= kMostTopic;
    const std::string topic = NameOf(length);
    const Client client = Connect("/a?" + std::to_string(length));
    Order(client, {SubscribeTo(topic), SendText("done")});
    EXPECT_EQ(Text(client), "done");
    if (!good) {
      const v1::ErrorRequest error = application_->ErrorOf(client.id);
      EXPECT_EQ(error.kind(), v1::ERROR_KIND_ACTION);
      EXPECT_THAT(error.message(), SaysWhy(length, kMostTopic));
      EXPECT_EQ(broker_->GetPeer(client.id).peer().topics_size(), 0);
    } else {
      EXPECT_THAT(broker_->GetPeer(client.id).peer().topics(), ElementsAre(topic));
    }
    EXPECT_EQ(broker_->Subscribe(client.id, topic).error_code(),
              good ? grpc::StatusCode::OK : grpc::StatusCode::INVALID_ARGUMENT);

    v1::PublishResponse response;
    const grpc::Status status = broker_->Publish("/a", topic, TextData("by control"), &response);
    const CliResult cli = Cli({"publish", "/a", topic, "by hand"});
    const int json = JsonStatus("/a", topic);
    Order(client, {PublishText(topic, "by hook", true), SendText("said")});
    if (good) {
      EXPECT_EQ(response.local_count(), 1);
      EXPECT_EQ(cli.exit_code, 0) << cli.output;
      EXPECT_EQ(json, 200);
      for (const char* text : {"by control", "by hand", "in JSON", "by hook"}) {
        EXPECT_EQ(Text(client), text);
      }
      ++sent;
    } else {
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << length;
      EXPECT_THAT(status.error_message(), SaysWhy(length, kMostTopic));
      EXPECT_EQ(cli.exit_code, 2) << length;
      EXPECT_THAT(cli.output, SaysWhy(length, kMostTopic));
      EXPECT_EQ(json, 400);
    }
    EXPECT_EQ(Text(client), "said");
  }
  EXPECT_EQ(sent, 5);
}

TEST_P(NameLimitsTest, B19NamesThatBeginAlikeAreNotMerged) {
  int peers = 0;
  for (const size_t same : {8, 64, 255, 1023}) {
    const std::string beginning = "/" + NameOf(same - 1);
    const Client one = ConnectTo("/?" + std::to_string(peers++), beginning + "1");
    const Client two = ConnectTo("/?" + std::to_string(peers++), beginning + "2");
    const Client bare = ConnectTo("/?" + std::to_string(peers++), beginning);
    for (const Client* client : {&one, &two, &bare}) {
      ASSERT_TRUE(broker_->Subscribe(client->id, "t").ok());
    }
    EXPECT_EQ(broker_->PublishText(beginning + "1", "t", "one"), 1);
    EXPECT_EQ(broker_->PublishText(beginning + "2", "t", "two"), 1);
    EXPECT_EQ(broker_->PublishText(beginning, "t", "bare"), 1);
    EXPECT_EQ(Text(one), "one");
    EXPECT_EQ(Text(two), "two");
    EXPECT_EQ(Text(bare), "bare");
  }
  const Client client = Connect("/topics");
  for (const size_t same : {8, 64, 254}) {
    ASSERT_TRUE(broker_->Subscribe(client.id, NameOf(same) + "1").ok());
    EXPECT_EQ(broker_->PublishText("/topics", NameOf(same) + "2", "no"), 0);
    EXPECT_EQ(broker_->PublishText("/topics", NameOf(same), "no"), 0);
    EXPECT_EQ(broker_->PublishText("/topics", NameOf(same) + "1", "yes"), 1);
    EXPECT_EQ(Text(client), "yes");
  }
}

TEST_P(NameLimitsTest, B19ControlCharactersAndNulAreCharactersLikeOthers) {
  int peers = 0;
  for (const std::string& name :
       {std::string("a\0b", 3), std::string("a"), std::string("a\0", 2), std::string(1, '\0'),
        std::string("a\r\nb"), std::string("a\nb"), std::string("\x01\x1F\x7F"), std::string("{a}"),
        std::string("%00"), std::string("*"), std::string("\xE2\x80\xA8")}) {
    const Client client = ConnectTo("/?" + std::to_string(peers++), name);
    EXPECT_EQ(client.open.peer().namespace_(), name);
    Order(client, {SubscribeTo(name), PublishText(name, "by hook", true)});
    EXPECT_EQ(Text(client), "by hook");
    EXPECT_EQ(broker_->PublishText(name, name, "by control"), 1) << "one peer, and no other's";
    EXPECT_EQ(Text(client), "by control");
    EXPECT_EQ(JsonStatus(name, name), 200);
    EXPECT_EQ(Text(client), "in JSON");
    EXPECT_THAT(broker_->GetPeer(client.id).peer().topics(), ElementsAre(name));
  }
}

}  // namespace
}  // namespace hookcast::testing

// Payloads through one node, by every way in.

#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <functional>

#include "tests/integration/contract_fixture.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using Received = WebSocketClient::Received;

std::string AllBytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

// None of these is UTF-8: a byte that never is, a character cut short, a continuation of nothing,
// an overlong form, a surrogate, what lies beyond the last character.
const std::pair<const char*, std::string> kNotUtf8[] = {
    {"FF", "\xFF"},           {"cut", "ok \xE2\x82"},        {"continuation", "\x80"},
    {"overlong", "\xC0\x80"}, {"surrogate", "\xED\xA0\x80"}, {"beyond", "\xF4\x90\x80\x80"}};

HttpResponse PostJson(NodeProcess& node, const std::string& method, const std::string& body) {
  const auto response = HttpRequest(node.admin(), "POST", "/hookcast.v1.BrokerService/" + method,
                                    {{"Content-Type", "application/json"}}, body);
  EXPECT_TRUE(response.ok()) << response.status();
  return response.value_or(HttpResponse());
}

class PayloadTest : public ContractTest {
 protected:
  void SetUp() override {
    ContractTest::SetUp();
    StartNode();
    hearer_ = Connect("/a?hearer", {OrderHeader("x-open-reply", Reply({SubscribeTo("t")}))});
    ContractTest::Order(hearer_, {SendText("ready")});
    ASSERT_EQ(Text(hearer_), "ready");
    speaker_ = Connect("/a?speaker");
  }

  v1::PublishRequest Publication(const v1::Data& data) const {
    v1::PublishRequest request;
    request.set_namespace_("/a");
    request.set_topic("t");
    *request.mutable_data() = data;
    return request;
  }
  // DATA of the CLI, from a file: an argument cannot hold NUL.
  CliResult ByCli(std::vector<std::string> command, const v1::Data& data) {
    std::string path = ::testing::TempDir() + "payload-XXXXXX";
    close(mkstemp(path.data()));
    std::ofstream(path, std::ios::binary) << (data.has_binary() ? data.binary() : data.text());
    command.push_back("@" + path);
    if (data.has_binary()) command.push_back("--binary");
    const CliResult result = Cli(command);
    unlink(path.c_str());
    return result;
  }

  // Every way to say something to the hearer.
  std::vector<std::pair<std::string, std::function<void(const v1::Data&)>>> Ways() {
    return {
        {"a hook's send",
         [this](const v1::Data& data) {
           v1::Action action;
           *action.mutable_send()->mutable_data() = data;
           ContractTest::Order(hearer_, {action});
         }},
        {"a hook's publish",
         [this](const v1::Data& data) {
           v1::Action action;
           action.mutable_publish()->set_topic("t");
           *action.mutable_publish()->mutable_data() = data;
           ContractTest::Order(speaker_, {action});
         }},
        {"Publish",
         [this](const v1::Data& data) {
           v1::PublishResponse response;
           EXPECT_TRUE(broker_->Publish("/a", "t", data, &response).ok());
         }},
        {"PublishBatch",
         [this](const v1::Data& data) {
           v1::PublishBatchRequest batch;
           *batch.add_messages() = Publication(data);
           v1::PublishBatchResponse response;
           EXPECT_TRUE(broker_->Call(&BrokerCalls::Stub::PublishBatch, batch, &response).ok());
         }},
        {"Send",
         [this](const v1::Data& data) { EXPECT_TRUE(broker_->Send(hearer_.id, data).ok()); }},
        {"Publish in JSON",
         [this](const v1::Data& data) {
           const HttpResponse response = PostJson(*node_, "Publish", Json(Publication(data)));
           EXPECT_EQ(response.status, 200) << response.body;
         }},
        {"the CLI's publish",
         [this](const v1::Data& data) {
           const CliResult result = ByCli({"publish", "/a", "t"}, data);
           EXPECT_EQ(result.exit_code, 0) << result.output;
         }},
        {"the CLI's send",
         [this](const v1::Data& data) {
           const CliResult result = ByCli({"send", hearer_.id}, data);
           EXPECT_EQ(result.exit_code, 0) << result.output;
         }},
    };
  }

  // Had anything come to the hearer before, it would be found here.
  void ExpectNothingCame() {
    ASSERT_TRUE(broker_->Send(hearer_.id, TextData("nothing before this")).ok());
    EXPECT_EQ(Text(hearer_), "nothing before this");
  }

  Client hearer_;
  Client speaker_;
};
INSTANTIATE_CONTRACT(PayloadTest);

TEST_P(PayloadTest, B17BinaryArrivesAsBinaryToTheByteByEveryWay) {
  for (const auto& [name, say] : Ways()) {
    for (const std::string& bytes : {AllBytes(), std::string(), std::string(5, '\0'),
                                     std::string("\xED\xA0\x80\xFF"), std::string("text")}) {
      say(BinaryData(bytes));
      const auto received = hearer_->ReceiveMessage();
      ASSERT_TRUE(received.ok()) << name << ": " << received.status();
      EXPECT_EQ(received->kind, Received::kBinary) << name;
      EXPECT_EQ(received->payload, bytes) << name;
    }
  }
}

TEST_P(PayloadTest, B17TextArrivesAsTextToTheByteByEveryWay) {
  for (const auto& [name, say] : Ways()) {
    for (const std::string& text : {std::string(), std::string("a\0b\0", 4),
                                    std::string("\xEF\xBB\xBFgr\xC3\xBC\xC3\x9F\r\n"),
                                    std::string("\xF4\x8F\xBF\xBF \xED\x9F\xBF \xEE\x80\x80"),
                                    std::string("{\"not\": data}")}) {
      say(TextData(text));
      const auto received = hearer_->ReceiveMessage();
      ASSERT_TRUE(received.ok()) << name << ": " << received.status();
      EXPECT_EQ(received->kind, Received::kText) << name;
      EXPECT_EQ(received->payload, text) << name;
    }
  }
}

TEST_P(PayloadTest, B17TextThatIsNotUtf8IsRefusedByGrpc) {
  for (const auto& [name, text] : kNotUtf8) {
    v1::PublishResponse response;
    for (const grpc::Status& status :
         {broker_->Publish("/a", "t", TextData(text), &response),
          broker_->Send(hearer_.id, TextData(text)), broker_->Subscribe(hearer_.id, text),
          broker_->Close(hearer_.id, 4000, text),
          broker_->Publish(text, "t", TextData("x"), &response)}) {
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << name;
      EXPECT_THAT(status.error_message(), HasSubstr("UTF-8")) << name;
    }
  }
  ExpectNothingCame();
}

// One that is refused neither ends the stream in silence nor takes the others along.
TEST_P(PayloadTest, B17TextThatIsNotUtf8IsRefusedInAStreamOfPublishes) {
  const auto stub = v1::BrokerService::NewStub(
      grpc::CreateChannel(node_->control(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  v1::PublishStreamResponse response;
  const auto writer = stub->PublishStream(&context, &response);
  writer->Write(Publication(TextData("before")));
  writer->Write(Publication(TextData("\xFF")));
  writer->Write(Publication(TextData("behind")));
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.published(), 2);
  EXPECT_EQ(response.refused(), 1);
  EXPECT_EQ(response.first_refused().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(response.first_refused().error(), HasSubstr("UTF-8"));
  EXPECT_EQ(Text(hearer_), "before");
  EXPECT_EQ(Text(hearer_), "behind");
}

TEST_P(PayloadTest, B17TextThatIsNotUtf8IsRefusedInJsonAndByTheCli) {
  for (const auto& [name, text] : kNotUtf8) {
    const HttpResponse response = PostJson(
        *node_, "Publish", R"({"namespace":"/a","topic":"t","data":{"text":")" + text + "\"}}");
    EXPECT_EQ(response.status, 400) << name << ": " << response.body;
    EXPECT_THAT(response.body, HasSubstr("invalid_argument")) << name;
    const CliResult result = ByCli({"publish", "/a", "t"}, TextData(text));
    EXPECT_EQ(result.exit_code, 2) << name << ": " << result.output;
    EXPECT_THAT(result.output, HasSubstr("UTF-8")) << name;
  }
  // Halves of a pair, escaped: JSON can write them, UTF-8 cannot.
  for (const char* surrogate : {"\\ud800", "\\udc00", "\\ud800x", "\\udc00\\ud800"}) {
    for (const char* kind : {"text", "json"}) {
      const HttpResponse response =
          PostJson(*node_, "Publish",
                   std::string(R"({"namespace":"/a","topic":"t","data":{")") + kind + "\":\"" +
                       surrogate + "\"}}");
      EXPECT_EQ(response.status, 400) << kind << surrogate << ": " << response.body;
    }
  }
  ExpectNothingCame();
  // A whole pair is one character.
  const HttpResponse whole = PostJson(
      *node_, "Publish", R"({"namespace":"/a","topic":"t","data":{"text":"\ud83d\udc26"}})");
  EXPECT_EQ(whole.status, 200) << whole.body;
  EXPECT_EQ(Text(hearer_), "\xF0\x9F\x90\xA6");
}

// An application in C++, which is the one that can put such text into a reply.
class BadReplyTest : public ::testing::TestWithParam<Way> {};
INSTANTIATE_CONTRACT(BadReplyTest);

TEST_P(BadReplyTest, B17TextThatIsNotUtf8InAReplyIsAFailureOfItsHookAndNeverSent) {
  ScriptedApplication application;
  application.session = GetParam() == Way::kSession;
  application.on_message = [](const v1::MessageRequest& request, v1::HookReply* reply) {
    SendText(reply, request.text() == "bad" ? "\xFF" : "good");
    return grpc::Status::OK;
  };
  ASSERT_TRUE(application.Start());
  auto node = NodeProcess::Start(
      "routes:\n  - { path: /a, hooks: [open, message, close, error], hook_retries: 1,\n"
      "      application: \"dns:///" +
      application.address() + "\" }\n");
  ASSERT_NE(node, nullptr);
  auto client = node->Connect("/a");
  auto other = node->Connect("/a");
  ASSERT_TRUE(client->SendText("bad").ok());
  ASSERT_TRUE(client->SendText("fine").ok());
  const auto received = client->ReceiveMessage(std::chrono::seconds(30));
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(received->payload, "good") << "and nothing before it";
  const auto error = application.WaitFor("error");
  EXPECT_THAT(error.text, HasSubstr("message hook failed"));
  ASSERT_TRUE(other->SendText("fine").ok());
  EXPECT_EQ(other->ReceiveMessage()->payload, "good");
  EXPECT_EQ(node->Metric("hookcast_hook_streams_lost_total"), 0) << "its event failed alone";
}

}  // namespace
}  // namespace hookcast::testing

// What clients send and what is sent to them. Rows of docs/contract.md.

#include <limits>
#include <set>

#include "tests/integration/contract_fixture.h"

namespace hookcast::testing {
namespace {

using ::testing::HasSubstr;
using Value = google::protobuf::Value;

class ContractMessage : public ContractTest {};
INSTANTIATE_CONTRACT(ContractMessage);

std::string AllBytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

v1::Action Send(const v1::Data& data) {
  v1::Action action;
  *action.mutable_send()->mutable_data() = data;
  return action;
}

v1::Data JsonData(const Value& value) {
  v1::Data data;
  *data.mutable_json() = value;
  return data;
}

// ASCII, two, three and four bytes, the ends of each, a byte order mark, NUL, and line ends.
const std::string kWide(
    "a\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBB\xBF\xEF\xBF\xBF"
    "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\0\r\n\xE2\x80\xA8 end",
    44);

TEST_P(ContractMessage, TextStaysTextAndBinaryStaysBinaryOnTheWayToTheHook) {
  StartNode();
  const Client client = Connect("/a");
  const std::vector<std::string> texts = {"", kWide, std::string(3, '\0'),
                                          std::string(70'000, 'x')};
  const std::vector<std::string> binaries = {"", AllBytes(), kWide, std::string(70'000, '\xFF')};
  for (const std::string& text : texts) ASSERT_TRUE(client->SendText(text).ok());
  for (const std::string& bytes : binaries) ASSERT_TRUE(client->SendBinary(bytes).ok());
  // In fragments that cut characters.
  ASSERT_TRUE(client->SendFrame(1, false, kWide.substr(0, 3)).ok());
  ASSERT_TRUE(client->SendFrame(0, false, "").ok());
  ASSERT_TRUE(client->SendFrame(0, true, kWide.substr(3)).ok());
  ASSERT_TRUE(client->CloseHandshake(1000).ok());
  application_->CloseOf(client.id);
  std::vector<v1::MessageRequest> messages;
  for (const v1::SessionEvent& event : application_->Events()) {
    if (event.has_message()) messages.push_back(event.message());
  }
  ASSERT_EQ(messages.size(), texts.size() + binaries.size() + 1);
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(messages[i].data_case(), v1::MessageRequest::kText);
    EXPECT_EQ(messages[i].text(), texts[i]);
  }
  for (size_t i = 0; i < binaries.size(); ++i) {
    const v1::MessageRequest& message = messages[texts.size() + i];
    EXPECT_EQ(message.data_case(), v1::MessageRequest::kBinary);
    EXPECT_EQ(message.binary(), binaries[i]);
  }
  EXPECT_EQ(messages.back().text(), kWide);
}

TEST_P(ContractMessage, TextAndBinaryReachTheClientAsTheyWere) {
  StartNode();
  const Client client = Connect("/a");
  for (const std::string& text : {std::string(), kWide, std::string(3, '\0')}) {
    Order(client, {Send(TextData(text))});
    const auto received = client->ReceiveMessage();
    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received->kind, Received::kText);
    EXPECT_EQ(received->payload, text);
  }
  for (const std::string& bytes : {std::string(), AllBytes(), std::string("text"), kWide}) {
    Order(client, {Send(BinaryData(bytes))});
    const auto received = client->ReceiveMessage();
    ASSERT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received->kind, Received::kBinary);
    EXPECT_EQ(received->payload, bytes);
  }
}

TEST_P(ContractMessage, JsonOfEachKindIsSentAsCompactText) {
  StartNode();
  const Client client = Connect("/a");
  const std::pair<const char*, const char*> cases[] = {
      {"null", "null"},
      {"true", "true"},
      {"false", "false"},
      {"0", "0"},
      {"-0.5", "-0.5"},
      {"3", "3"},
      {"9007199254740991", "9007199254740991"},
      {"-9007199254740991", "-9007199254740991"},
      {"1e300", "1e+300"},
      {"0.1", "0.1"},
      {"0.30000000000000004", "0.30000000000000004"},
      {"5e-324", "4.94065645841247e-324"},
      {"\"\"", "\"\""},
      {"\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x90\xA6 \xE6\xBC\xA2\"",
       "\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x90\xA6 \xE6\xBC\xA2\""},
      {"\"\\\" \\\\ \\u0000 \\n\"", "\"\\\" \\\\ \\u0000 \\n\""},
      {"[]", "[]"},
      {"[ 1, [ \"two\", null ], {} ]", "[1,[\"two\",null],{}]"},
      {"{}", "{}"},
      {"{ \"\xC3\xA4\": { \"b\": [ true ] } }", "{\"\xC3\xA4\":{\"b\":[true]}}"},
  };
  for (const auto& [json, expected] : cases) {
    // As it stands in an action's JSON form.
    const std::string order =
        std::string(R"({"actions": [{"send": {"data": {"json": )") + json + "}}}]}";
    ASSERT_TRUE(client->SendText(order).ok());
    EXPECT_EQ(Text(client), expected);
  }
}

TEST_P(ContractMessage, ANumberThatJsonDoesNotHaveAndAValueOfNoKindAreRefused) {
  StartNode();
  const Client client = Connect("/a");
  Value nan;
  nan.set_number_value(std::numeric_limits<double>::quiet_NaN());
  Value infinite;
  infinite.mutable_list_value()->add_values()->set_number_value(
      std::numeric_limits<double>::infinity());
  Value nothing;
  for (const Value& value : {nan, infinite, nothing}) {
    const grpc::Status status = broker_->Send(client.id, JsonData(value));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr("data.json"));
  }
  ASSERT_TRUE(broker_->Send(client.id, TextData("nothing before this")).ok());
  EXPECT_EQ(Text(client), "nothing before this");
}

// Message ids are those of their events.
TEST_P(ContractMessage, IdsAreUniqueOverPeersNodesAndRestarts) {
  std::set<std::string> ids;
  size_t messages = 0;
  for (int life = 0; life < 2; ++life) {
    StartNode();
    const Client one = Connect("/a?1" + std::to_string(life));
    const Client two = Connect("/a?2" + std::to_string(life));
    for (int i = 0; i < 25; ++i, messages += 2) {
      ASSERT_TRUE(one->SendText("same").ok());
      ASSERT_TRUE(two->SendText("same").ok());
    }
    ASSERT_TRUE(one->CloseHandshake(1000).ok());
    ASSERT_TRUE(two->CloseHandshake(1000).ok());
    application_->CloseOf(one.id);
    application_->CloseOf(two.id);
    node_.reset();
  }
  for (const v1::SessionEvent& event : application_->Events()) {
    if (event.has_message()) ids.insert(event.message().event().id());
  }
  EXPECT_EQ(ids.size(), messages);
}

TEST_P(ContractMessage, OnesThatArePublishedHaveIdsOfTheirOwn) {
  StartNode();
  std::set<std::string> ids;
  for (int i = 0; i < 50; ++i) {
    v1::PublishResponse response;
    ASSERT_TRUE(broker_->Publish("/a", "t", TextData("same"), &response).ok());
    ids.insert(response.id());
  }
  EXPECT_EQ(ids.size(), 50);
  EXPECT_FALSE(ids.contains(""));
}

TEST_P(ContractMessage, OneThatIsTooLargeIsToldToTheErrorHookAndToTheClientWith1009) {
  StartNode("",
            "  - path: \"/*\"\n    application: APP\n    limits: { message: 1000 }\n"
            "    hooks: [upgrade, open, message, close, error]\n");
  for (const bool fragmented : {false, true}) {
    const Client client = Connect(fragmented ? "/b" : "/a");
    ASSERT_TRUE(client->SendBinary(std::string(1000, 'x')).ok());
    if (fragmented) {
      ASSERT_TRUE(client->SendFrame(1, false, std::string(600, 'x')).ok());
      ASSERT_TRUE(client->SendFrame(0, true, std::string(401, 'x')).ok());
    } else {
      ASSERT_TRUE(client->SendText(std::string(1001, 'x')).ok());
    }
    EXPECT_EQ(CloseCodeAt(client), 1009);
    const v1::ErrorRequest error = application_->ErrorOf(client.id);
    EXPECT_EQ(error.kind(), v1::ERROR_KIND_LIMIT);
    EXPECT_THAT(error.message(), HasSubstr("larger"));
    EXPECT_EQ(error.details().code(), 1009);
    const v1::CloseDetails close = application_->CloseOf(client.id).details();
    EXPECT_EQ(close.code(), 1009);
    EXPECT_EQ(close.closed_by(), v1::CLOSED_BY_NODE);
    EXPECT_EQ(HooksOf(client.id), "open message error close");
  }
}

// Where it is not negotiated, as here.
TEST_P(ContractMessage, AWishForCompressionChangesNothingOfTheMessage) {
  StartNode();
  const Client client = Connect("/a");
  v1::Data data = TextData(std::string(5000, 'x'));
  data.set_compress(true);
  Order(client, {Send(data)});
  EXPECT_EQ(Text(client), std::string(5000, 'x'));
  ASSERT_TRUE(broker_->Send(client.id, data).ok());
  EXPECT_EQ(Text(client), std::string(5000, 'x'));
}

}  // namespace
}  // namespace hookcast::testing

// What is said to the clients of event streams, by every way in: nothing that anybody says becomes
// a line of its own in another's stream, and no byte is lost.

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "tests/integration/event_stream_fixture.h"

namespace hookcast::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

std::string AllBytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

// As a browser has it.
std::string LinesOf(const std::string& text) {
  return absl::StrReplaceAll(absl::StrReplaceAll(text, {{"\r\n", "\n"}}), {{"\r", "\n"}});
}

class EventStreamPayloadTest : public EventStreamTest {
 protected:
  enum class Outcome { kDone, kRefused };
  struct WayIn {
    std::string name;
    bool argument;  // fields are arguments of a program, which cannot hold NUL
    std::function<Outcome(const v1::Data&)> say;
  };

  void SetUp() override {
    EventStreamTest::SetUp();
    hearer_ = Open("/a?hearer", {OrderHeader("x-open-reply", Reply({SubscribeTo("t")}))});
    ASSERT_NE(hearer_.client, nullptr);
    ASSERT_TRUE(broker_->Send(hearer_.id, TextData("ready")).ok());
    ASSERT_EQ(Next(hearer_).data, "ready");
  }

  // By one message hook's reply, each from a new client: carried out, or told by the error hook.
  Outcome ByReply(v1::Action action) {
    const Client speaker = Connect("/a?speaker" + std::to_string(++speakers_));
    Order(speaker, {std::move(action)});
    Order(speaker, {SendText("done")});
    EXPECT_EQ(Text(speaker), "done");
    // Behind this come no further hooks.
    EXPECT_TRUE(speaker->CloseHandshake().ok());
    application_->CloseOf(speaker.id);
    return HooksOf(speaker.id).find("error") == std::string::npos ? Outcome::kDone
                                                                  : Outcome::kRefused;
  }

  static Outcome Of(const grpc::Status& status) {
    if (status.ok()) return Outcome::kDone;
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
    return Outcome::kRefused;
  }

  Outcome ByJson(const std::string& method, const google::protobuf::Message& request) {
    const auto response =
        HttpRequest(node_->admin(), "POST", "/hookcast.v1.BrokerService/" + method,
                    {{"Content-Type", "application/json"}}, Json(request));
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return Outcome::kRefused;
    if (response->status == 200) return Outcome::kDone;
    EXPECT_EQ(response->status, 400) << response->body;
    EXPECT_THAT(response->body, HasSubstr("invalid_argument"));
    return Outcome::kRefused;
  }

  Outcome ByCli(std::vector<std::string> command, const v1::Data& data) {
    command.push_back(FileOf(data.has_binary() ? data.binary() : data.text()));
    if (data.has_binary()) command.push_back("--binary");
    if (!data.event().id().empty()) command.push_back("--id=" + data.event().id());
    if (!data.event().event().empty()) command.push_back("--event=" + data.event().event());
    const CliResult result = Cli(command);
    if (result.exit_code == 0) return Outcome::kDone;
    EXPECT_THAT(result.exit_code, AnyOf(1, 2)) << result.output;
    return Outcome::kRefused;
  }

  v1::PublishRequest Publication(const v1::Data& data) const {
    v1::PublishRequest request;
    request.set_namespace_("/a");
    request.set_topic("t");
    *request.mutable_data() = data;
    return request;
  }

  v1::SendRequest Sending(const v1::Data& data) const {
    v1::SendRequest request;
    request.mutable_peers()->set_peer(hearer_.id);
    *request.mutable_data() = data;
    return request;
  }

  Outcome ByStream(const v1::Data& data) {
    const auto stub = v1::BrokerService::NewStub(
        grpc::CreateChannel(node_->control(), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    v1::PublishStreamResponse response;
    const auto writer = stub->PublishStream(&context, &response);
    writer->Write(Publication(data));
    writer->WritesDone();
    EXPECT_TRUE(writer->Finish().ok());
    return response.refused() == 1 ? Outcome::kRefused : Outcome::kDone;
  }

  // Every way to say something to the hearer.
  std::vector<WayIn> Ways() {
    return {
        {"a hook's publish", false,
         [this](const v1::Data& data) { return ByReply(PublishOf("t", data)); }},
        {"Publish", false,
         [this](const v1::Data& data) {
           v1::PublishResponse response;
           return Of(broker_->Publish("/a", "t", data, &response));
         }},
        {"PublishBatch", false,
         [this](const v1::Data& data) {
           v1::PublishBatchRequest batch;
           *batch.add_messages() = Publication(data);
           v1::PublishBatchResponse response;
           const auto status = broker_->Call(&BrokerCalls::Stub::PublishBatch, batch, &response);
           if (!status.ok()) return Of(status);
           return response.results(0).code() == 0 ? Outcome::kDone : Outcome::kRefused;
         }},
        {"PublishStream", false, [this](const v1::Data& data) { return ByStream(data); }},
        {"Send", false,
         [this](const v1::Data& data) { return Of(broker_->Send(hearer_.id, data)); }},
        {"Publish in JSON", false,
         [this](const v1::Data& data) { return ByJson("Publish", Publication(data)); }},
        {"Send in JSON", false,
         [this](const v1::Data& data) { return ByJson("Send", Sending(data)); }},
        {"the CLI's publish", true,
         [this](const v1::Data& data) {
           return ByCli({"publish", "/a", "t"}, data);
         }},
        {"the CLI's send", true,
         [this](const v1::Data& data) {
           return ByCli({"send", hearer_.id}, data);
         }},
    };
  }

  Stream hearer_;
  int speakers_ = 0;
};
INSTANTIATE_CONTRACT(EventStreamPayloadTest);

TEST_P(EventStreamPayloadTest, B35LineEndsInIdAndEventAndTheNodesOwnNamesAreRefusedByEveryWay) {
  struct Bad {
    std::string id, event;
  };
  const std::string nul(1, '\0');
  const std::vector<Bad> all = {{"1\n2", ""},
                                {"1\r2", ""},
                                {"1\r\n\r\ndata: forged", ""},
                                {"1\ndata: forged\n\n", ""},
                                {"1" + nul, ""},
                                {"", "e\nid: 9"},
                                {"", "e\rdata: forged\r\r"},
                                {"", "e\r\n"},
                                {"", nul},
                                {"", "hookcast.open"},
                                {"", "hookcast."}};
  for (const WayIn& way : Ways()) {
    for (const Bad& bad : all) {
      const std::string fields = bad.id + bad.event;
      if (way.argument && fields.find('\0') != std::string::npos) continue;
      EXPECT_EQ(way.say(EventData("forged", bad.id, bad.event)), Outcome::kRefused)
          << way.name << ": " << absl::CHexEscape(fields);
    }
  }
  ExpectNothingCame(hearer_);
  EXPECT_EQ(hearer_->parser().last_event_id(), "");
  EXPECT_THAT(hearer_->body(), ::testing::Not(HasSubstr("forged")));
}

TEST_P(EventStreamPayloadTest, B35WhatLooksLikeFieldsInDataStaysDataByEveryWay) {
  const std::vector<std::string> texts = {"data: x",
                                          "x\n\ndata: forged\n\n",
                                          "x\r\rid: 9\revent: hookcast.open\rdata: forged\r\r",
                                          "x\r\n\r\nretry: 1\r\n\r\n:\r\n",
                                          std::string("x\0\nid: \0", 8),
                                          "\n",
                                          "\r\n\r",
                                          "",
                                          " leading",
                                          "\xEF\xBB\xBF"
                                          "data: x"};
  int number = 0;
  for (const WayIn& way : Ways()) {
    for (const std::string& text : texts) {
      const std::string id = std::to_string(++number);
      ASSERT_EQ(way.say(EventData(text, id, "said")), Outcome::kDone) << way.name;
      EXPECT_EQ(Next(hearer_), (Event{"said", LinesOf(text), id}))
          << way.name << ": " << absl::CHexEscape(text);
    }
  }
  ExpectNothingCame(hearer_);
}

// The hook whose reply is bad is the hearer's own.
TEST_P(EventStreamPayloadTest, B35NorDoesAClientGetThemInTheReplyToItsOwnHook) {
  Order(hearer_, {SendOf(EventData("forged", "1\ndata: forged")), SendText("behind")});
  EXPECT_THAT(application_->ErrorOf(hearer_.id).message(), HasSubstr("event"));
  // What stands beside it in the reply is another question; forged is never seen.
  ASSERT_TRUE(broker_->Send(hearer_.id, TextData("last")).ok());
  std::string data;
  do {
    data = Next(hearer_).data;
    EXPECT_THAT(data, AnyOf("behind", "last"));
  } while (data != "last" && !HasFailure());
}

TEST_P(EventStreamPayloadTest, B17BinaryArrivesAsBase64InItsOwnEventByEveryWay) {
  for (const WayIn& way : Ways()) {
    for (const std::string& bytes : {AllBytes(), std::string(), std::string(5, '\0'),
                                     std::string("\xED\xA0\x80\xFF"), std::string("\r\n\n")}) {
      ASSERT_EQ(way.say(BinaryData(bytes)), Outcome::kDone) << way.name;
      const Event event = Next(hearer_);
      EXPECT_EQ(event.type, "hookcast.binary") << way.name;
      std::string decoded;
      EXPECT_TRUE(absl::Base64Unescape(event.data, &decoded)) << way.name;
      EXPECT_EQ(decoded, bytes) << way.name;
    }
  }
}

TEST_P(EventStreamPayloadTest, B17TextArrivesAsItWasButForItsLineEndsByEveryWay) {
  for (const WayIn& way : Ways()) {
    for (const std::string& text :
         {std::string("a\0b\0", 4), std::string("\xEF\xBB\xBFgr\xC3\xBC\xC3\x9F\r\n"),
          std::string("\xF4\x8F\xBF\xBF \xED\x9F\xBF \xEE\x80\x80 \xC2\x85 \xE2\x80\xA8"),
          std::string("{\"not\": data}"), std::string(70'000, 'x')}) {
      ASSERT_EQ(way.say(TextData(text)), Outcome::kDone) << way.name;
      EXPECT_EQ(Next(hearer_), (Event{"message", LinesOf(text), ""})) << way.name;
    }
  }
}

TEST_P(EventStreamPayloadTest, B17ThePeersOfBothTransportsGetTheSameMessage) {
  const Client socket = Connect(
      "/a?socket", {OrderHeader("x-open-reply", Reply({SubscribeTo("t"), SendText("in")}))});
  ASSERT_EQ(Text(socket), "in");
  v1::PublishResponse response;
  ASSERT_TRUE(broker_->Publish("/a", "t", BinaryData(AllBytes()), &response).ok());
  const auto received = socket->ReceiveMessage();
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(received->kind, Received::kBinary);
  EXPECT_EQ(received->payload, AllBytes());
  std::string decoded;
  ASSERT_TRUE(absl::Base64Unescape(Next(hearer_).data, &decoded));
  EXPECT_EQ(decoded, AllBytes());
}

}  // namespace
}  // namespace hookcast::testing

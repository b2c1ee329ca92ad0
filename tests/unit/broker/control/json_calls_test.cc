#include "broker/control/json_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/cord.h"
#include "tests/unit/broker/control/node_under_test.h"
#include "tests/unit/broker/control/token_file.h"

namespace hookcast::control {
namespace {

using config::Scope;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class JsonCallsTest : public ::testing::Test {
 protected:
  JsonAnswer Call(const std::string& method, const std::string& body) {
    EXPECT_TRUE(calls_.Check(method, "").ok()) << method;
    std::promise<JsonAnswer> answered;
    calls_.Call(method, body, [&](JsonAnswer answer) { answered.set_value(std::move(answer)); });
    return answered.get_future().get();
  }

  NodeUnderTest node_{2};
  std::unique_ptr<Tokens> tokens_ = *Tokens::Read({}, &node_.clock(), &node_.metrics());
  JsonCalls calls_{&node_.cluster_handlers(), tokens_.get()};
};

TEST_F(JsonCallsTest, AnswersInJsonWhatTheHandlersAnswer) {
  fakes::RecordingPeer* const peer = node_.AddPeer(0, "/a", {"t"});
  node_.Start();
  const JsonAnswer published =
      Call("Publish", R"({"namespace": "/a", "topic": "t", "data": {"text": "hi"}})");
  EXPECT_EQ(published.status, 200) << published.body;
  EXPECT_EQ(json::parse(published.body)["localCount"], "1");
  // Names as protobuf has them, binary as base64, JSON as it is.
  EXPECT_EQ(Call("Publish", R"({"namespace":"/a","topic":"t","data":{"binary":"AAE="},)"
                            R"("exclude_peer":"","idempotencyKey":"k"})")
                .status,
            200);
  EXPECT_EQ(
      Call("Publish", R"({"namespace":"/a","topic":"t","data":{"json":{"a":[1,null]}}})").status,
      200);
  EXPECT_THAT(node_.Payloads(peer),
              ::testing::ElementsAre("hi", std::string("\0\1", 2), R"({"a":[1,null]})"));
  const JsonAnswer found = Call("GetPeer", json({{"peer", peer->id().ToString()}}).dump());
  EXPECT_EQ(json::parse(found.body)["peer"]["peer"]["topics"], json({"t"}));
  EXPECT_EQ(json::parse(Call("Ping", "{}").body)["peers"], "1");
  EXPECT_EQ(json::parse(Call("ListTopics", " {} \n").body)["topics"][0]["topic"], "t");
  // Zero is told too.
  EXPECT_EQ(json::parse(Call("Send", R"({"peers":{"filter":{"namespace":"/none"}},)"
                                     R"("data":{"text":"x"}})")
                            .body)["matched"],
            "0");
}

TEST_F(JsonCallsTest, EveryUnaryMethodOfTheServiceCanBeCalledAndOthersSayWhy) {
  node_.Start();
  const auto* const service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      "hookcast.v1.BrokerService");
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    const auto& method = *service->method(i);
    const absl::Status status = calls_.Check(method.name(), "");
    if (method.client_streaming() || method.server_streaming()) {
      EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented) << method.name();
      EXPECT_THAT(std::string(status.message()), StartsWith(method.name() + " streams"));
    } else {
      EXPECT_TRUE(status.ok()) << method.name();
      Call(method.name(), "{}");
    }
  }
  EXPECT_EQ(calls_.Check("publish", "").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(calls_.Check("", "").code(), absl::StatusCode::kNotFound);
}

TEST_F(JsonCallsTest, SaysWhatIsWrongWithABody) {
  node_.Start();
  const auto error = [&](const std::string& body) {
    const JsonAnswer answer = Call("Publish", body);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(json::parse(answer.body)["code"], "invalid_argument");
    return json::parse(answer.body)["message"].get<std::string>();
  };
  EXPECT_THAT(error(""), HasSubstr("body is empty"));
  EXPECT_THAT(error("{\"topic\":"), HasSubstr("not a PublishRequest in JSON"));
  EXPECT_THAT(error("{\"topik\":\"t\"}"), HasSubstr("topik"));
  EXPECT_THAT(error("[]"), HasSubstr("not a PublishRequest"));
  EXPECT_THAT(error("\xff"), HasSubstr("not a PublishRequest"));
  EXPECT_THAT(error("{\"topic\":7}"), HasSubstr("topic"));
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "[";
  EXPECT_THAT(error("{\"data\":{\"json\":" + deep), HasSubstr("not a PublishRequest"));
  EXPECT_THAT(error("{}"), HasSubstr("data has neither"));
}

TEST_F(JsonCallsTest, ABodyOfTooManyValuesIsNotRead) {
  node_.Start();
  std::string body = "{\"messages\":[{}";
  for (int i = 0; i < 300'000; ++i) body += ",{}";
  body += "]}";
  const JsonAnswer refused = Call("PublishBatch", body);
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body, HasSubstr("more than 500000 values"));
  // What stands in strings is none.
  const std::string text(600'000, ',');
  EXPECT_EQ(Call("Publish",
                 json({{"namespace", "/a"}, {"topic", "t"}, {"data", {{"text", "\\\",{[" + text}}}})
                     .dump())
                .status,
            200);
}

TEST_F(JsonCallsTest, AHandlersErrorIsToldInConnectsForm) {
  node_.Start();
  JsonAnswer answer = Call("GetPeer", R"({"peer": "nobody"})");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(json::parse(answer.body),
            json({{"code", "not_found"}, {"message", "there is no peer \"nobody\""}}));
  EXPECT_EQ(Call("DrainNode", R"({"node": "nobody"})").status, 404);
  node_.backplane().Stop();
  answer = Call("Publish", R"({"namespace": "/a", "topic": "t", "data": {"text": "hi"}})");
  EXPECT_EQ(answer.status, 503);
  const json detail = json::parse(answer.body)["details"][0];
  EXPECT_EQ(detail["type"], "hookcast.v1.PublishFailure");
  EXPECT_EQ(detail["value"], "EAE");
  EXPECT_EQ(detail["debug"]["outcome"], "OUTCOME_NOT_TAKEN");
}

TEST_F(JsonCallsTest, EachCodeHasItsNameAndHttpStatus) {
  const auto told = [](absl::StatusCode code) {
    const JsonAnswer answer = ToJson(absl::Status(code, "x"));
    return json::parse(answer.body)["code"].get<std::string>() + " " +
           std::to_string(answer.status);
  };
  EXPECT_EQ(told(absl::StatusCode::kCancelled), "canceled 499");
  EXPECT_EQ(told(absl::StatusCode::kUnknown), "unknown 500");
  EXPECT_EQ(told(absl::StatusCode::kInvalidArgument), "invalid_argument 400");
  EXPECT_EQ(told(absl::StatusCode::kDeadlineExceeded), "deadline_exceeded 504");
  EXPECT_EQ(told(absl::StatusCode::kNotFound), "not_found 404");
  EXPECT_EQ(told(absl::StatusCode::kAlreadyExists), "already_exists 409");
  EXPECT_EQ(told(absl::StatusCode::kPermissionDenied), "permission_denied 403");
  EXPECT_EQ(told(absl::StatusCode::kResourceExhausted), "resource_exhausted 429");
  EXPECT_EQ(told(absl::StatusCode::kFailedPrecondition), "failed_precondition 400");
  EXPECT_EQ(told(absl::StatusCode::kAborted), "aborted 409");
  EXPECT_EQ(told(absl::StatusCode::kOutOfRange), "out_of_range 400");
  EXPECT_EQ(told(absl::StatusCode::kUnimplemented), "unimplemented 501");
  EXPECT_EQ(told(absl::StatusCode::kInternal), "internal 500");
  EXPECT_EQ(told(absl::StatusCode::kUnavailable), "unavailable 503");
  EXPECT_EQ(told(absl::StatusCode::kDataLoss), "data_loss 500");
  EXPECT_EQ(told(absl::StatusCode::kUnauthenticated), "unauthenticated 401");
}

TEST_F(JsonCallsTest, EachMethodNeedsItsScope) {
  const TokenFile files[] = {TokenFile("publish-0123456789"), TokenFile("manage-0123456789"),
                             TokenFile("read-0123456789abc")};
  const auto tokens = Tokens::Read({{{files[0].path(), {Scope::kPublish}},
                                     {files[1].path(), {Scope::kManage}},
                                     {files[2].path(), {Scope::kRead}}}},
                                   &node_.clock(), &node_.metrics());
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  JsonCalls calls(&node_.cluster_handlers(), tokens->get());
  const auto may = [&](const std::string& method) {
    std::string scopes;
    for (const char* token : {"publish-0123456789", "manage-0123456789", "read-0123456789abc"}) {
      const absl::Status status = calls.Check(method, "Bearer " + std::string(token));
      if (status.code() != absl::StatusCode::kPermissionDenied) scopes += token[0];
    }
    EXPECT_EQ(calls.Check(method, "").code(), absl::StatusCode::kUnauthenticated) << method;
    return scopes;
  };
  for (const char* method : {"Publish", "PublishBatch", "PublishStream", "Send"}) {
    EXPECT_EQ(may(method), "p") << method;
  }
  for (const char* method : {"Subscribe", "Unsubscribe", "Close", "Terminate", "DrainNode"}) {
    EXPECT_EQ(may(method), "m") << method;
  }
  for (const char* method : {"GetPeer", "ListPeers", "ListTopics", "ListNamespaces", "History",
                             "ListNodes", "Watch", "Ping"}) {
    EXPECT_EQ(may(method), "r") << method;
  }
}

}  // namespace
}  // namespace hookcast::control

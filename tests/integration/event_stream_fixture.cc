#include "tests/integration/event_stream_fixture.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

namespace hookcast::testing {

void EventStreamTest::SetUp() {
  ContractTest::SetUp();
  StartNode("", R"(
  - path: "/*"
    transports: [websocket, sse]
    application: APP
    hooks: [upgrade, open, message, close, error]
)");
}

void EventStreamTest::TearDown() {
  for (const std::string& file : files_) unlink(file.c_str());
}

EventStreamTest::Stream EventStreamTest::Open(const std::string& target,
                                              const HttpHeaders& headers) {
  Stream stream;
  auto connected = EventStreamClient::Connect(node_->clients(), target, {.headers = headers});
  if (!connected.ok()) {
    ADD_FAILURE() << target << ": " << connected.status();
    return stream;
  }
  const auto first = (*connected)->Receive();
  if (!first.ok() || first->type != "hookcast.open") {
    ADD_FAILURE() << target << ": no hookcast.open comes first: " << first.status();
    return stream;
  }
  const auto json = nlohmann::json::parse(first->data, nullptr, /*allow_exceptions=*/false);
  stream.id = json.value("peer", "");
  stream.secret = json.value("secret", "");
  stream.open = application_->OpenOf(target);
  EXPECT_EQ(stream.open.peer().id(), stream.id);
  stream.client = *std::move(connected);
  return stream;
}

HttpResponse EventStreamTest::Post(const Stream& stream, const std::string& body,
                                   const std::string& type) {
  const auto response = HttpRequest(
      node_->clients(), "POST", stream.open.peer().path(),
      {{"Hookcast-Peer", stream.id + "." + stream.secret}, {"Content-Type", type}}, body);
  EXPECT_TRUE(response.ok()) << response.status();
  return response.value_or(HttpResponse());
}

void EventStreamTest::Order(const Stream& stream, const std::vector<v1::Action>& actions) {
  const HttpResponse response = Post(stream, Json(Reply(actions)), "application/json");
  EXPECT_EQ(response.status, 202) << response.body;
}

EventStreamTest::Event EventStreamTest::Next(const Stream& stream) {
  auto event = stream->ReceiveMessage();
  if (event.ok()) return *std::move(event);
  ADD_FAILURE() << event.status();
  return {};
}

void EventStreamTest::ExpectNothingCame(const Stream& stream) {
  ASSERT_TRUE(broker_->Send(stream.id, TextData("nothing before this")).ok());
  EXPECT_EQ(Next(stream).data, "nothing before this");
}

std::string EventStreamTest::FileOf(const std::string& bytes) {
  std::string path = ::testing::TempDir() + "event-stream-XXXXXX";
  close(mkstemp(path.data()));
  std::ofstream(path, std::ios::binary) << bytes;
  files_.push_back(path);
  return "@" + path;
}

v1::Data EventData(const std::string& text, const std::string& id, const std::string& event) {
  v1::Data data = TextData(text);
  data.mutable_event()->set_id(id);
  data.mutable_event()->set_event(event);
  return data;
}

v1::Action SendOf(const v1::Data& data) {
  v1::Action action;
  *action.mutable_send()->mutable_data() = data;
  return action;
}

v1::Action PublishOf(const std::string& topic, const v1::Data& data) {
  v1::Action action;
  action.mutable_publish()->set_topic(topic);
  *action.mutable_publish()->mutable_data() = data;
  return action;
}

}  // namespace hookcast::testing

#include "tests/unit/edge/admission_fixture.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace hookcast::edge {

std::string Handshake(std::string_view target, std::string_view more) {
  return absl::StrCat("GET ", std::string(target), " HTTP/1.1\r\n",
                      "Host: server.example.com\r\n"
                      "Upgrade: websocket\r\n"
                      "Connection: Upgrade\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                      "Sec-WebSocket-Version: 13\r\n",
                      std::string(more), "\r\n");
}

void AdmissionTest::Start(std::function<void(config::Config&)> change, size_t most_leaving) {
  config::Route application = TestShard::RouteAt("/rooms/{room}");
  config::Route tenant = TestShard::RouteAt("/tenant/{tenant}/*");
  tenant.namespace_template = "t-{tenant}";
  config::Route echo;
  echo.path = "/echo";
  echo.static_rules = {.on_message = config::OnMessage::kEcho};
  config::Route subscribe;
  subscribe.path = "/sub";
  subscribe.static_rules = {.subscribe = {"t"}};
  config::Config config = TestShard::ConfigOf({application, tenant, echo, subscribe});
  config.websocket.close_timeout = std::chrono::milliseconds(200);
  if (change) change(config);
  admission_.reset();
  node_.emplace(std::move(config), most_leaving);
  admission_.emplace(&node_->shard());
}

void AdmissionTest::TearDown() {
  if (!node_) return;
  for (const size_t route : {kApp, kTenant}) {
    while (!application(route).upgrades().empty()) {
      application(route).AnswerUpgrade(absl::UnavailableError("the test is over"));
    }
  }
  admission_->server().CloseAll();
  node_->RunReady();
  admission_.reset();
  node_->DestroyShard();
  EXPECT_EQ(node_->GaugesLeft(), "");
}

ClientSocket AdmissionTest::Connect(std::string_view request) {
  Connected connected = ConnectLoopback();
  node_->shard().connections().Add(1);
  node_->metrics().connections_accepted.Add();
  admission_->server().Adopt(Socket(connected.server, &node_->shard().connections()),
                             "192.0.2.1:40312");
  connected.client.Send(request);
  return std::move(connected.client);
}

ClientSocket AdmissionTest::ConnectAndAsk(std::string_view request, size_t route) {
  const size_t before = node_->application(route).upgrades().size();
  ClientSocket client = Connect(request);
  EXPECT_TRUE(RunUntil([&] { return node_->application(route).upgrades().size() > before; }));
  return client;
}

std::string AdmissionTest::AnswerTo(ClientSocket client) {
  EXPECT_TRUE(RunUntil([&] {
    client.Pump();
    return client.gone();
  }));
  EXPECT_TRUE(client.ended());
  std::string answer = client.Take();
  client.Close();
  EXPECT_TRUE(RunUntil([&] { return node_->metrics().connections.value() == 0; }));
  EXPECT_EQ(node_->hub().peer_count(), 0);
  return answer;
}

std::string AdmissionTest::HeadOf(ClientSocket& client) {
  size_t end = std::string::npos;
  EXPECT_TRUE(RunUntil([&] {
    client.Pump();
    end = client.received().find("\r\n\r\n");
    return end != std::string::npos || client.gone();
  }));
  if (end == std::string::npos) return client.received();
  const std::string all = client.Take();
  behind_head_ = all.substr(end + 4);
  return all.substr(0, end + 4);
}

std::vector<ServerFrame> AdmissionTest::AwaitFrames(ClientSocket& client, size_t count) {
  std::vector<ServerFrame> frames;
  EXPECT_TRUE(RunUntil([&] {
    client.Pump();
    behind_head_ += client.Take();
    frames = ReadFrames(behind_head_);
    return frames.size() >= count && frames.back().opcode >= 0;
  }));
  return frames;
}

pubsub::Peer* AdmissionTest::Peer() {
  pubsub::Peer* found = nullptr;
  node_->hub().index().VisitPeers([&](pubsub::Peer* peer) { found = peer; });
  return found;
}

}  // namespace hookcast::edge

#include "tests/integration/contract_fixture.h"

#include <utility>

#include "absl/strings/str_replace.h"

namespace hookcast::testing {
namespace {

constexpr char kAllPaths[] =
    "  - path: \"/*\"\n    application: APP\n"
    "    hooks: [upgrade, open, message, close, error]\n";

std::string KindOf(const v1::SessionEvent& event) {
  switch (event.kind_case()) {
    case v1::SessionEvent::kUpgrade:
      return "upgrade";
    case v1::SessionEvent::kOpen:
      return "open";
    case v1::SessionEvent::kMessage:
      return "message";
    case v1::SessionEvent::kClose:
      return "close";
    case v1::SessionEvent::kError:
      return "error";
    default:
      return "other";
  }
}

std::string PeerOf(const v1::SessionEvent& event) {
  switch (event.kind_case()) {
    case v1::SessionEvent::kOpen:
      return event.open().peer().id();
    case v1::SessionEvent::kMessage:
      return event.message().peer().id();
    case v1::SessionEvent::kClose:
      return event.close().peer().id();
    case v1::SessionEvent::kError:
      return event.error().peer().id();
    default:
      return "";
  }
}

void Join(std::string* list, const std::string& word) {
  if (!list->empty()) *list += " ";
  *list += word;
}

}  // namespace

void ContractTest::SetUp() {
  application_ = ObedientApplication::Start(GetParam());
  ASSERT_NE(application_, nullptr);
}

void ContractTest::StartNode(const std::string& settings, std::string routes) {
  if (routes.empty()) routes = kAllPaths;
  const std::string target = "\"dns:///" + application_->address() + "\"";
  node_ = NodeProcess::Start("shards: 2\n" + settings + "\nroutes:\n" +
                             absl::StrReplaceAll(routes, {{"APP", target}}));
  ASSERT_NE(node_, nullptr);
  broker_.emplace(node_->control());
}

ContractTest::Client ContractTest::Connect(const std::string& target, const HttpHeaders& orders,
                                           std::vector<std::string> subprotocols) {
  WebSocketClient::Options options;
  options.headers = orders;
  options.subprotocols = std::move(subprotocols);
  Client client;
  client.socket = node_->Connect(target, std::move(options));
  if (client.socket == nullptr) return client;
  client.open = application_->OpenOf(target);
  client.id = client.open.peer().id();
  return client;
}

void ContractTest::Order(const Client& client, const std::vector<v1::Action>& actions) {
  EXPECT_TRUE(client->SendText(Json(Reply(actions))).ok());
}

std::string ContractTest::Text(const Client& client) {
  const auto received = client->ReceiveMessage();
  if (!received.ok()) {
    ADD_FAILURE() << received.status();
    return "";
  }
  EXPECT_EQ(received->kind, Received::kText);
  return received->payload;
}

uint16_t ContractTest::CloseCodeAt(const Client& client) {
  while (true) {
    const auto received = client->ReceiveMessage();
    if (!received.ok()) {
      ADD_FAILURE() << received.status();
      return 0;
    }
    if (received->kind == Received::kClose) return received->close_code;
    if (received->kind >= Received::kEof) return 0;
  }
}

std::string ContractTest::Hooks() const {
  std::string hooks;
  for (const v1::SessionEvent& event : application_->Events()) Join(&hooks, KindOf(event));
  return hooks;
}

std::string ContractTest::HooksOf(const std::string& peer) const {
  std::string hooks;
  for (const v1::SessionEvent& event : application_->Events()) {
    if (PeerOf(event) == peer) Join(&hooks, KindOf(event));
  }
  return hooks;
}

CliResult ContractTest::Cli(std::vector<std::string> arguments) {
  return RunCli(std::move(arguments), {{"HOOKCAST_SERVER", node_->control()}});
}

}  // namespace hookcast::testing

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/broker_calls.h"
#include "tests/integration/node_process.h"
#include "tests/integration/obedient_application.h"

namespace hookcast::testing {

// A node, and an application process that takes its hooks by streams or by calls, and answers what
// the test's clients say. docs/contract.md names the tests that use it.
class ContractTest : public ::testing::TestWithParam<Way> {
 protected:
  using Received = WebSocketClient::Received;

  // A connected client, whose open hook has been answered.
  struct Client {
    std::unique_ptr<WebSocketClient> socket;
    std::string id;
    v1::OpenRequest open;

    WebSocketClient* operator->() const { return socket.get(); }
  };

  void SetUp() override;

  // A node of two shards. Its routes are `routes`, a list in YAML in which APP stands for the
  // application's target, or else one for each path, with all hooks.
  void StartNode(const std::string& settings = "", std::string routes = "");

  // A failure is the test's; then there is no socket. Each target once in a test, as it tells the
  // events apart.
  Client Connect(const std::string& target, const HttpHeaders& orders = {},
                 std::vector<std::string> subprotocols = {});
  // The client says what is to be answered to this very message, and the node has carried it out
  // when what it sends last arrives.
  static void Order(const Client& client, const std::vector<v1::Action>& actions);

  // The next message: a failure of the test where it is not text.
  static std::string Text(const Client& client);
  // What comes at a client's end: the code of the Close, or 0 where none comes.
  static uint16_t CloseCodeAt(const Client& client);
  // The kinds of all events, in their order: "upgrade open message close".
  std::string Hooks() const;
  std::string HooksOf(const std::string& peer) const;

  CliResult Cli(std::vector<std::string> arguments);

  std::unique_ptr<ObedientApplication> application_;
  std::unique_ptr<NodeProcess> node_;
  std::optional<BrokerCalls> broker_;
};

// Both ways, under their names.
#define INSTANTIATE_CONTRACT(Suite)                               \
  INSTANTIATE_TEST_SUITE_P(                                       \
      Ways, Suite, ::testing::Values(Way::kSession, Way::kUnary), \
      [](const auto& way) { return way.param == Way::kSession ? "Session" : "Unary"; })

}  // namespace hookcast::testing

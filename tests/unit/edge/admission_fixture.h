#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/admission.h"
#include "tests/unit/edge/client_socket.h"
#include "tests/unit/edge/server_frames.h"
#include "tests/unit/edge/test_shard.h"

namespace hookcast::edge {

// A handshake as in RFC 6455, section 1.2, with more header lines, each with its CRLF.
std::string Handshake(std::string_view target, std::string_view more = "");

// A shard that admits connections, with the routes /rooms/{room} and /tenant/{tenant}/* of two
// applications, and the static ones /echo and /sub. When a test ends, nothing of a peer is left.
class AdmissionTest : public testing::Test {
 protected:
  static constexpr size_t kApp = 0, kTenant = 1;

  void SetUp() override { Start(); }
  void Start(std::function<void(config::Config&)> change = nullptr, size_t most_leaving = 100'000);
  void TearDown() override;

  ClientSocket Connect(std::string_view request);
  bool RunUntil(absl::FunctionRef<bool()> holds) { return node_->RunUntil(holds); }

  // Connects and waits for the upgrade hook.
  ClientSocket ConnectAndAsk(std::string_view request, size_t route = kApp);

  // The whole answer to a request that is refused.
  std::string AnswerTo(ClientSocket client);
  std::string RefusalOf(std::string_view request) { return AnswerTo(Connect(request)); }

  // The head of the answer to a request that is accepted; what comes behind stays.
  std::string HeadOf(ClientSocket& client);
  std::vector<ServerFrame> AwaitFrames(ClientSocket& client, size_t count);

  uint64_t Refused(metrics::Refusal cause) { return node_->metrics().refused.value(cause); }
  fakes::ScriptedHookClient& application(size_t route = kApp) { return node_->application(route); }
  // The one peer there is.
  pubsub::Peer* Peer();

  std::optional<TestShard> node_;
  std::optional<Admission> admission_;
  std::string behind_head_;
};

}  // namespace hookcast::edge

// Clients that are gone without a word are noticed; those that are merely quiet are not cut off.

#include <linux/filter.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

#include "tests/integration/contract_fixture.h"

namespace hookcast::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using Received = WebSocketClient::Received;

// For a machine that is busy.
constexpr seconds kSlack{3};

class HeartbeatTest : public ContractTest {};
INSTANTIATE_CONTRACT(HeartbeatTest);

// From now on the kernel drops each packet that comes for this client, before TCP sees it: nothing
// is answered, and nothing acknowledged, as behind a cable that was cut.
void DropPacketsTo(const WebSocketClient& client) {
  sock_filter drop_all[] = {{BPF_RET | BPF_K, 0, 0, 0}};
  const sock_fprog program = {1, drop_all};
  ASSERT_EQ(setsockopt(client.fd(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)), 0);
}

TEST_P(HeartbeatTest, B32APeerWhosePacketsAreDroppedIsGoneWithinPingIntervalAndPongTimeout) {
  StartNode("websocket: { ping_interval: 400ms, pong_timeout: 1s }");
  const Client cut = Connect("/a?cut");
  const Client well = Connect("/a?well");
  DropPacketsTo(*cut.socket);
  const auto begin = steady_clock::now();
  // The other answers its pings meanwhile.
  std::thread answering([&] { EXPECT_EQ(well->ReceiveMessage()->payload, "still here"); });
  const v1::CloseDetails details = application_->CloseOf(cut.id).details();
  EXPECT_LT(steady_clock::now() - begin, milliseconds(1'400) + kSlack);
  EXPECT_EQ(details.code(), 1006);
  EXPECT_EQ(details.closed_by(), v1::CLOSED_BY_NETWORK);
  EXPECT_EQ(node_->Metric("hookcast_ping_timeouts_total"), 1);
  EXPECT_TRUE(broker_->Send(well.id, TextData("still here")).ok());
  answering.join();
}

TEST_P(HeartbeatTest, B32APeerWhosePacketsAreDroppedIsGoneThoughMuchIsBeingSentToIt) {
  StartNode("websocket: { ping_interval: 400ms, pong_timeout: 1s }");
  const Client cut = Connect("/a");
  ASSERT_TRUE(broker_->Subscribe(cut.id, "t").ok());
  DropPacketsTo(*cut.socket);
  const auto begin = steady_clock::now();
  while (node_->Metric("hookcast_peers") == 1 && steady_clock::now() - begin < seconds(10)) {
    broker_->PublishText("/a", "t", "x");
  }
  EXPECT_LT(steady_clock::now() - begin, milliseconds(1'400) + kSlack);
  EXPECT_EQ(application_->CloseOf(cut.id).details().code(), 1006);
}

TEST_P(HeartbeatTest, B32APeerThatAnswersNoPingButSendsDataStays) {
  StartNode("websocket: { ping_interval: 150ms, pong_timeout: 2s }");
  const Client client = Connect("/a");
  // Without a sign of life it would be gone two seconds after the first.
  const auto begin = steady_clock::now();
  for (int pings = 0; steady_clock::now() - begin < seconds(4);) {
    const auto received = client->Receive();
    ASSERT_TRUE(received.ok()) << received.status();
    ASSERT_EQ(received->kind, Received::kPing) << pings;
    ++pings;
    ASSERT_TRUE(client->SendText("no pong").ok());
  }
  EXPECT_EQ(node_->Metric("hookcast_ping_timeouts_total"), 0);
  EXPECT_EQ(node_->Metric("hookcast_peers"), 1);
}

TEST_P(HeartbeatTest, B32AnIdlePeerIsPingedSoonEnoughForWhatCutsSilentConnections) {
  StartNode("websocket: { ping_interval: 200ms, pong_timeout: 10s }");
  const Client client = Connect("/a");
  // Silence for the client is silence for whatever stands between.
  auto last = steady_clock::now();
  for (int i = 0; i < 10; ++i) {
    const auto received = client->Receive();
    ASSERT_TRUE(received.ok()) << received.status();
    ASSERT_EQ(received->kind, Received::kPing);
    const auto now = steady_clock::now();
    EXPECT_LT(now - last, milliseconds(200) + kSlack);
    last = now;
    ASSERT_TRUE(client->SendPong(received->payload).ok());
  }
  // By default well below the 30 s of common balancers.
  const auto printed = ChildProcess::Start({HOOKCASTD, "--print-config"});
  ASSERT_TRUE(printed.ok()) << printed.status();
  EXPECT_TRUE((*printed)->WaitForLine("ping_interval: 25s").ok()) << (*printed)->output();
}

}  // namespace
}  // namespace hookcast::testing

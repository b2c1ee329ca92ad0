// Event streams that began together do not end together for ever.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "tests/integration/client/socket.h"
#include "tests/integration/node_process.h"

namespace hookcast::testing {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Time = std::chrono::steady_clock::time_point;

Time Now() { return std::chrono::steady_clock::now(); }

// Clients that do as browsers: each connects again after the time that its last `retry` said.
class Crowd {
 public:
  Crowd(std::string node, size_t size) : node_(std::move(node)), clients_(size) {}

  // Connects all at once, and goes on until then.
  void RunUntil(Time end) {
    for (Client& client : clients_) Connect(&client);
    while (Now() < end && !::testing::Test::HasFailure()) Turn(end);
  }

  // When each connect was to be, however late this crowd is with it, and what each close said about
  // coming back.
  const std::vector<Time>& connects() const { return connects_; }
  const std::vector<int>& retries() const { return retries_; }

 private:
  struct Client {
    std::unique_ptr<Socket> socket;  // null while it waits
    std::string received;
    Time comes_back{};
  };

  void Connect(Client* client) {
    auto socket = Socket::Connect(node_, After(seconds(5)));
    ASSERT_TRUE(socket.ok()) << socket.status();
    client->socket = *std::move(socket);
    client->received.clear();
    ASSERT_TRUE(client->socket
                    ->Send("GET /news HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n",
                           After(seconds(5)))
                    .ok());
    connects_.push_back(client->comes_back == Time{} ? Now() : client->comes_back);
  }

  void Turn(Time end) {
    std::vector<pollfd> polled;
    std::vector<Client*> polled_clients;
    Time next = end;
    for (Client& client : clients_) {
      if (client.socket != nullptr) {
        polled.push_back({client.socket->fd(), POLLIN, 0});
        polled_clients.push_back(&client);
      } else {
        next = std::min(next, client.comes_back);
      }
    }
    const auto wait = duration_cast<milliseconds>(next - Now()) + milliseconds(1);
    poll(polled.data(), polled.size(), static_cast<int>(std::max(wait, milliseconds(0)).count()));
    for (size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents != 0) Read(polled_clients[i]);
    }
    for (Client& client : clients_) {
      if (client.socket == nullptr && client.comes_back <= Now()) Connect(&client);
    }
  }

  void Read(Client* client) {
    const auto read = client->socket->Read(client->received, After(seconds(5)));
    ASSERT_TRUE(read.ok()) << read.status();
    if (*read == Socket::ReadResult::kData) return;
    const size_t close = client->received.find("event: hookcast.close\n");
    ASSERT_NE(close, std::string::npos) << client->received;
    const size_t at = client->received.find("retry: ", close);
    ASSERT_NE(at, std::string::npos) << client->received;
    int retry = 0;
    ASSERT_TRUE(absl::SimpleAtoi(
        client->received.substr(at + 7, client->received.find('\n', at) - at - 7), &retry));
    retries_.push_back(retry);
    client->comes_back = Now() + milliseconds(retry);
    client->socket.reset();
  }

  const std::string node_;
  std::vector<Client> clients_;
  std::vector<Time> connects_;
  std::vector<int> retries_;
};

// The ten minutes of a real storm, made short: ages of a second in place of ten.
TEST(StreamAgeTest, B34StreamsThatBeganTogetherComeBackApart) {
  constexpr size_t kClients = 300;
  auto node = NodeProcess::Start(
      "sse: { max_age: 1s, retry: 200ms }\n"
      "routes: [{ path: /news, transports: [sse], static: { subscribe: [news] } }]");
  ASSERT_NE(node, nullptr);
  Crowd crowd(node->clients(), kClients);
  const Time begin = Now();
  crowd.RunUntil(begin + seconds(8));

  // Of the last two seconds, by steps of 50 ms: a flat line is some fourteen in each.
  std::vector<size_t> steps(40);
  for (const Time connect : crowd.connects()) {
    const auto step = duration_cast<milliseconds>(connect - (begin + seconds(6))) / 50;
    if (step >= milliseconds(0) && step < milliseconds(40)) ++steps[step.count()];
  }
  EXPECT_LT(*std::max_element(steps.begin(), steps.end()), kClients / 2)
      << ::testing::PrintToString(steps);
  EXPECT_GT(crowd.connects().size(), kClients * 5) << "each came back, again and again";

  const auto [least, most] = std::minmax_element(crowd.retries().begin(), crowd.retries().end());
  EXPECT_GE(*least, 100);
  EXPECT_LE(*most, 300);
  EXPECT_GT(std::set<int>(crowd.retries().begin(), crowd.retries().end()).size(), 100)
      << "each is told another time";
}

}  // namespace
}  // namespace hookcast::testing

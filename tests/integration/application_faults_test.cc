// Applications that are killed, stopped, started again and added while their peers go on sending.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/integration/application_process.h"
#include "tests/integration/client/ticker.h"
#include "tests/integration/node_process.h"
#include "tests/unit/broker/hooks/grpc/fake_dns.h"

namespace hookcast::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using Event = ApplicationProcess::Event;

// Peers that each send "0", "1", "2" … at a rate, from a thread of their own.
class Senders {
 public:
  Senders(NodeProcess& node, const std::string& target, int peers, int a_second)
      : interval_(seconds(1)) {
    interval_ /= a_second;
    for (int i = 0; i < peers; ++i) clients_.push_back(node.Connect(target));
    thread_ = std::thread([this] { Send(); });
  }
  ~Senders() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

  int sent() const { return sent_; }
  void AwaitSent(int messages) {
    Ticker ticker(milliseconds(5));
    while (sent_ < messages && !failed_) ticker.Wait();
  }

  // Stops after whole rounds, and closes all peers in order. Returns what each of them sent.
  int Finish() {
    stop_ = true;
    thread_.join();
    EXPECT_FALSE(failed_);
    for (const auto& client : clients_) {
      const auto closed = client->CloseHandshake(1000);
      EXPECT_TRUE(closed.ok()) << closed.status();
    }
    return sent_;
  }

 private:
  void Send() {
    Ticker ticker(interval_);
    while (!stop_) {
      ticker.Wait();
      for (const auto& client : clients_) {
        const absl::Status status = client->SendText(std::to_string(sent_));
        if (status.ok()) continue;
        ADD_FAILURE() << "a healthy peer was cut off: " << status;
        failed_ = true;
        return;
      }
      ++sent_;
    }
  }

  std::chrono::nanoseconds interval_;
  std::vector<std::unique_ptr<WebSocketClient>> clients_;
  std::atomic<int> sent_{0};
  std::atomic<bool> stop_{false};
  std::atomic<bool> failed_{false};
  std::thread thread_;
};

// The records of several applications as one, by time.
std::vector<Event> Merged(const std::vector<const ApplicationProcess*>& applications) {
  std::vector<Event> all;
  for (const ApplicationProcess* application : applications) {
    std::vector<Event> events = application->Events();
    all.insert(all.end(), events.begin(), events.end());
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Event& a, const Event& b) { return a.at < b.at; });
  return all;
}

size_t CountOf(const std::vector<Event>& events, const std::string& hook) {
  std::set<std::string> ids;
  for (const Event& event : events) {
    if (event.hook == hook) ids.insert(event.id);
  }
  return ids.size();
}

// Waits until the applications together have seen so many different events of a hook.
bool Await(const std::vector<const ApplicationProcess*>& applications, const std::string& hook,
           size_t count, seconds limit = seconds(30)) {
  Ticker ticker(milliseconds(100));
  const auto end = steady_clock::now() + limit;
  while (CountOf(Merged(applications), hook) < count) {
    if (steady_clock::now() > end) return false;
    ticker.Wait();
  }
  return true;
}

// Every message of every peer arrived; the first time in order; again only as a further attempt.
void ExpectNothingMissing(const std::vector<Event>& events, size_t peers, int messages) {
  std::map<std::string, int> next;  // by peer
  std::map<std::string, std::set<uint32_t>> attempts;
  for (const Event& event : events) {
    if (event.hook != "message") continue;
    const bool first = attempts[event.id].empty();
    EXPECT_TRUE(attempts[event.id].insert(event.attempt).second)
        << event.id << " came twice with attempt " << event.attempt;
    if (!first) continue;
    EXPECT_EQ(event.what, std::to_string(next[event.peer])) << "out of order at " << event.peer;
    ++next[event.peer];
  }
  EXPECT_EQ(next.size(), peers);
  for (const auto& [peer, seen] : next) EXPECT_EQ(seen, messages) << peer;
}

std::map<std::string, size_t> MessagesSince(
    const std::vector<std::pair<std::string, const ApplicationProcess*>>& applications,
    std::chrono::nanoseconds since) {
  std::map<std::string, size_t> count;
  for (const auto& [name, application] : applications) {
    for (const Event& event : application->Events()) {
      if (event.hook == "message" && event.at >= since) ++count[name];
    }
  }
  return count;
}

TEST(ApplicationFaults, KilledStoppedRestartedAndAddedTheyMissNoMessageOfAnyPeer) {
  constexpr int kPeers = 200;
  constexpr int kASecond = 20;
  auto first = ApplicationProcess::Start();
  auto second = ApplicationProcess::Start();
  auto third = ApplicationProcess::Start();
  ASSERT_TRUE(first && second && third);
  third->Kill();  // comes later
  const auto node = NodeProcess::Start(
      "shards: 2\nroutes:\n  - { path: /chat, application: \"ipv4:" + first->address() + "," +
      second->address() + "," + third->address() + "\" }\n");
  ASSERT_NE(node, nullptr);
  Senders senders(*node, "/chat", kPeers, kASecond);

  senders.AwaitSent(kASecond);
  first->Signal(SIGSTOP);
  senders.AwaitSent(6 * kASecond);
  first->Signal(SIGCONT);
  senders.AwaitSent(7 * kASecond);
  second->Kill();
  senders.AwaitSent(8 * kASecond);
  second->Restart();
  third->Restart();
  senders.AwaitSent(11 * kASecond);
  const auto since = steady_clock::now().time_since_epoch();
  senders.AwaitSent(13 * kASecond);
  const int sent = senders.Finish();

  const std::vector<const ApplicationProcess*> all = {first.get(), second.get(), third.get()};
  ASSERT_TRUE(Await(all, "close", kPeers));
  ExpectNothingMissing(Merged(all), kPeers, sent);
  // Three seconds after the last change the load is spread again.
  const auto spread =
      MessagesSince({{"first", all[0]}, {"second", all[1]}, {"third", all[2]}}, since);
  size_t total = 0;
  for (const auto& [name, count] : spread) total += count;
  for (const char* name : {"first", "second", "third"}) {
    EXPECT_GT(spread.contains(name) ? spread.at(name) : 0, total / 5) << name << " of " << total;
  }
  EXPECT_GT(node->Metric("hookcast_hook_streams_lost_total"), 0);
}

TEST(ApplicationFaults, OneThatIsSlowCostsNoPeerNoMemoryAndNoOtherRoute) {
  constexpr int kPeers = 100;
  auto slow = ApplicationProcess::Start({"--delay-ms", "2000"});
  auto quick = ApplicationProcess::Start({"--echo"});
  ASSERT_TRUE(slow && quick);
  const auto node = NodeProcess::Start(
      "shards: 2\nroutes:\n  - { path: /slow, application: \"ipv4:" + slow->address() +
      "\", max_in_flight: 20 }\n  - { path: /quick, application: \"ipv4:" + quick->address() +
      "\" }\n");
  ASSERT_NE(node, nullptr);
  const std::string label = "{application=\"ipv4:" + slow->address() + "\"}";
  std::vector<std::unique_ptr<WebSocketClient>> peers;
  for (int i = 0; i < kPeers; ++i) peers.push_back(node->Connect("/slow"));
  const auto witness = node->Connect("/quick");
  ASSERT_NE(witness, nullptr);

  // Far more than a peer's window: the rest waits in the sockets.
  const std::string text(1000, 'x');
  for (const auto& peer : peers) {
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(peer->SendText(text).ok());
  }
  ASSERT_TRUE(node->MetricReaches("hookcast_application_hooks_waiting" + label, kPeers / 2));
  EXPECT_LE(node->Metric("hookcast_application_hooks_in_flight" + label), 20);
  const double memory = node->Metric("hookcast_resident_memory_bytes");
  for (int i = 0; i < 200; ++i) {
    const auto asked = steady_clock::now();
    ASSERT_TRUE(witness->SendText("still there?").ok());
    ASSERT_EQ(witness->ReceiveMessage()->payload, "still there?");
    EXPECT_LT(steady_clock::now() - asked, seconds(5));
  }
  ASSERT_TRUE(Await({slow.get()}, "message", 60));
  EXPECT_LT(node->Metric("hookcast_resident_memory_bytes") - memory, 8e6);
  EXPECT_EQ(node->Metric("hookcast_peers"), kPeers + 1);
  EXPECT_EQ(node->Metric("hookcast_application_breaker_open" + label), 0);
}

TEST(ApplicationFaults, OneThatNeverAnswersIsLeftAloneAndSeenToBe) {
  auto silent = ApplicationProcess::Start({"--silent"});
  ASSERT_NE(silent, nullptr);
  const auto node = NodeProcess::Start(
      "shards: 1\nroutes:\n  - { path: /chat, application: \"ipv4:" + silent->address() +
      "\", deadlines: { message: 200ms }, breaker: { failures: 3, pause: 10m }, hook_retries: 0 "
      "}\n");
  ASSERT_NE(node, nullptr);
  const std::string label = "{application=\"ipv4:" + silent->address() + "\"}";
  const auto peer = node->Connect("/chat");
  ASSERT_NE(peer, nullptr);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(peer->SendText("x").ok());
  ASSERT_TRUE(node->MetricBecomes("hookcast_application_breaker_open" + label, 1));
  ASSERT_TRUE(node->MetricReaches("hookcast_dropped_total{cause=\"hook_given_up\"}", 5));
  ASSERT_TRUE(Await({silent.get()}, "message", 3));
  EXPECT_EQ(CountOf(silent->Events(), "message"), 3u);
  // A new client is told at once, rather than after a deadline.
  const auto asked = steady_clock::now();
  const auto refused = WebSocketClient::TryUpgrade(node->clients(), "/chat");
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(refused->status, 503);
  EXPECT_LT(steady_clock::now() - asked, seconds(2));
  EXPECT_EQ(node->Metric("hookcast_peers"), 1);
}

TEST(ApplicationFaults, WithoutRedeliverAMessageWhoseAnswerWasLostIsToldToTheErrorHookInstead) {
  auto application = ApplicationProcess::Start({"--silent"});
  ASSERT_NE(application, nullptr);
  const auto node = NodeProcess::Start(
      "shards: 1\nroutes:\n  - { path: /chat, application: \"ipv4:" + application->address() +
      "\", redeliver: false, hooks: [upgrade, open, message, close, error] }\n");
  ASSERT_NE(node, nullptr);
  const auto peer = node->Connect("/chat");
  ASSERT_NE(peer, nullptr);
  ASSERT_TRUE(peer->SendText("once").ok());
  ASSERT_TRUE(Await({application.get()}, "message", 1));
  application->Kill();
  application->Restart();
  ASSERT_TRUE(Await({application.get()}, "error", 1));
  const std::vector<Event> events = application->Events();
  const auto error = std::find_if(events.begin(), events.end(),
                                  [](const Event& event) { return event.hook == "error"; });
  EXPECT_NE(error->what.find("the message hook failed"), std::string::npos) << error->what;
  EXPECT_EQ(std::count_if(events.begin(), events.end(),
                          [](const Event& event) { return event.hook == "message"; }),
            1);
  EXPECT_EQ(node->Metric("hookcast_dropped_total{cause=\"hook_given_up\"}"), 1);
}

TEST(ApplicationFaults, ARouteMayCloseThePeersOfWhichAMessageFailed) {
  auto application = ApplicationProcess::Start({"--silent"});
  ASSERT_NE(application, nullptr);
  const auto node = NodeProcess::Start(
      "shards: 1\nroutes:\n  - { path: /chat, application: \"ipv4:" + application->address() +
      "\", on_message_error: close, deadlines: { message: 200ms } }\n");
  ASSERT_NE(node, nullptr);
  const auto peer = node->Connect("/chat");
  ASSERT_NE(peer, nullptr);
  ASSERT_TRUE(peer->SendText("x").ok());
  EXPECT_EQ(peer->ReceiveMessage()->close_code, 1011);
  ASSERT_TRUE(peer->SendClose(1011).ok());
  EXPECT_TRUE(Await({application.get()}, "close", 1));
}

// A socket that takes connections into its backlog, and nobody ever looks at them.
class DeafListener {
 public:
  DeafListener(const std::string& host, int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(fd_, 128), 0);
  }
  ~DeafListener() { close(fd_); }

 private:
  const int fd_;
};

// How many of so many connects, one after the other, were accepted.
int Connects(NodeProcess& node, const std::string& target, int count) {
  int accepted = 0;
  for (int i = 0; i < count; ++i) {
    accepted += WebSocketClient::Connect(node.clients(), target).ok() ? 1 : 0;
  }
  return accepted;
}

TEST(ApplicationFaults, B40NewAddressesOfANameAreUsedAndThoseThatWentOrAreDeafAreNot) {
  hooks::FakeDns dns;
  dns.Know({"127.0.0.1"});
  auto first = ApplicationProcess::Start();
  ASSERT_NE(first, nullptr);
  auto second = ApplicationProcess::Start({}, "127.0.0.2", first->port());
  ASSERT_NE(second, nullptr);
  const auto node =
      NodeProcess::Start("shards: 1\nroutes:\n  - { path: /chat, application: \"dns://" +
                         dns.address() + "/app.test:" + std::to_string(first->port()) + "\" }\n");
  ASSERT_NE(node, nullptr);
  ASSERT_EQ(Connects(*node, "/chat", 10), 10);

  // Added, while the old one lives: used by the next look-up.
  dns.Know({"127.0.0.1", "127.0.0.2"});
  Ticker ticker(milliseconds(50));
  const auto added = steady_clock::now();
  while (CountOf(second->Events(), "upgrade") == 0) {
    ASSERT_LT(steady_clock::now() - added, seconds(15));
    ASSERT_EQ(Connects(*node, "/chat", 1), 1);
    ticker.Wait();
  }
  // Replaced: what went costs nobody more than the moment in which it went.
  first->Kill();
  dns.Know({"127.0.0.2"});
  ASSERT_TRUE(node->MetricReaches("hookcast_hook_streams_lost_total", 1));
  EXPECT_EQ(Connects(*node, "/chat", 50), 50);

  // One that takes connections and says nothing is never waited for.
  const DeafListener deaf("127.0.0.3", first->port());
  dns.Know({"127.0.0.2", "127.0.0.3"});
  const int asked = dns.questions();
  const auto begun = steady_clock::now();
  while (dns.questions() < asked + 2) {
    ASSERT_LT(steady_clock::now() - begun, seconds(15));
    ASSERT_EQ(Connects(*node, "/chat", 1), 1);
    ticker.Wait();
  }
  const auto connecting = steady_clock::now();
  EXPECT_EQ(Connects(*node, "/chat", 100), 100);
  EXPECT_LT(steady_clock::now() - connecting, seconds(30));
}

TEST(ApplicationFaults, B40FiveHundredConnectsToOneThatAnswersTooLateAreRefusedInTimeAndBounded) {
  auto late = ApplicationProcess::Start({"--upgrade-delay-ms", "600"});
  auto good = ApplicationProcess::Start({"--echo"});
  ASSERT_TRUE(late && good);
  const auto node = NodeProcess::Start(
      "shards: 1\nroutes:\n  - { path: /late, application: \"ipv4:" + late->address() +
      "\", deadlines: { upgrade: 300ms }, max_in_flight: 50, breaker: { failures: 1000 } }\n"
      "  - { path: /good, application: \"ipv4:" +
      good->address() + "\" }\n");
  ASSERT_NE(node, nullptr);
  const std::string label = "{application=\"ipv4:" + late->address() + "\"}";
  std::atomic<int> refused{0};
  std::vector<std::thread> clients;
  for (int thread = 0; thread < 100; ++thread) {
    clients.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        const auto asked = steady_clock::now();
        const auto response = WebSocketClient::TryUpgrade(node->clients(), "/late");
        EXPECT_TRUE(response.ok()) << response.status();
        if (!response.ok()) continue;
        EXPECT_EQ(response->status, 503);
        EXPECT_LT(steady_clock::now() - asked, seconds(5));
        ++refused;
      }
    });
  }
  double most = 0;
  Ticker ticker(milliseconds(20));
  while (refused < 500 && !::testing::Test::HasFailure()) {
    most = std::max(most, node->Metric("hookcast_application_hooks_in_flight" + label));
    ticker.Wait();
  }
  for (std::thread& client : clients) client.join();
  EXPECT_LE(most, 50);
  EXPECT_EQ(refused, 500);
  EXPECT_TRUE(node->MetricReaches("hookcast_hook_answers_ignored_total", 1));
  EXPECT_EQ(Connects(*node, "/good", 10), 10);
  EXPECT_TRUE(node->MetricBecomes("hookcast_application_hooks_in_flight" + label, 0));
}

TEST(ApplicationFaults, B10AnIdleConnectionIsNotPingedToDeathAndServesTheNextConnect) {
  auto application = ApplicationProcess::Start();
  ASSERT_NE(application, nullptr);
  const auto node = NodeProcess::Start(
      "shards: 1\nroutes:\n  - { path: /chat, application: \"ipv4:" + application->address() +
          "\" }\n",
      {"--set", "log.level=debug"});
  ASSERT_NE(node, nullptr);
  ASSERT_TRUE(node->MetricBecomes("hookcast_hook_streams", 1));
  // A server with gRPC's defaults answers the third ping of HTTP/2 within five minutes, without a
  // call between them, with GOAWAY; the node's own pings are messages of its stream.
  Ticker seconds_of_silence(seconds(1));
  for (int i = 0; i < 8; ++i) seconds_of_silence.Wait();
  for (int i = 0; i < 5; ++i) {
    const auto peer = node->Connect("/chat");
    ASSERT_NE(peer, nullptr);
    ASSERT_TRUE(peer->CloseHandshake().ok());
  }
  ASSERT_TRUE(Await({application.get()}, "close", 5));
  EXPECT_EQ(node->Metric("hookcast_hook_streams_lost_total"), 0);
  EXPECT_EQ(node->Metric("hookcast_hook_retries_total"), 0);
  EXPECT_EQ(node->process().output().find("too_many_pings"), std::string::npos);
}

TEST(ApplicationFaults, ANodeThatEndsTakesItsLeaveOfTheStream) {
  auto application = ApplicationProcess::Start();
  ASSERT_NE(application, nullptr);
  const auto node = NodeProcess::Start(
      "shards: 2\nroutes:\n  - { path: /chat, application: \"ipv4:" + application->address() +
      "\" }\n");
  ASSERT_NE(node, nullptr);
  const auto peer = node->Connect("/chat");
  ASSERT_NE(peer, nullptr);
  ASSERT_TRUE(node->MetricBecomes("hookcast_hook_streams", 2));
  const auto began = steady_clock::now();
  node->process().Signal(SIGTERM);
  ASSERT_EQ(peer->ReceiveMessage()->close_code, 1012);
  ASSERT_TRUE(peer->SendClose(1012).ok());
  EXPECT_EQ(*node->process().WaitExit(), 0);
  EXPECT_LT(steady_clock::now() - began, seconds(5));
  EXPECT_EQ(CountOf(application->Events(), "close"), 1u);
  int farewells = 0;
  for (const Event& event : application->Events()) farewells += event.hook == "go_away" ? 1 : 0;
  EXPECT_EQ(farewells, 2);  // of each shard's stream
}

}  // namespace
}  // namespace hookcast::testing

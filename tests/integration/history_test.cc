// Histories, and clients of hookcast.v1.json that come back, on a whole node.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/broker_calls.h"
#include "tests/integration/client/http_client.h"
#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kRoutes[] =
    "shards: 2\n"
    "namespaces: [{ name: \"kept:*\", history: { size: 100000 } }]\n"
    "routes:\n"
    "  - { path: /feed, namespace: \"kept:news\", static: { subscribe: [today] } }\n"
    "  - { path: \"/rooms/{room}\", static: { subscribe: [chat] }, history: { size: 3 } }\n"
    "  - { path: /plain, static: { subscribe: [chat] } }\n";

json Call(NodeProcess& node, const std::string& method, const json& request, int status = 200) {
  const auto response = HttpRequest(node.admin(), "POST", "/hookcast.v1.BrokerService/" + method,
                                    {{"Content-Type", "application/json"}}, request.dump());
  EXPECT_TRUE(response.ok()) << response.status();
  if (!response.ok()) return {};
  EXPECT_EQ(response->status, status) << response->body;
  return json::parse(response->body);
}

void Publish(NodeProcess& node, const std::string& ns, const std::string& topic,
             const std::string& text) {
  Call(node, "Publish", {{"namespace", ns}, {"topic", topic}, {"data", {{"text", text}}}});
}

// A client of hookcast.v1.json, which may leave and come back with what it learned.
class Reader {
 public:
  Reader(NodeProcess* node, std::string path) : node_(node), path_(std::move(path)) {}

  // Connects, with the position where it has one, and reads the greeting.
  void Connect() {
    const std::string query = position_.empty() ? "" : "?last_event_id=" + position_;
    client_ = node_->Connect(path_ + query, {.subprotocols = {"hookcast.v1.json"}});
    ASSERT_NE(client_, nullptr);
    EXPECT_EQ(Next()["type"], "open");
  }
  void Leave() { client_.reset(); }
  void set_position(std::string position) { position_ = std::move(position); }
  const std::string& position() const { return position_; }

  // The next envelope; it keeps what that says of where the client stands.
  json Next() {
    const auto received = client_->ReceiveMessage();
    EXPECT_TRUE(received.ok()) << received.status();
    if (!received.ok()) return {{"type", "nothing"}};
    json envelope = json::parse(received->payload);
    if (envelope.contains("position")) position_ = envelope["position"];
    return envelope;
  }
  // "a" for a message, "gap", "position".
  std::string NextLine() {
    const json envelope = Next();
    return envelope["type"] == "message" ? envelope["data"] : envelope["type"];
  }
  std::vector<std::string> NextLines(size_t count) {
    std::vector<std::string> lines;
    while (lines.size() < count) lines.push_back(NextLine());
    return lines;
  }

 private:
  NodeProcess* const node_;
  const std::string path_;
  std::string position_;
  std::unique_ptr<WebSocketClient> client_;
};

TEST(HistoryTest, AClientThatComesBackGetsWhatItMissedOnceAndInOrder) {
  auto node = NodeProcess::Start(kRoutes);
  ASSERT_NE(node, nullptr);
  Reader reader(node.get(), "/rooms/a");
  reader.Connect();
  EXPECT_EQ(reader.NextLine(), "position");
  Publish(*node, "/rooms/a", "chat", "1");
  EXPECT_EQ(reader.NextLine(), "1");
  reader.Leave();
  Publish(*node, "/rooms/a", "chat", "2");
  Publish(*node, "/rooms/a", "other", "no");
  Publish(*node, "/rooms/a", "chat", "3");
  reader.Connect();
  EXPECT_THAT(reader.NextLines(3), ElementsAre("2", "3", "position"));
  Publish(*node, "/rooms/a", "chat", "4");
  EXPECT_EQ(reader.NextLine(), "4");
  EXPECT_EQ(node->Metric("hookcast_resumes_total{result=\"resumed\"}"), 1);
  EXPECT_EQ(node->Metric("hookcast_replayed_total"), 2);
  EXPECT_EQ(node->Metric("hookcast_history_messages"), 3);
}

TEST(HistoryTest, WhatIsNotHeldIsTold) {
  auto node = NodeProcess::Start(kRoutes);
  ASSERT_NE(node, nullptr);
  Reader reader(node.get(), "/rooms/a");
  reader.Connect();
  EXPECT_EQ(reader.NextLine(), "position");
  const std::string start = reader.position();
  reader.Leave();
  for (int i = 1; i <= 5; ++i) Publish(*node, "/rooms/a", "chat", absl::StrCat(i));
  reader.Connect();
  const json gap = reader.Next();
  EXPECT_EQ(gap, json({{"type", "gap"}})) << "nobody knows how many of its topics";
  EXPECT_THAT(reader.NextLines(4), ElementsAre("3", "4", "5", "position"));
  // Another namespace's position says nothing here.
  Reader other(node.get(), "/rooms/b");
  other.set_position(start);
  other.Connect();
  EXPECT_THAT(other.NextLines(2), ElementsAre("gap", "position"));
  // A node that was started anew is another history.
  auto anew = NodeProcess::Start(kRoutes);
  ASSERT_NE(anew, nullptr);
  Publish(*anew, "/rooms/a", "chat", "first");
  Reader moved(anew.get(), "/rooms/a");
  moved.set_position(reader.position());
  moved.Connect();
  EXPECT_THAT(moved.NextLines(3), ElementsAre("gap", "first", "position"));
  EXPECT_EQ(anew->Metric("hookcast_resumes_total{result=\"gap\"}"), 1);
}

// Each reader leaves and comes back at random, while four publishers publish as fast as they are
// answered, some thousand messages a second in all.
TEST(HistoryTest, ReadersThatComeAndGoAmidPublishersLoseNothingAndDoubleNothing) {
  constexpr int kReaders = 6;
  constexpr int kPublishers = 4;
  constexpr int kEach = 1000;
  auto node = NodeProcess::Start(kRoutes);
  ASSERT_NE(node, nullptr);
  std::vector<std::unique_ptr<Reader>> readers;
  for (int r = 0; r < kReaders; ++r) {
    readers.push_back(std::make_unique<Reader>(node.get(), "/feed"));
    readers.back()->Connect();
    ASSERT_EQ(readers.back()->NextLine(), "position");
  }
  std::vector<std::thread> publishers;
  for (int p = 0; p < kPublishers; ++p) {
    publishers.emplace_back([&, p] {
      BrokerCalls broker(node->control());
      for (int i = 0; i < kEach; ++i) {
        broker.PublishText("kept:news", i % 7 == 0 ? "elsewhere" : "today",
                           absl::StrCat(p, ":", i));
      }
    });
  }
  std::vector<std::vector<std::string>> seen(kReaders);
  std::vector<int> returns(kReaders);
  std::vector<std::thread> threads;
  for (int r = 0; r < kReaders; ++r) {
    threads.emplace_back([&, r] {
      std::mt19937 random(static_cast<uint32_t>(r));
      Reader& reader = *readers[static_cast<size_t>(r)];
      auto& mine = seen[static_cast<size_t>(r)];
      while (true) {
        for (uint32_t left = random() % 150; left > 0; --left) {
          const std::string line = reader.NextLine();
          if (line == "end") return;
          if (line == "nothing") return;
          if (line != "position") mine.push_back(line);
        }
        reader.Leave();
        ++returns[static_cast<size_t>(r)];
        reader.Connect();
      }
    });
  }
  for (std::thread& publisher : publishers) publisher.join();
  Publish(*node, "kept:news", "today", "end");
  for (std::thread& thread : threads) thread.join();

  // The history's own order is what everybody has to have seen.
  std::vector<std::string> order;
  json request = {{"namespace", "kept:news"}, {"topic", "today"}, {"limit", 1000}};
  while (true) {
    const json page = Call(*node, "History", request);
    for (const json& entry : page["entries"]) order.push_back(entry["message"]["data"]["text"]);
    request["since"] = page["next"];
    if (page["next"] == page["head"]) break;
  }
  ASSERT_FALSE(order.empty());
  EXPECT_EQ(order.back(), "end");
  order.pop_back();
  EXPECT_EQ(order.size(), kPublishers * (kEach - (kEach + 6) / 7));
  for (int r = 0; r < kReaders; ++r) {
    EXPECT_EQ(seen[static_cast<size_t>(r)], order) << "reader " << r;
    EXPECT_GT(returns[static_cast<size_t>(r)], 10) << "reader " << r;
  }
  EXPECT_EQ(node->Metric("hookcast_resumes_total{result=\"gap\"}"), 0);
  EXPECT_GT(node->Metric("hookcast_replayed_total"), 0);
}

TEST(HistoryTest, ATopicSinceAPositionIsRecalledAndThePositionSaysSoMeanwhile) {
  auto node = NodeProcess::Start(kRoutes);
  ASSERT_NE(node, nullptr);
  Publish(*node, "/rooms/a", "news", "1");
  Publish(*node, "/rooms/a", "news", "2");
  auto client = node->Connect("/rooms/a", {.subprotocols = {"hookcast.v1.json"}});
  ASSERT_NE(client, nullptr);
  const json open = json::parse(client->ReceiveMessage()->payload);
  const json position = json::parse(client->ReceiveMessage()->payload);
  EXPECT_EQ(position["type"], "position");
  const json history = Call(*node, "History", {{"namespace", "/rooms/a"}});
  const json since = history["entries"][0]["position"];
  Call(*node, "Subscribe",
       {{"peers", {{"peer", open["peer"]}}}, {"topic", "news"}, {"since", since}});
  const std::string before = position["position"];
  EXPECT_EQ(json::parse(client->ReceiveMessage()->payload)["position"], before + "!");
  const json recalled = json::parse(client->ReceiveMessage()->payload);
  EXPECT_EQ(recalled["data"], "2");
  EXPECT_FALSE(recalled.contains("position"));
  EXPECT_EQ(json::parse(client->ReceiveMessage()->payload)["position"], before);
  Publish(*node, "/rooms/a", "news", "3");
  const json live = json::parse(client->ReceiveMessage()->payload);
  EXPECT_EQ(live["data"], "3");
  EXPECT_TRUE(live.contains("position"));

  auto plain = node->Connect("/plain", {.subprotocols = {"hookcast.v1.json"}});
  const json other = json::parse(plain->ReceiveMessage()->payload);
  const json refused = Call(*node, "Subscribe",
                            {{"peers", {{"peer", other["peer"]}}},
                             {"topic", "news"},
                             {"since", {{"epoch", "1"}, {"sequence", "1"}}}},
                            400);
  EXPECT_EQ(refused["code"], "invalid_argument");
  EXPECT_THAT(std::string(refused["message"]), HasSubstr("keeps no history"));
}

class ResumeHookTest : public ::testing::TestWithParam<bool> {};

TEST_P(ResumeHookTest, TellsTheApplicationWhatAClientThatCameBackGot) {
  ScriptedApplication application;
  application.session = GetParam();
  std::atomic<uint64_t> resumed_from = 0;
  application.on_open = [&](const v1::OpenRequest& request, v1::HookReply* reply) {
    if (request.has_resume()) resumed_from = request.resume().sequence();
    Subscribe(reply, "chat");
    return grpc::Status::OK;
  };
  application.on_resume = [&](const v1::ResumeRequest&, v1::HookReply* reply) {
    SendText(reply, "welcome back");
    return grpc::Status::OK;
  };
  ASSERT_TRUE(application.Start());
  auto node = NodeProcess::Start(
      absl::StrCat("shards: 2\nroutes:\n  - path: /chat\n    application: ", application.address(),
                   "\n    hooks: [open, close, resume]\n    history: { size: 10, age: 1m }\n"));
  ASSERT_NE(node, nullptr);
  Reader reader(node.get(), "/chat");
  reader.Connect();
  EXPECT_EQ(reader.NextLine(), "position");
  Publish(*node, "/chat", "chat", "1");
  EXPECT_EQ(reader.NextLine(), "1");
  reader.Leave();
  application.WaitFor("close");
  Publish(*node, "/chat", "chat", "2");
  Publish(*node, "/chat", "chat", "3");
  reader.Connect();
  EXPECT_THAT(reader.NextLines(4), ElementsAre("2", "3", "position", "welcome back"));
  EXPECT_EQ(resumed_from, 1);
  EXPECT_EQ(application.WaitFor("resume").text, "2");
}

INSTANTIATE_TEST_SUITE_P(HookTransports, ResumeHookTest, ::testing::Values(true, false),
                         [](const auto& info) { return info.param ? "ByStream" : "ByCall"; });

TEST(HistoryTest, TheCommandLineListsIt) {
  auto node = NodeProcess::Start(kRoutes);
  ASSERT_NE(node, nullptr);
  for (int i = 1; i <= 4; ++i)
    Publish(*node, "/rooms/a", i == 2 ? "news" : "chat", absl::StrCat(i));
  const auto cli = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--server", node->control()});
    return RunCli(std::move(arguments));
  };
  const CliResult all = cli({"history", "/rooms/a"});
  EXPECT_EQ(all.exit_code, 0) << all.output;
  EXPECT_THAT(all.output, HasSubstr("3 messages\n"));
  EXPECT_THAT(all.output, ::testing::Not(HasSubstr("1 B  1\n"))) << "three are kept";
  EXPECT_THAT(cli({"history", "/rooms/a", "--topic", "news"}).output, HasSubstr("1 message\n"));
  const json entry = Call(*node, "History", {{"namespace", "/rooms/a"}})["entries"][1];
  const std::string position = absl::StrCat(std::string(entry["position"]["epoch"]), ".",
                                            std::string(entry["position"]["sequence"]));
  EXPECT_THAT(all.output, HasSubstr(position));
  EXPECT_THAT(cli({"history", "/rooms/a", "--since", position}).output, HasSubstr("1 message\n"));
  EXPECT_THAT(cli({"history", "/rooms/a", "--since", "1.1"}).output, HasSubstr("begins with"));
  const CliResult none = cli({"history", "/plain"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.output, HasSubstr("history.size"));
}

}  // namespace
}  // namespace hookcast::testing

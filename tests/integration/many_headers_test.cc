// A handshake with more header than a node takes is refused as a whole: it is never judged, nor
// shown to the application, by the part of it that fitted.

#include <gtest/gtest.h>

#include <string>

#include "tests/integration/client/event_stream_client.h"
#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

constexpr int kLimit = 100;  // http.max_headers where nothing else was set

// A handshake of that many header lines in all, the two that ask for WebSocket first or last.
std::string Handshake(int lines, bool upgrade_first) {
  const std::string upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  std::string request = "GET /a HTTP/1.1\r\n";
  if (upgrade_first) request += upgrade;
  request +=
      "Host: example.com\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Version: 13\r\n";
  for (int i = 0; i < lines - 5; ++i) request += "X-" + std::to_string(i) + ": y\r\n";
  if (!upgrade_first) request += upgrade;
  return request + "\r\n";
}

// The same for an event stream, with what asks for it first or last.
std::string StreamRequest(int lines, bool accept_first) {
  const std::string accept = "Accept: text/event-stream\r\n";
  std::string request = "GET /a HTTP/1.1\r\n";
  if (accept_first) request += accept;
  request += "Host: example.com\r\n";
  for (int i = 0; i < lines - 2; ++i) request += "X-" + std::to_string(i) + ": y\r\n";
  if (!accept_first) request += accept;
  return request + "\r\n";
}

class ManyHeadersTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(application_.Start());
    node_ = NodeProcess::Start(
        "shards: 1\nroutes:\n  - { path: /a, transports: [websocket, sse], application: \"dns:///" +
        application_.address() + "\" }\n");
    ASSERT_NE(node_, nullptr);
  }

  void ExpectRefused(const std::string& request) {
    const auto response = RawExchange(node_->clients(), request, std::chrono::seconds(10));
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->status, 431) << response->raw.substr(0, 200);
    EXPECT_TRUE(response->closed);
    EXPECT_FALSE(response->body.empty());
  }

  ScriptedApplication application_;
  std::unique_ptr<NodeProcess> node_;
};

TEST_P(ManyHeadersTest, B08AHandshakeOfTooManyHeadersIsRefusedWhole) {
  for (const int lines : {kLimit + 1, 2'000, 20'000}) {
    SCOPED_TRACE(lines);
    ExpectRefused(Handshake(lines, GetParam()));
  }
  EXPECT_TRUE(node_->MetricBecomes("hookcast_connections_refused_total{cause=\"too_large\"}", 3));
  EXPECT_TRUE(application_.entries().empty()) << "nobody was asked";
  EXPECT_TRUE(node_->MetricBecomes("hookcast_connections", 0));
  EXPECT_NE(node_->Connect("/a"), nullptr) << "the node lives";
}

TEST_P(ManyHeadersTest, B08AHandshakeOfAsManyHeadersAsAreTakenKeepsThemAll) {
  // Right behind it a Close, so that the exchange comes to an end.
  const auto response = RawExchange(
      node_->clients(), Handshake(kLimit, GetParam()) + std::string("\x88\x80\x00\x00\x00\x00", 6),
      std::chrono::seconds(10));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 101);
  const v1::Request request = application_.WaitFor("upgrade").request;
  EXPECT_EQ(request.headers_size(), kLimit);
  int fillers = 0;
  for (const auto& header : request.headers()) fillers += header.name().starts_with("X-");
  EXPECT_EQ(fillers, kLimit - 5);
}

TEST_P(ManyHeadersTest, B08OneHeaderOf64KiBIsRefused) {
  std::string request = Handshake(5, GetParam());
  request.insert(request.find("Host:"), "X-Large: " + std::string(64 * 1024, 'x') + "\r\n");
  ExpectRefused(request);
  EXPECT_TRUE(application_.entries().empty());
  EXPECT_NE(node_->Connect("/a"), nullptr);
}

TEST_P(ManyHeadersTest, B08ARequestOfTooManyHeadersForAnEventStreamIsRefusedWhole) {
  for (const int lines : {kLimit + 1, 2'000, 20'000}) {
    SCOPED_TRACE(lines);
    ExpectRefused(StreamRequest(lines, GetParam()));
  }
  std::string large = StreamRequest(2, GetParam());
  large.insert(large.find("Host:"), "X-Large: " + std::string(64 * 1024, 'x') + "\r\n");
  ExpectRefused(large);
  EXPECT_TRUE(node_->MetricBecomes("hookcast_connections_refused_total{cause=\"too_large\"}", 4));
  EXPECT_TRUE(application_.entries().empty()) << "nobody was asked";
  EXPECT_TRUE(node_->MetricBecomes("hookcast_connections", 0));
  EXPECT_TRUE(EventStreamClient::Connect(node_->clients(), "/a").ok()) << "the node lives";
}

TEST_P(ManyHeadersTest, B08AnEventStreamsRequestOfAsManyHeadersAsAreTakenKeepsThemAll) {
  EventStreamClient::Options options;
  for (int i = 0; i < kLimit - 2; ++i) options.headers.emplace_back("X-" + std::to_string(i), "y");
  const auto client = EventStreamClient::Connect(node_->clients(), "/a", options);
  ASSERT_TRUE(client.ok()) << client.status();
  const v1::Request request = application_.WaitFor("upgrade").request;
  EXPECT_EQ(request.headers_size(), kLimit);
  int fillers = 0;
  for (const auto& header : request.headers()) fillers += header.name().starts_with("X-");
  EXPECT_EQ(fillers, kLimit - 2);
}

INSTANTIATE_TEST_SUITE_P(Upgrade, ManyHeadersTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "First" : "Last"; });

}  // namespace
}  // namespace hookcast::testing

// What is malformed is answered with the right code and a reason, and harms nobody else.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/node_process.h"

namespace hookcast::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using Received = WebSocketClient::Received;

constexpr std::string_view kConfig = R"(
shards: 2
http: { header_timeout: 1s }
routes:
  - { path: /echo, static: { on_message: echo }, limits: { message: 1000 } }
)";

constexpr std::string_view kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
constexpr std::string_view kVersion = "Sec-WebSocket-Version: 13\r\n";
constexpr std::string_view kUpgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
constexpr std::string_view kHost = "Host: example.com\r\n";

std::string Join(std::initializer_list<std::string_view> parts) {
  std::string joined;
  for (const std::string_view part : parts) joined.append(part);
  return joined;
}

struct BadHandshake {
  const char* name;
  std::string request;
  int status;
  const char* body;  // part of it
};

class BadInputTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { node_ = NodeProcess::Start(kConfig).release(); }
  static void TearDownTestSuite() { delete std::exchange(node_, nullptr); }
  void SetUp() override { ASSERT_NE(node_, nullptr); }
  // Whatever was sent before, the next client is served.
  void TearDown() override {
    auto client = node_->Connect("/echo");
    ASSERT_NE(client, nullptr);
    ASSERT_TRUE(client->SendText("still here").ok());
    EXPECT_EQ(client->ReceiveMessage()->payload, "still here");
  }

  static NodeProcess* node_;
};
NodeProcess* BadInputTest::node_ = nullptr;

TEST_F(BadInputTest, MalformedHandshakesAreRefusedWithAReason) {
  const std::string line = "GET /echo HTTP/1.1\r\n";
  const std::string many_headers = [] {
    std::string headers;
    for (int i = 0; i < 2000; ++i) headers += "X-" + std::to_string(i) + ": y\r\n";
    return headers;
  }();
  const BadHandshake cases[] = {
      {"no route", Join({"GET /nowhere HTTP/1.1\r\n", kHost, kUpgrade, kKey, kVersion, "\r\n"}),
       404, "route"},
      {"plain GET", Join({line, kHost, "\r\n"}), 426, "pgrade"},
      {"POST", Join({"POST /echo HTTP/1.1\r\n", kHost, kUpgrade, kKey, kVersion, "\r\n"}), 405,
       "GET"},
      {"no host", Join({line, kUpgrade, kKey, kVersion, "\r\n"}), 400, "Host"},
      {"two hosts", Join({line, kHost, kHost, kUpgrade, kKey, kVersion, "\r\n"}), 400, "Host"},
      {"no key", Join({line, kHost, kUpgrade, kVersion, "\r\n"}), 400, "Sec-WebSocket-Key"},
      {"short key", Join({line, kHost, kUpgrade, "Sec-WebSocket-Key: YWJj\r\n", kVersion, "\r\n"}),
       400, "Sec-WebSocket-Key"},
      {"two keys", Join({line, kHost, kUpgrade, kKey, kKey, kVersion, "\r\n"}), 400,
       "Sec-WebSocket-Key"},
      {"old version", Join({line, kHost, kUpgrade, kKey, "Sec-WebSocket-Version: 8\r\n", "\r\n"}),
       426, "13"},
      {"no connection", Join({line, kHost, "Upgrade: websocket\r\n", kKey, kVersion, "\r\n"}), 400,
       "Connection"},
      {"HTTP/1.0", Join({"GET /echo HTTP/1.0\r\n", kHost, kUpgrade, kKey, kVersion, "\r\n"}), 400,
       "HTTP/1.1"},
      {"junk", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400, "HTTP"},
      {"absolute junk", "hello there\r\n\r\n", 400, "HTTP"},
      {"too many headers", Join({line, kHost, many_headers, kUpgrade, kKey, kVersion, "\r\n"}), 431,
       "header"},
      {"one large header",
       Join({line, kHost, "X-Large: ", std::string(64 * 1024, 'x'), "\r\n\r\n"}), 431, "bytes"},
      {"long target",
       Join({"GET /echo?", std::string(9000, 'q'), " HTTP/1.1\r\n", kHost, kUpgrade, kKey, kVersion,
             "\r\n"}),
       414, "target"},
      {"a body", Join({line, kHost, kUpgrade, kKey, kVersion, "Content-Length: 5\r\n\r\nhello"}),
       413, "body"},
  };
  for (const BadHandshake& bad : cases) {
    const auto response = RawExchange(node_->clients(), bad.request, seconds(10));
    ASSERT_TRUE(response.ok()) << bad.name << ": " << response.status();
    EXPECT_EQ(response->status, bad.status) << bad.name << ": " << response->raw;
    EXPECT_THAT(response->body, HasSubstr(bad.body)) << bad.name;
    EXPECT_TRUE(response->closed) << bad.name;
  }
}

TEST_F(BadInputTest, AnOldVersionIsToldWhichOneWouldDo) {
  const auto response = RawExchange(
      node_->clients(),
      Join({"GET /echo HTTP/1.1\r\n", kHost, kUpgrade, kKey, "Sec-WebSocket-Version: 7\r\n\r\n"}),
      seconds(10));
  EXPECT_EQ(response->header("Sec-WebSocket-Version"), "13");
}

TEST_F(BadInputTest, ARequestThatDripsIsEndedByTheDeadline) {
  const auto response = RawExchange(node_->clients(), "GET /echo HTTP/1.1\r\nHo", seconds(10));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 408);
  EXPECT_TRUE(response->closed);
}

TEST_F(BadInputTest, BytesBehindTheHandshakeAreKept) {
  // A masked text frame "Hi", sent together with the request.
  const std::string frame("\x81\x82\x00\x00\x00\x00Hi", 8);
  const auto response =
      RawExchange(node_->clients(),
                  Join({"GET /echo HTTP/1.1\r\n", kHost, kUpgrade, kKey, kVersion, "\r\n", frame,
                        std::string("\x88\x80\x00\x00\x00\x00", 6)}),
                  seconds(10));
  EXPECT_EQ(response->status, 101);
  EXPECT_THAT(response->body, HasSubstr("\x81\x02Hi"));
}

struct BadFrame {
  const char* name;
  uint8_t opcode;
  bool fin;
  std::string payload;
  uint8_t rsv;
  bool masked;
  uint16_t close_code;
};

TEST_F(BadInputTest, BadFramesAreClosedWithTheRightCode) {
  const BadFrame cases[] = {
      {"unmasked", 1, true, "x", 0, false, 1002},
      {"reserved bit", 1, true, "x", 4, true, 1002},
      {"reserved opcode", 3, true, "x", 0, true, 1002},
      {"reserved control opcode", 11, true, "x", 0, true, 1002},
      {"continuation of nothing", 0, true, "x", 0, true, 1002},
      {"fragmented ping", 9, false, "x", 0, true, 1002},
      {"long ping", 9, true, std::string(126, 'x'), 0, true, 1002},
      {"text that is not UTF-8", 1, true, "\xff", 0, true, 1007},
      {"text cut in a code point", 1, true, "\xC3", 0, true, 1007},
      {"too large", 1, true, std::string(1001, 'x'), 0, true, 1009},
      {"close with half a code", 8, true, "\x03", 0, true, 1002},
      {"close with a forbidden code", 8, true, std::string("\x03\xED", 2), 0, true, 1002},
      {"close with a reason that is not UTF-8", 8, true, std::string("\x03\xE8\xff", 3), 0, true,
       1007},
  };
  for (const BadFrame& bad : cases) {
    auto client = node_->Connect("/echo");
    ASSERT_TRUE(client->SendFrame(bad.opcode, bad.fin, bad.payload, bad.rsv, bad.masked).ok());
    const auto received = client->ReceiveMessage();
    ASSERT_TRUE(received.ok()) << bad.name << ": " << received.status();
    EXPECT_EQ(received->kind, Received::kClose) << bad.name;
    EXPECT_EQ(received->close_code, bad.close_code) << bad.name;
    EXPECT_FALSE(received->payload.empty()) << bad.name;
    EXPECT_EQ(client->Receive()->kind, Received::kEof) << bad.name;
  }
}

TEST_F(BadInputTest, MillionsOfEmptyFragmentsAreBounded) {
  auto client = node_->Connect("/echo");
  ASSERT_TRUE(client->SendFrame(1, false, "").ok());
  std::string empty_continuations;
  for (int i = 0; i < 10'000; ++i) empty_continuations.append("\x00\x80\x00\x00\x00\x00", 6);
  // The node may stop listening before all is sent.
  for (int i = 0; i < 11 && client->SendRaw(empty_continuations).ok(); ++i) {
  }
  const auto received = client->ReceiveMessage();
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(received->close_code, 1009);
}

}  // namespace
}  // namespace hookcast::testing

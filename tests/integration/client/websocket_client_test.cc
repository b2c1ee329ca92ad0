#include "tests/integration/client/websocket_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "tests/integration/client/accept_key.h"
#include "tests/integration/client/scripted_server.h"

namespace hookcast::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using Peer = ScriptedServer::Peer;
using Received = WebSocketClient::Received;

constexpr milliseconds kShort{50};

std::unique_ptr<WebSocketClient> MustConnect(const ScriptedServer& server,
                                             WebSocketClient::Options options = {}) {
  absl::StatusOr<std::unique_ptr<WebSocketClient>> client =
      WebSocketClient::Connect(server.host_port(), "/path", std::move(options));
  EXPECT_TRUE(client.ok()) << client.status();
  return client.ok() ? *std::move(client) : nullptr;
}

// What the client makes of `bytes` that a server sends right after the handshake.
absl::StatusOr<Received> ReceiveOf(std::string bytes) {
  ScriptedServer server([&bytes](Peer& peer) {
    peer.Accept();
    peer.Send(bytes);
    peer.ReadToEnd();
  });
  const std::unique_ptr<WebSocketClient> client = MustConnect(server);
  return client->Receive(milliseconds(2000));
}

std::string Bytes(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes.push_back(static_cast<char>(value));
  return bytes;
}

TEST(WebSocketAcceptTest, AnswersTheKeyOfTheRfcsExample) {
  EXPECT_EQ(WebSocketAccept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocketClientTest, ReceivesFramesThatCameWithTheHandshake) {
  ScriptedServer server([](Peer& peer) {
    peer.Accept("", "\x81\x02hi");
    peer.ReadToEnd();
  });
  const std::unique_ptr<WebSocketClient> client = MustConnect(server);
  const absl::StatusOr<Received> received = client->Receive();
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(received->kind, Received::kText);
  EXPECT_EQ(received->payload, "hi");
}

TEST(WebSocketClientTest, SendsTheHandshakeWithItsHeadersAndSubprotocols) {
  std::string request;
  {
    ScriptedServer server([&request](Peer& peer) {
      request = peer.ReadRequest();
      peer.Send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    });
    WebSocketClient::Options options;
    options.headers = {{"X-Token", "t"}, {"host", "elsewhere"}};
    options.subprotocols = {"a", "b"};
    EXPECT_FALSE(WebSocketClient::Connect(server.host_port(), "/x?y=1", options).ok());
  }
  EXPECT_THAT(request, HasSubstr("GET /x?y=1 HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nSec-WebSocket-Version: 13\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nSec-WebSocket-Protocol: a, b\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nX-Token: t\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nhost: elsewhere\r\n"));
  EXPECT_THAT(request, ::testing::Not(HasSubstr("\r\nHost:")));
}

TEST(WebSocketClientTest, ARefusalsErrorCarriesStatusAndBody) {
  ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 8\r\n\r\nno entry");
  });
  const auto client = WebSocketClient::Connect(server.host_port(), "/");
  EXPECT_EQ(client.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(client.status().message()), HasSubstr("HTTP 401 Unauthorized: no entry"));
}

TEST(WebSocketClientTest, AWrongAcceptValueIsAnError) {
  ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  });
  EXPECT_EQ(WebSocketClient::Connect(server.host_port(), "/").status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(WebSocketClientTest, ASubprotocolThatWasNotOfferedIsAnError) {
  ScriptedServer server([](Peer& peer) { peer.Accept("Sec-WebSocket-Protocol: c\r\n"); });
  WebSocketClient::Options options;
  options.subprotocols = {"a", "b"};
  EXPECT_EQ(WebSocketClient::Connect(server.host_port(), "/", options).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(WebSocketClientTest, AServerThatNeverAnswersTheHandshakeIsADeadlineExceeded) {
  ScriptedServer server([](Peer& peer) { peer.ReadToEnd(); });
  WebSocketClient::Options options;
  options.timeout = kShort;
  EXPECT_EQ(WebSocketClient::Connect(server.host_port(), "/", options).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(WebSocketClientTest, NobodyListeningIsUnavailable) {
  std::string host_port;
  {
    host_port = ScriptedServer([](Peer&) {}).host_port();
  }
  const auto client = WebSocketClient::Connect(host_port, "/");
  EXPECT_EQ(client.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(client.status().message()), HasSubstr(host_port));
}

TEST(WebSocketClientTest, TryUpgradeTellsThatTheServerClosedAfterARefusal) {
  ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 404 Not Found\r\nX-Why: route\r\nContent-Length: 3\r\n\r\nabc");
  });
  const absl::StatusOr<HttpResponse> response =
      WebSocketClient::TryUpgrade(server.host_port(), "/");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->reason, "Not Found");
  EXPECT_EQ(response->header("x-why"), "route");
  EXPECT_EQ(response->body, "abc");
  EXPECT_TRUE(response->closed);
  EXPECT_FALSE(response->reset);
}

TEST(WebSocketClientTest, TryUpgradeTellsThatTheServerKeptTheConnection) {
  ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc");
    peer.ReadToEnd();
  });
  WebSocketClient::Options options;
  options.timeout = milliseconds(2'000);
  const absl::StatusOr<HttpResponse> response =
      WebSocketClient::TryUpgrade(server.host_port(), "/", options);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "abc");
  EXPECT_FALSE(response->closed);
}

TEST(WebSocketClientTest, SendsMaskedFramesWithTheShortestLength) {
  std::string head;
  std::string medium;
  std::string large;
  {
    ScriptedServer server([&](Peer& peer) {
      peer.Accept();
      head = peer.Read(2 + 4 + 2);
      medium = peer.Read(2 + 2 + 4 + 126);
      large = peer.Read(2 + 8 + 4 + 65536);
    });
    const std::unique_ptr<WebSocketClient> client = MustConnect(server);
    EXPECT_TRUE(client->SendText("hi").ok());
    EXPECT_TRUE(client->SendBinary(std::string(126, 'x')).ok());
    EXPECT_TRUE(client->SendFrame(0x2, false, std::string(65536, 'y'), 4).ok());
  }
  EXPECT_EQ(head.substr(0, 2), "\x81\x82");
  EXPECT_EQ(head[6] ^ head[2], 'h');
  EXPECT_EQ(head[7] ^ head[3], 'i');
  EXPECT_EQ(medium.substr(0, 4), Bytes({0x82, 0xfe, 0, 126}));
  EXPECT_EQ(medium[8 + 125] ^ medium[4 + 1], 'x');
  EXPECT_EQ(large.substr(0, 10), Bytes({0x42, 0xff, 0, 0, 0, 0, 0, 1, 0, 0}));
  EXPECT_EQ(large[14 + 65535] ^ large[10 + 3], 'y');
}

TEST(WebSocketClientTest, SendsUnmaskedFramesAndRawBytesWhenTold) {
  std::string all;
  {
    ScriptedServer server([&all](Peer& peer) {
      peer.Accept();
      all = peer.ReadToEnd();
    });
    const std::unique_ptr<WebSocketClient> client = MustConnect(server);
    EXPECT_TRUE(client->SendFrame(0x1, true, "hi", 0, false).ok());
    EXPECT_TRUE(client->SendRaw("raw").ok());
    client->ShutdownWrite();
    EXPECT_EQ(client->Receive()->kind, Received::kEof);
  }
  EXPECT_EQ(all, "\x81\x02hiraw");
}

TEST(WebSocketClientTest, JoinsFragmentsAndTellsControlFramesBetweenThemFirst) {
  ScriptedServer server([](Peer& peer) {
    peer.Accept();
    peer.Send(Bytes({0x02, 2, 'a', 'b', 0x89, 1, 'p', 0x80, 1, 'c'}));
    peer.ReadToEnd();
  });
  const std::unique_ptr<WebSocketClient> client = MustConnect(server);
  const absl::StatusOr<Received> ping = client->Receive();
  ASSERT_TRUE(ping.ok()) << ping.status();
  EXPECT_EQ(ping->kind, Received::kPing);
  EXPECT_EQ(ping->payload, "p");
  const absl::StatusOr<Received> message = client->Receive();
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->kind, Received::kBinary);
  EXPECT_EQ(message->payload, "abc");
  EXPECT_EQ(message->frames, 2);
}

TEST(WebSocketClientTest, ReceiveMessageAnswersPingsAndSkipsPongs) {
  std::string pong;
  {
    ScriptedServer server([&pong](Peer& peer) {
      peer.Accept();
      peer.Send(Bytes({0x8a, 0, 0x89, 1, 'p'}));
      pong = peer.Read(2 + 4 + 1);
      peer.Send("\x81\x01m");
      peer.ReadToEnd();
    });
    const std::unique_ptr<WebSocketClient> client = MustConnect(server);
    const absl::StatusOr<Received> message = client->ReceiveMessage();
    ASSERT_TRUE(message.ok()) << message.status();
    EXPECT_EQ(message->payload, "m");
  }
  EXPECT_EQ(pong.substr(0, 2), "\x8a\x81");
  EXPECT_EQ(pong[6] ^ pong[2], 'p');
}

TEST(WebSocketClientTest, ReadsTheCodeAndReasonOfCloseAndThenTheEnd) {
  ScriptedServer server([](Peer& peer) {
    peer.Accept();
    peer.Send(Bytes({0x88, 5, 0x03, 0xf4, 'b', 'y', 'e'}));
  });
  const std::unique_ptr<WebSocketClient> client = MustConnect(server);
  const absl::StatusOr<Received> close = client->Receive();
  ASSERT_TRUE(close.ok()) << close.status();
  EXPECT_EQ(close->kind, Received::kClose);
  EXPECT_EQ(close->close_code, 1012);
  EXPECT_EQ(close->payload, "bye");
  EXPECT_EQ(client->Receive()->kind, Received::kEof);
  EXPECT_EQ(client->Receive()->kind, Received::kEof);
}

TEST(WebSocketClientTest, ACloseWithoutACodeIs1005) {
  const absl::StatusOr<Received> close = ReceiveOf(Bytes({0x88, 0}));
  ASSERT_TRUE(close.ok()) << close.status();
  EXPECT_EQ(close->close_code, 1005);
}

TEST(WebSocketClientTest, TellsAResetFromAnEnd) {
  ScriptedServer server([](Peer& peer) {
    peer.Accept();
    peer.Read(1);
    peer.Reset();
  });
  const std::unique_ptr<WebSocketClient> client = MustConnect(server);
  ASSERT_TRUE(client->SendRaw("x").ok());
  const absl::StatusOr<Received> end = client->Receive();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->kind, Received::kReset);
}

TEST(WebSocketClientTest, CloseHandshakeSkipsMessagesAndAwaitsTheEnd) {
  ScriptedServer server([](Peer& peer) {
    peer.Accept("", "\x81\x01m");
    peer.Read(2 + 4 + 2);
    peer.Send(Bytes({0x88, 2, 0x03, 0xe8}));
  });
  const std::unique_ptr<WebSocketClient> client = MustConnect(server);
  const absl::StatusOr<Received> close = client->CloseHandshake();
  ASSERT_TRUE(close.ok()) << close.status();
  EXPECT_EQ(close->close_code, 1000);
}

TEST(WebSocketClientTest, CloseHandshakeFailsWhereTheServerEndsWithoutClose) {
  ScriptedServer server([](Peer& peer) {
    peer.Accept();
    peer.Read(2 + 4 + 2);
  });
  EXPECT_EQ(MustConnect(server)->CloseHandshake().status().code(), absl::StatusCode::kDataLoss);
}

TEST(WebSocketClientTest, SilenceIsADeadlineExceededAndTheClientGoesOn) {
  ScriptedServer server([](Peer& peer) {
    peer.Accept();
    peer.Read(1);
    peer.Send("\x81\x02hi");
    peer.ReadToEnd();
  });
  const std::unique_ptr<WebSocketClient> client = MustConnect(server);
  EXPECT_EQ(client->Receive(kShort).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(client->NothingArrivesWithin(kShort));
  ASSERT_TRUE(client->SendRaw("x").ok());
  EXPECT_FALSE(client->NothingArrivesWithin(milliseconds(5000)));
  EXPECT_EQ(client->Receive()->payload, "hi");
}

TEST(WebSocketClientTest, AServerThatDoesNotReadIsADeadlineExceededOfSend) {
  std::promise<void> gave_up;
  ScriptedServer server([&gave_up](Peer& peer) {
    peer.Accept();
    gave_up.get_future().wait();
  });
  WebSocketClient::Options options;
  options.timeout = milliseconds(2'000);
  const std::unique_ptr<WebSocketClient> client = MustConnect(server, options);
  EXPECT_EQ(client->SendBinary(std::string(64 << 20, 'x')).code(),
            absl::StatusCode::kDeadlineExceeded);
  gave_up.set_value();
}

struct Violation {
  const char* name;
  std::string bytes;
};

class ViolationTest : public ::testing::TestWithParam<Violation> {};

TEST_P(ViolationTest, IsADataLoss) {
  const absl::StatusOr<Received> received = ReceiveOf(GetParam().bytes);
  ASSERT_FALSE(received.ok());
  EXPECT_EQ(received.status().code(), absl::StatusCode::kDataLoss) << received.status();
}

INSTANTIATE_TEST_SUITE_P(
    OfTheServer, ViolationTest,
    ::testing::Values(Violation{"MaskedFrame", Bytes({0x81, 0x81, 1, 2, 3, 4, 5})},
                      Violation{"ReservedBit", Bytes({0xc1, 0})},
                      Violation{"ReservedDataOpcode", Bytes({0x83, 0})},
                      Violation{"ReservedControlOpcode", Bytes({0x8b, 0})},
                      Violation{"ContinuationOfNothing", Bytes({0x80, 0})},
                      Violation{"MessageInsideAMessage", Bytes({0x01, 0, 0x81, 0})},
                      Violation{"FragmentedPing", Bytes({0x09, 0})},
                      Violation{"LongPing", Bytes({0x89, 126, 0, 126})},
                      Violation{"LongLengthForAShortPayload", Bytes({0x81, 126, 0, 125})},
                      Violation{"CloseBodyOfOneByte", Bytes({0x88, 1, 3})},
                      Violation{"TextThatIsNotUtf8", Bytes({0x81, 2, 0xc0, 0x80})},
                      Violation{"TextThatHoldsASurrogate", Bytes({0x81, 3, 0xed, 0xa0, 0x80})},
                      Violation{"TextCutInACodePoint", Bytes({0x81, 2, 0xe2, 0x82})}),
    [](const ::testing::TestParamInfo<Violation>& info) { return info.param.name; });

}  // namespace
}  // namespace hookcast::testing

#include "tests/integration/client/event_stream_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/client/scripted_server.h"

namespace hookcast::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using Client = EventStreamClient;
using Event = EventStreamClient::Event;
using Peer = ScriptedServer::Peer;

constexpr char kHead[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr char kBareHead[] = "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

// A server that answers any request with these bytes and ends the connection, and its client.
class Exchange {
 public:
  explicit Exchange(std::string answer)
      : server_([answer = std::move(answer)](Peer& peer) {
          peer.ReadRequest();
          peer.Send(answer);
        }),
        client_(Client::Connect(server_.host_port(), "/events")) {}

  const absl::Status& status() const { return client_.status(); }
  Client* operator->() { return client_->get(); }

 private:
  ScriptedServer server_;
  absl::StatusOr<std::unique_ptr<Client>> client_;
};

TEST(EventStreamClientTest, AsksForAnEventStream) {
  std::string request;
  {
    ScriptedServer server([&request](Peer& peer) { request = peer.ReadRequest(); });
    EXPECT_FALSE(Client::Connect(server.host_port(), "/events?topic=a",
                                 {.headers = {{"Last-Event-ID", "7"}}})
                     .ok());
  }
  EXPECT_TRUE(request.starts_with("GET /events?topic=a HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(request, HasSubstr("\r\nAccept: text/event-stream\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nLast-Event-ID: 7\r\n"));
}

TEST(EventStreamClientTest, EventsComeInOrderWhereverTheChunksAreCut) {
  Exchange exchange(absl::StrCat(kHead,
                                 "9\r\nid: 1\ndat\r\n"
                                 "0000000A\r\na: x\n\ndata\r\n"
                                 "6\r\n: y\n\n:\r\n"
                                 "2\r\n\n\n\r\n"
                                 "0\r\n\r\n"));
  ASSERT_TRUE(exchange.status().ok()) << exchange.status();
  EXPECT_EQ(*exchange->Receive(), (Event{"message", "x", "1"}));
  EXPECT_EQ(*exchange->Receive(), (Event{"message", "y", "1"}));
  EXPECT_EQ(exchange->Receive().status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(*exchange->AwaitEnd(), Client::End::kWhole);
  EXPECT_EQ(exchange->chunks().chunks(), 4u);
  EXPECT_EQ(exchange->parser().comments(), 1u);
  EXPECT_EQ(exchange->body(), "id: 1\ndata: x\n\ndata: y\n\n:\n\n");
}

TEST(EventStreamClientTest, WithoutChunksTheConnectionsEndIsTheStreams) {
  Exchange exchange(absl::StrCat(kBareHead, "data: x\n\n"));
  EXPECT_EQ(*exchange->AwaitEnd(), Client::End::kWhole);
  EXPECT_EQ(exchange->Receive()->data, "x");
}

TEST(EventStreamClientTest, AChunkedStreamWithoutItsLastChunkWasCut) {
  Exchange exchange(absl::StrCat(kHead, "9\r\ndata: x\n\n\r\n"));
  EXPECT_EQ(exchange->Receive()->data, "x");
  EXPECT_EQ(*exchange->AwaitEnd(), Client::End::kCut);
}

TEST(EventStreamClientTest, AResetIsToldApart) {
  ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send(absl::StrCat(kHead, "9\r\ndata: x\n\n\r\n"));
    peer.Read(1);  // by then the client has all
    peer.Reset();
  });
  const auto client = Client::Connect(server.host_port(), "/");
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_EQ((*client)->Receive()->data, "x");
  ASSERT_EQ(::send((*client)->fd(), "x", 1, 0), 1);
  EXPECT_EQ(*(*client)->AwaitEnd(), Client::End::kReset);
}

TEST(EventStreamClientTest, MessagesLeaveOutWhatTheNodeSaysItself) {
  Exchange exchange(absl::StrCat(
      kBareHead,
      "event: hookcast.open\ndata: {}\n\nevent: hookcaster\ndata: x\n\n"
      "event: hookcast.gap\ndata: {}\n\nevent: hookcast.binary\ndata: eA==\n\ndata: y\n\n"));
  EXPECT_EQ(*exchange->ReceiveMessage(), (Event{"hookcaster", "x", ""}));
  EXPECT_EQ(exchange->ReceiveMessage()->data, "eA==");
  EXPECT_EQ(exchange->ReceiveMessage()->data, "y");
}

TEST(EventStreamClientTest, AwaitReadsOnAndKeepsTheEvents) {
  Exchange exchange(absl::StrCat(kBareHead, "data: x\n\nid: 5\n\n"));
  const auto moved = [](const Client& client) { return client.parser().last_event_id() == "5"; };
  EXPECT_TRUE(exchange->Await(moved).ok());
  EXPECT_EQ(exchange->parser().blocks_without_data(), 1u);
  EXPECT_EQ(exchange->Receive()->data, "x");
  EXPECT_EQ(exchange->Await([](const Client&) { return false; }).code(),
            absl::StatusCode::kOutOfRange);
}

TEST(EventStreamClientTest, NothingWithinTheTimeIsAnErrorOfItsOwn) {
  ScriptedServer server([](Peer& peer) {
    peer.ReadRequest();
    peer.Send(kBareHead);
    peer.ReadToEnd();
  });
  const auto client = Client::Connect(server.host_port(), "/");
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_EQ((*client)->Receive(milliseconds(20)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(EventStreamClientTest, ARefusalIsTold) {
  Exchange exchange("HTTP/1.1 406 Not Acceptable\r\nContent-Length: 3\r\n\r\nno\n");
  EXPECT_EQ(exchange.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(exchange.status().message(), "HTTP 406 Not Acceptable: no\n");
}

TEST(EventStreamClientTest, AnotherContentTypeIsNoEventStream) {
  Exchange exchange("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\ndata: x\n\n");
  EXPECT_EQ(exchange.status().code(), absl::StatusCode::kDataLoss);
  Exchange with_parameter(
      "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream;charset=utf-8\r\n\r\ndata: x\n\n");
  EXPECT_EQ(with_parameter->Receive()->data, "x");
}

TEST(EventStreamClientTest, BrokenChunksAreErrors) {
  for (const char* const broken :
       {"\r\n", "9", "x\r\n", "9;a=b\r\n", "0x9\r\n", " 9\r\n", "9\n", "1\r\nab\r\n",
        "0\r\nTrailer: x\r\n\r\n", "0\r\n\r\nx", "11111111111111111\r\n"}) {
    Exchange exchange(absl::StrCat(kHead, broken));
    const absl::Status status =
        exchange.status().ok() ? exchange->AwaitEnd().status() : exchange.status();
    const bool cut = std::string_view(broken) == "9";
    EXPECT_EQ(status.code(), cut ? absl::StatusCode::kOk : absl::StatusCode::kDataLoss) << broken;
  }
}

}  // namespace
}  // namespace hookcast::testing

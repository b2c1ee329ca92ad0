#include "edge/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/edge/client_socket.h"
#include "tests/unit/edge/polled_loop.h"

namespace hookcast::edge {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class RecordingHandler final : public HttpHandler {
 public:
  struct Asked {
    ConnectionId id;
    HttpRequest request;
  };

  void OnRequest(HttpServer& server, ConnectionId id, HttpRequest request) override {
    EXPECT_EQ(endings.count(id), 0) << "a request of a connection that has ended";
    asked.push_back({id, std::move(request)});
    if (on_request) on_request(server, id);
  }
  void OnEnded(ConnectionId id, HttpEnding how) override {
    EXPECT_TRUE(endings.emplace(id, how).second) << "ended twice";
    order.push_back(how);
  }

  std::function<void(HttpServer&, ConnectionId)> on_request;
  std::vector<Asked> asked;
  std::map<ConnectionId, HttpEnding> endings;
  std::vector<HttpEnding> order;
};

constexpr std::string_view kGet = "GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n";

class HttpServerTest : public testing::Test {
 protected:
  void Start(Duration timeout = std::chrono::seconds(10), const HttpLimits& limits = {}) {
    server_.emplace(&reactor_, &handler_, limits, timeout);
  }

  ClientSocket Connect(int buffer_bytes = 0) {
    Connected connected = ConnectLoopback(buffer_bytes);
    count_.Add(1);
    server_->Adopt(Socket(connected.server, &count_), "192.0.2.1:40312");
    return std::move(connected.client);
  }

  bool RunUntil(absl::FunctionRef<bool()> holds) { return edge::RunUntil(loop_, holds); }

  // Until the server has ended its side or broken the connection; returns all that came.
  std::string ReadToEnd(ClientSocket& client) {
    EXPECT_TRUE(RunUntil([&] {
      client.Pump();
      return client.gone();
    }));
    EXPECT_TRUE(client.ended()) << "a reset destroys what is on its way";
    return client.received();
  }

  void ExpectNothingLeft() {
    EXPECT_TRUE(RunUntil([&] { return server_->size() == 0; }));
    EXPECT_EQ(count_.here.load(), 0);
  }

  ConnectionCount count_;
  ShardLoop loop_{ShardId{0}};
  Reactor reactor_{&loop_};
  RecordingHandler handler_;
  std::optional<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersARequestAndClosesBehindTheAnswer) {
  Start();
  handler_.on_request = [](HttpServer& server, ConnectionId id) {
    EXPECT_EQ(server.remote_address(id), "192.0.2.1:40312");
    server.Respond(id, HttpResponse::Text(200, "hello"));
  };
  ClientSocket client = Connect();
  client.Send(kGet);
  EXPECT_EQ(ReadToEnd(client),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 6\r\nConnection: close\r\n\r\nhello\n");
  ASSERT_EQ(handler_.asked.size(), 1);
  EXPECT_EQ(handler_.asked[0].request.path(), "/a");
  EXPECT_THAT(handler_.order, IsEmpty()) << "the client has not read it for all the server knows";
  client.Close();
  ExpectNothingLeft();
  EXPECT_THAT(handler_.order, ElementsAre(HttpEnding::kAnswered));
  EXPECT_EQ(server_->remote_address(handler_.asked[0].id), "");
}

TEST_F(HttpServerTest, ARequestMayComeByteByByteAndBeAnsweredLater) {
  Start();
  ClientSocket client = Connect();
  for (const char byte : kGet) {
    EXPECT_THAT(handler_.asked, IsEmpty());
    client.Send({&byte, 1});
    RunReady(loop_);
  }
  ASSERT_TRUE(RunUntil([&] { return !handler_.asked.empty(); }));
  client.Pump();
  EXPECT_EQ(client.received(), "");
  server_->Respond(handler_.asked[0].id, HttpResponse::Text(404, "no"));
  EXPECT_THAT(ReadToEnd(client), StartsWith("HTTP/1.1 404 "));
}

TEST_F(HttpServerTest, ARequestCutAnywhereIsTheSame) {
  Start();
  handler_.on_request = [](HttpServer& server, ConnectionId id) {
    server.Respond(id, HttpResponse::Text(200, "hello"));
  };
  for (size_t cut = 1; cut < kGet.size(); ++cut) {
    ClientSocket client = Connect();
    client.Send(kGet.substr(0, cut));
    RunReady(loop_);
    client.Send(kGet.substr(cut));
    EXPECT_THAT(ReadToEnd(client), StartsWith("HTTP/1.1 200 ")) << cut;
  }
  EXPECT_EQ(handler_.asked.size(), kGet.size() - 1);
}

TEST_F(HttpServerTest, ARequestThatDripsPastItsDeadlineIsTimedOut) {
  Start(milliseconds(200));
  ClientSocket client = Connect();
  const TimePoint start = reactor_.Now();
  size_t sent = 0;
  ASSERT_TRUE(RunUntil([&] {
    client.Pump();
    if (sent < kGet.size() - 1 &&
        sent < static_cast<size_t>((reactor_.Now() - start) / milliseconds(10))) {
      client.Send(kGet.substr(sent++, 1));
    }
    return client.gone();
  }));
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_THAT(client.received(), HasSubstr("did not come in time"));
  EXPECT_GE(reactor_.Now() - start, milliseconds(200));
  client.Close();
  ExpectNothingLeft();
  EXPECT_THAT(handler_.asked, IsEmpty());
  EXPECT_THAT(handler_.order, ElementsAre(HttpEnding::kTimeout));
}

TEST_F(HttpServerTest, AConnectionThatSaysNothingIsTimedOut) {
  Start(milliseconds(50));
  ClientSocket client = Connect();
  EXPECT_THAT(ReadToEnd(client), StartsWith("HTTP/1.1 408 "));
  client.Close();
  ExpectNothingLeft();
}

TEST_F(HttpServerTest, TheDeadlineOfARequestDoesNotRunWhileItsAnswerIsAwaited) {
  Start(milliseconds(50));
  ClientSocket client = Connect();
  client.Send(kGet);
  ASSERT_TRUE(RunUntil([&] { return !handler_.asked.empty(); }));
  const TimePoint start = reactor_.Now();
  ASSERT_TRUE(RunUntil([&] { return reactor_.Now() - start > milliseconds(250); }));
  EXPECT_THAT(handler_.order, IsEmpty());
  server_->Respond(handler_.asked[0].id, HttpResponse::Text(200, "late"));
  EXPECT_THAT(ReadToEnd(client), HasSubstr("late"));
}

TEST_F(HttpServerTest, WhatIsTooLargeIsRefusedAndTheRefusalArrives) {
  Start();
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 20'000; ++i) many += "X-Header: value\r\n";
  many += "\r\n";
  const std::string lines_2000 = many.substr(0, 16 + 2'000 * 17) + "\r\n";
  const std::string lines_101 = many.substr(0, 16 + 101 * 17) + "\r\n";
  const std::string lines_100 = many.substr(0, 16 + 100 * 17) + "\r\n";
  const std::string large =
      absl::StrCat("GET / HTTP/1.1\r\nA: ", std::string(64 << 10, 'x'), "\r\n\r\n");
  const std::string target = absl::StrCat("GET /", std::string(8 << 10, 'x'), " HTTP/1.1\r\n\r\n");
  const std::string body =
      "POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x');
  struct Case {
    std::string request;
    int status;
  };
  const Case cases[] = {{many, 431},  {lines_2000, 431}, {lines_101, 431},
                        {large, 431}, {target, 414},     {body, 413}};
  for (const Case& wrong : cases) {
    SCOPED_TRACE(absl::StrCat(wrong.request.size(), " bytes: ", wrong.request.substr(0, 40)));
    handler_.order.clear();
    ClientSocket client = Connect();
    client.Send(wrong.request);
    EXPECT_THAT(ReadToEnd(client), StartsWith(absl::StrCat("HTTP/1.1 ", wrong.status, " ")));
    client.Close();
    ExpectNothingLeft();
    EXPECT_THAT(handler_.order, ElementsAre(HttpEnding::kTooLarge));
  }
  EXPECT_THAT(handler_.asked, IsEmpty());
  ClientSocket client = Connect();
  client.Send(lines_100);
  EXPECT_TRUE(RunUntil([&] { return !handler_.asked.empty(); }));
}

TEST_F(HttpServerTest, JunkIsRefused) {
  Start();
  ClientSocket client = Connect();
  client.Send("hello, is this HTTP?\r\n\r\n");
  EXPECT_THAT(ReadToEnd(client), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  client.Close();
  ExpectNothingLeft();
  EXPECT_THAT(handler_.order, ElementsAre(HttpEnding::kMalformed));
}

TEST_F(HttpServerTest, AClientThatLeavesBeforeItsRequestIsWholeIsMalformed) {
  Start();
  for (const bool by_reset : {false, true}) {
    handler_.order.clear();
    ClientSocket client = Connect();
    client.Send(kGet.substr(0, 20));
    RunReady(loop_);
    by_reset ? client.Reset() : client.Close();
    ExpectNothingLeft();
    EXPECT_THAT(handler_.order, ElementsAre(HttpEnding::kMalformed));
  }
}

TEST_F(HttpServerTest, AClientThatLeavesWhileItsAnswerIsAwaitedIsGoneAndTheAnswerHasNoEffect) {
  Start();
  for (const bool by_reset : {false, true}) {
    handler_.order.clear();
    handler_.asked.clear();
    ClientSocket client = Connect();
    client.Send(kGet);
    ASSERT_TRUE(RunUntil([&] { return !handler_.asked.empty(); }));
    by_reset ? client.Reset() : client.Close();
    ExpectNothingLeft();
    EXPECT_THAT(handler_.order, ElementsAre(HttpEnding::kGone));
    const ConnectionId id = handler_.asked[0].id;
    server_->Respond(id, HttpResponse::Text(200, "too late"));
    EXPECT_EQ(server_->Detach(id), std::nullopt);
    RunReady(loop_);
    EXPECT_EQ(handler_.order.size(), 1);
  }
}

TEST_F(HttpServerTest, ASecondAnswerHasNoEffect) {
  Start();
  handler_.on_request = [](HttpServer& server, ConnectionId id) {
    server.Respond(id, HttpResponse::Text(200, "first"));
    server.Respond(id, HttpResponse::Text(500, "second"));
    EXPECT_EQ(server.Detach(id), std::nullopt);
  };
  ClientSocket client = Connect();
  client.Send(kGet);
  EXPECT_THAT(ReadToEnd(client), testing::EndsWith("\r\n\r\nfirst\n"));
}

TEST_F(HttpServerTest, TheAnswerToHeadHasNoBody) {
  Start();
  handler_.on_request = [](HttpServer& server, ConnectionId id) {
    server.Respond(id, HttpResponse::Text(200, "hello"));
  };
  ClientSocket client = Connect();
  client.Send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answer = ReadToEnd(client);
  EXPECT_THAT(answer, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, ALargeAnswerReachesASlowReaderWhole) {
  Start();
  const std::string body(3 << 20, 'b');
  handler_.on_request = [&](HttpServer& server, ConnectionId id) {
    server.Respond(id, HttpResponse{200, {}, body});
  };
  ClientSocket client = Connect(4 * 1024);
  client.Send(kGet);
  ASSERT_TRUE(RunUntil([&] {
    client.Pump(8 * 1024);
    return client.gone();
  }));
  EXPECT_TRUE(client.ended());
  const std::string& received = client.received();
  EXPECT_EQ(received.size() - received.find("\r\n\r\n") - 4, body.size());
}

TEST_F(HttpServerTest, AReaderThatStopsIsLetGoAtTheDeadline) {
  Start(milliseconds(100));
  handler_.on_request = [&](HttpServer& server, ConnectionId id) {
    server.Respond(id, HttpResponse{200, {}, std::string(20 << 20, 'b')});
  };
  ClientSocket client = Connect(4 * 1024);
  client.Send(kGet);
  ASSERT_TRUE(RunUntil([&] { return !handler_.order.empty(); }));
  ExpectNothingLeft();
}

TEST_F(HttpServerTest, AClientThatNeverEndsItsSideIsLetGoAfterAWhile) {
  Start();
  handler_.on_request = [](HttpServer& server, ConnectionId id) {
    server.Respond(id, HttpResponse::Text(200, "hello"));
  };
  ClientSocket client = Connect();
  client.Send(kGet);
  EXPECT_THAT(ReadToEnd(client), HasSubstr("hello"));
  // It goes on sending, which must not keep it.
  const TimePoint start = reactor_.Now();
  ASSERT_TRUE(RunUntil([&] {
    client.Send("more");
    return server_->size() == 0;
  }));
  EXPECT_LT(reactor_.Now() - start, std::chrono::seconds(4));
  EXPECT_THAT(handler_.order, ElementsAre(HttpEnding::kAnswered));
}

TEST_F(HttpServerTest, DetachHandsOverTheSocketWithWhatCameBehindTheRequest) {
  Start();
  ClientSocket client = Connect();
  client.Send(absl::StrCat(std::string(kGet), "at once "));
  ASSERT_TRUE(RunUntil([&] { return !handler_.asked.empty(); }));
  client.Send("and later");
  RunReady(loop_);
  ASSERT_TRUE(RunUntil([&] { return loop_.Poll() == 0; }));

  std::optional<Detached> detached = server_->Detach(handler_.asked[0].id);
  ASSERT_TRUE(detached.has_value());
  EXPECT_EQ(detached->rest, "at once and later");
  EXPECT_TRUE(detached->socket.open());
  EXPECT_EQ(server_->size(), 0);
  EXPECT_THAT(handler_.order, ElementsAre(HttpEnding::kDetached));
  EXPECT_EQ(server_->Detach(handler_.asked[0].id), std::nullopt);
  server_->Respond(handler_.asked[0].id, HttpResponse::Text(200, "not HTTP any more"));
  RunReady(loop_);
  EXPECT_EQ(count_.here.load(), 1) << "its new owner's";

  std::string raw = "raw";
  const iovec vector{raw.data(), raw.size()};
  EXPECT_EQ(detached->socket.Write(&vector, 1), 3);
  ASSERT_TRUE(RunUntil([&] {
    client.Pump();
    return !client.received().empty();
  }));
  EXPECT_EQ(client.received(), "raw");
  detached->socket.Close();
  EXPECT_EQ(count_.here.load(), 0);
}

TEST_F(HttpServerTest, DetachMayBeCalledFromInsideOnRequest) {
  Start();
  std::optional<Detached> detached;
  handler_.on_request = [&](HttpServer& server, ConnectionId id) { detached = server.Detach(id); };
  ClientSocket client = Connect();
  client.Send(absl::StrCat(std::string(kGet), "rest"));
  ASSERT_TRUE(RunUntil([&] { return detached.has_value(); }));
  EXPECT_EQ(detached->rest, "rest");
  RunReady(loop_);
}

TEST_F(HttpServerTest, AtMost64KilobytesAreReadBehindARequestThatAwaitsItsAnswer) {
  Start();
  ClientSocket client = Connect();
  client.Send(kGet);
  ASSERT_TRUE(RunUntil([&] { return !handler_.asked.empty(); }));
  const std::string behind(400'000, 'x');
  client.Send(behind);
  const TimePoint start = reactor_.Now();
  ASSERT_TRUE(RunUntil([&] {
    client.Pump();
    return reactor_.Now() - start > milliseconds(100);
  }));
  RunReady(loop_);
  std::optional<Detached> detached = server_->Detach(handler_.asked[0].id);
  ASSERT_TRUE(detached.has_value());
  EXPECT_GE(detached->rest.size(), 60'000);
  EXPECT_LE(detached->rest.size(), Reactor::kReadBufferBytes);
  // The rest is still there to be read.
  std::string all = detached->rest;
  std::vector<char> buffer(64 << 10);
  ASSERT_TRUE(RunUntil([&] {
    client.Pump();
    const ssize_t n = detached->socket.Read(buffer.data(), buffer.size());
    if (n > 0) all.append(buffer.data(), static_cast<size_t>(n));
    return all.size() >= behind.size();
  }));
  EXPECT_EQ(all, behind);
}

TEST_F(HttpServerTest, AClientThatSentTooMuchAndLeftIsGoneAllTheSame) {
  Start();
  ClientSocket client = Connect();
  client.Send(kGet);
  ASSERT_TRUE(RunUntil([&] { return !handler_.asked.empty(); }));
  client.Send(std::string(400'000, 'x'));
  const TimePoint start = reactor_.Now();
  ASSERT_TRUE(RunUntil([&] {
    client.Pump();
    return reactor_.Now() - start > milliseconds(50);
  }));
  client.Reset();
  ExpectNothingLeft();
  EXPECT_THAT(handler_.order, ElementsAre(HttpEnding::kGone));
}

TEST_F(HttpServerTest, CloseAllEndsWhatIsNotAnsweredAndLetsAnswersArrive) {
  Start();
  ClientSocket reading = Connect(), deciding = Connect();
  reading.Send(kGet.substr(0, 10));
  deciding.Send(kGet);
  ASSERT_TRUE(RunUntil([&] { return handler_.asked.size() == 1; }));
  handler_.on_request = [](HttpServer& server, ConnectionId id) {
    server.Respond(id, HttpResponse{200, {}, std::string(4 << 20, 'b')});
  };
  ClientSocket answered = Connect(4 * 1024);
  answered.Send(kGet);
  ASSERT_TRUE(RunUntil([&] { return handler_.asked.size() == 2; }));

  server_->CloseAll();
  EXPECT_THAT(handler_.order, ElementsAre(HttpEnding::kShutdown, HttpEnding::kShutdown));
  ASSERT_TRUE(RunUntil([&] {
    reading.Pump();
    deciding.Pump();
    answered.Pump();
    return reading.gone() && deciding.gone() && answered.gone();
  }));
  EXPECT_TRUE(answered.ended());
  EXPECT_GT(answered.received().size(), 4u << 20);
  answered.Close();
  ExpectNothingLeft();
}

// Whatever is ready in the same turn must not reach a handler that was told of the end.
TEST_F(HttpServerTest, ARequestThatComesAsCloseAllRunsIsNotTold) {
  Start();
  std::vector<ClientSocket> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(Connect());
  RunReady(loop_);
  bool closed = false;
  handler_.on_request = [&](HttpServer& server, ConnectionId id) {
    server.Respond(id, HttpResponse::Text(200, "hello"));
    if (!std::exchange(closed, true)) server.CloseAll();
  };
  for (ClientSocket& client : clients) client.Send(kGet);
  ASSERT_TRUE(RunUntil([&] { return closed; }));
  RunReady(loop_);
  EXPECT_EQ(handler_.asked.size(), 1);
}

TEST_F(HttpServerTest, AServerMayEndWithConnectionsInEveryState) {
  Start(milliseconds(50));
  ClientSocket reading = Connect(), deciding = Connect(), ending = Connect();
  reading.Send(kGet.substr(0, 10));
  deciding.Send(kGet);
  ending.Send("junk\r\n\r\n");
  ASSERT_TRUE(RunUntil([&] {
    ending.Pump();
    return handler_.asked.size() == 1 && ending.gone();
  }));
  ending.Close();
  server_->CloseAll();
  server_.reset();
  const TimePoint start = reactor_.Now();
  ASSERT_TRUE(RunUntil([&] { return reactor_.Now() - start > milliseconds(120); }));
  EXPECT_EQ(count_.here.load(), 0);
}

}  // namespace
}  // namespace hookcast::edge

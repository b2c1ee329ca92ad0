// The upgrade hook: what it sees, and what its answer makes of the connection. Rows of
// docs/contract.md.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <map>

#include "tests/integration/contract_fixture.h"

namespace hookcast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ContractUpgrade : public ContractTest {
 protected:
  // The answer to a request whose upgrade reply is this.
  HttpResponse Try(const v1::UpgradeReply& reply, std::vector<std::string> subprotocols = {},
                   const std::string& target = "/a") {
    WebSocketClient::Options options;
    options.headers = {OrderHeader("x-upgrade-reply", reply)};
    options.subprotocols = std::move(subprotocols);
    const auto response = WebSocketClient::TryUpgrade(node_->clients(), target, options);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.value_or(HttpResponse());
  }

  static void AddHeader(google::protobuf::RepeatedPtrField<v1::Header>* headers,
                        const std::string& name, const std::string& value) {
    v1::Header* const header = headers->Add();
    header->set_name(name);
    header->set_value(value);
  }
};
INSTANTIATE_CONTRACT(ContractUpgrade);

// The client's own end of its connection.
std::string AddressOf(const WebSocketClient& client) {
  sockaddr_in address{};
  socklen_t length = sizeof(address);
  EXPECT_EQ(getsockname(client.fd(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  char text[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &address.sin_addr, text, sizeof(text));
  return std::string(text) + ":" + std::to_string(ntohs(address.sin_port));
}

TEST_P(ContractUpgrade, SeesTheWholeRequestAsItStood) {
  StartNode("", "  - { path: \"/rooms/{room}/{seat}\", application: APP }\n");
  const std::string target = "/rooms/big%20one/%C3%A4?token=a%26b&x=&x=2";
  const Client client = Connect(target, {{"X-Twice", "first"},
                                         {"cookie", "a=1"},
                                         {"X-Twice", "second, third"},
                                         {"Cookie", "b=2"},
                                         {"Sec-WebSocket-Protocol", "a.v1, b.v1"},
                                         {"Sec-WebSocket-Protocol", "c.v1"},
                                         {"X-Empty", ""},
                                         {"X-Wide", "gr\xC3\xBC\xC3\x9F"},
                                         {"X-Latin", "gr\xFC\xDF"}});
  ASSERT_NE(client.socket, nullptr);
  const v1::Request request = application_->UpgradeOf(target);
  EXPECT_EQ(request.method(), "GET");
  EXPECT_EQ(request.path(), "/rooms/big%20one/%C3%A4");
  EXPECT_EQ(request.query(), "token=a%26b&x=&x=2");
  EXPECT_EQ(request.route(), "/rooms/{room}/{seat}");
  EXPECT_EQ(request.params().at("room"), "big%20one");
  EXPECT_EQ(request.params().at("seat"), "%C3%A4");
  EXPECT_EQ(request.transport(), v1::TRANSPORT_WEBSOCKET);
  EXPECT_FALSE(request.has_tls());
  EXPECT_EQ(request.remote_address(), AddressOf(*client.socket));
  EXPECT_THAT(request.subprotocols(), ElementsAre("a.v1", "b.v1", "c.v1"));
  // As they were written, those of one name in their order.
  std::map<std::string, std::vector<std::string>> values;
  for (const v1::Header& header : request.headers()) {
    values[header.name()].push_back(header.value());
  }
  EXPECT_THAT(values["Host"], ElementsAre(node_->clients()));
  EXPECT_THAT(values["X-Twice"], ElementsAre("first", "second, third"));
  EXPECT_THAT(values["cookie"], ElementsAre("a=1"));
  EXPECT_THAT(values["Cookie"], ElementsAre("b=2"));
  EXPECT_THAT(values["X-Empty"], ElementsAre(""));
  EXPECT_THAT(values["X-Wide"], ElementsAre("gr\xC3\xBC\xC3\x9F"));
  EXPECT_THAT(values["X-Latin"], ElementsAre("gr\xC3\xBC\xC3\x9F")) << "of ISO-8859-1";
  // The open hook sees the same request.
  EXPECT_TRUE(Same(client.open.request(), request));
}

TEST_P(ContractUpgrade, RejectsWithStatusHeadersAndText) {
  StartNode();
  v1::UpgradeReply reply;
  reply.mutable_reject()->set_status(401);
  AddHeader(reply.mutable_reject()->mutable_headers(), "WWW-Authenticate", "Bearer");
  AddHeader(reply.mutable_reject()->mutable_headers(), "Set-Cookie", "a=1; Path=/");
  AddHeader(reply.mutable_reject()->mutable_headers(), "Set-Cookie", "b=2");
  reply.mutable_reject()->set_text("who are you? \xC3\xA4\n");
  const HttpResponse response = Try(reply);
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.header("WWW-Authenticate"), "Bearer");
  EXPECT_THAT(response.HeaderValues("Set-Cookie"), ElementsAre("a=1; Path=/", "b=2"));
  EXPECT_EQ(response.body, "who are you? \xC3\xA4\n");
  EXPECT_EQ(response.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_TRUE(response.closed);
  EXPECT_FALSE(response.reset);
}

TEST_P(ContractUpgrade, RejectsWithBytesToTheByte) {
  StartNode();
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  v1::UpgradeReply reply;
  reply.mutable_reject()->set_status(503);
  reply.mutable_reject()->set_bytes(bytes);
  const HttpResponse response = Try(reply);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, bytes);
  EXPECT_EQ(response.header("Content-Type"), "application/octet-stream");
  AddHeader(reply.mutable_reject()->mutable_headers(), "Content-Type", "image/png");
  EXPECT_THAT(Try(reply).HeaderValues("Content-Type"), ElementsAre("image/png"));
}

TEST_P(ContractUpgrade, RejectsWithNothingButAStatusOrNotEvenThat) {
  StartNode();
  v1::UpgradeReply reply;
  reply.mutable_reject();
  EXPECT_EQ(Try(reply).status, 403);
  reply.mutable_reject()->set_status(429);
  const HttpResponse response = Try(reply);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.body, "");
  reply.mutable_reject()->set_status(307);
  AddHeader(reply.mutable_reject()->mutable_headers(), "Location", "/elsewhere");
  EXPECT_EQ(Try(reply).header("Location"), "/elsewhere");
  EXPECT_EQ(Hooks(), "upgrade upgrade upgrade") << "none of them was ever a peer";
}

TEST_P(ContractUpgrade, AHookThatFailsIs500AndOneThatIsNotThereIs503) {
  StartNode();
  const auto status_of = [&](const std::string& failure) {
    WebSocketClient::Options options;
    options.headers = {{"x-upgrade-failure", failure}};
    return WebSocketClient::TryUpgrade(node_->clients(), "/a", options)->status;
  };
  EXPECT_EQ(status_of("13 thrown"), 500);
  EXPECT_EQ(status_of("2 thrown"), 500);
  EXPECT_EQ(status_of("16 unauthenticated"), 500);
  EXPECT_EQ(status_of("12 no such method"), 503);
  EXPECT_EQ(status_of("14 away"), 503);
}

TEST_P(ContractUpgrade, AcceptsWithHeadersSeveralCookiesAndASubprotocolThatWasOffered) {
  StartNode();
  v1::UpgradeReply reply;
  AddHeader(reply.mutable_accept()->mutable_headers(), "set-cookie", "a=1; HttpOnly");
  AddHeader(reply.mutable_accept()->mutable_headers(), "X-Node", "gr\xC3\xBC\xC3\x9F");
  AddHeader(reply.mutable_accept()->mutable_headers(), "set-cookie", "b=2");
  reply.mutable_accept()->set_subprotocol("b.v1");
  const Client client =
      Connect("/a", {OrderHeader("x-upgrade-reply", reply)}, {"a.v1", "b.v1", "c.v1"});
  ASSERT_NE(client.socket, nullptr);
  EXPECT_THAT(client->response().HeaderValues("set-cookie"), ElementsAre("a=1; HttpOnly", "b=2"));
  EXPECT_EQ(client->response().header("X-Node"), "gr\xC3\xBC\xC3\x9F");
  EXPECT_THAT(client->response().HeaderValues("Sec-WebSocket-Protocol"), ElementsAre("b.v1"));
  EXPECT_EQ(client.open.peer().subprotocol(), "b.v1");
}

TEST_P(ContractUpgrade, WithoutAChoiceNoSubprotocolIsNamed) {
  StartNode();
  const Client client = Connect("/a", {}, {"a.v1", "b.v1"});
  ASSERT_NE(client.socket, nullptr);
  EXPECT_FALSE(client->response().HasHeader("Sec-WebSocket-Protocol"));
  EXPECT_EQ(client.open.peer().subprotocol(), "");
}

TEST_P(ContractUpgrade, ASubprotocolThatWasNotOfferedIs500AndLogged) {
  StartNode();
  v1::UpgradeReply reply;
  reply.mutable_accept()->set_subprotocol("B.v1");
  EXPECT_EQ(Try(reply, {"a.v1", "b.v1"}).status, 500) << "subprotocols differ by case";
  const auto line = node_->process().WaitForLine("\\\"B.v1\\\", which was not offered");
  EXPECT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(Try(reply).status, 500);
  reply.mutable_accept()->set_subprotocol("a.v1, b.v1");
  EXPECT_EQ(Try(reply, {"a.v1", "b.v1"}).status, 500);
  EXPECT_EQ(Hooks(), "upgrade upgrade upgrade");
}

TEST_P(ContractUpgrade, HeadersThatAreTheNodesOwnOrForgeLinesAre500) {
  StartNode();
  const std::pair<const char*, const char*> forbidden[] = {{"Sec-WebSocket-Accept", "x"},
                                                           {"Sec-WebSocket-Extensions", "x"},
                                                           {"Content-Length", "0"},
                                                           {"Transfer-Encoding", "x"},
                                                           {"Connection", "close"},
                                                           {"X", "a\r\nSet-Cookie: b=1"},
                                                           {"X", "a\nb"},
                                                           {"X: y\r\nZ", "a"},
                                                           {"", "a"}};
  for (const auto& [name, value] : forbidden) {
    v1::UpgradeReply accept;
    AddHeader(accept.mutable_accept()->mutable_headers(), name, value);
    EXPECT_EQ(Try(accept).status, 500) << name;
    v1::UpgradeReply reject;
    reject.mutable_reject()->set_status(403);
    AddHeader(reject.mutable_reject()->mutable_headers(), name, value);
    const HttpResponse response = Try(reject);
    EXPECT_EQ(response.status, 500) << name;
    EXPECT_THAT(response.HeaderValues("Set-Cookie"), IsEmpty());
  }
}

TEST_P(ContractUpgrade, TheNamespaceIsThePathUnlessTheRouteOrTheHookSaysOtherwise) {
  StartNode("",
            "  - { path: \"/rooms/{room}\", application: APP }\n"
            "  - { path: \"/fixed/{room}\", namespace: \"of {room}\", application: APP }\n");
  v1::UpgradeReply named;
  named.mutable_accept()->set_namespace_("chat:general");
  v1::UpgradeReply empty;
  empty.mutable_accept()->set_namespace_("");
  v1::UpgradeReply absent;
  absent.mutable_accept();
  const auto ns = [&](const std::string& target, const v1::UpgradeReply& reply) {
    return Connect(target, {OrderHeader("x-upgrade-reply", reply)}).open.peer().namespace_();
  };
  EXPECT_EQ(ns("/rooms/a?1", absent), "/rooms/a");
  EXPECT_EQ(ns("/fixed/a?1", absent), "of a");
  EXPECT_EQ(ns("/rooms/a?2", named), "chat:general");
  EXPECT_EQ(ns("/fixed/a?2", named), "chat:general");
  EXPECT_EQ(ns("/rooms/a?3", empty), "") << "a namespace like any other";
  EXPECT_EQ(ns("/fixed/a?3", empty), "");
}

TEST_P(ContractUpgrade, TheContextIsThePeersFromItsOpenHookOn) {
  StartNode();
  v1::UpgradeReply reply;
  auto& fields = *reply.mutable_accept()->mutable_context()->mutable_fields()->mutable_fields();
  fields["user"].set_string_value("Ada \xF0\x9F\x90\xA6");
  fields["age"].set_number_value(36);
  fields["tags"].mutable_list_value()->add_values()->set_bool_value(true);
  const Client client = Connect("/a", {OrderHeader("x-upgrade-reply", reply)});
  EXPECT_TRUE(Same(client.open.peer().context(), reply.accept().context()));
  v1::UpgradeReply bytes;
  bytes.mutable_accept()->mutable_context()->set_bytes(std::string("\0\xFF\x80", 3));
  const Client other = Connect("/b", {OrderHeader("x-upgrade-reply", bytes)});
  EXPECT_EQ(other.open.peer().context().bytes(), std::string("\0\xFF\x80", 3));
}

TEST_P(ContractUpgrade, LimitsNarrowTheRoutesForOnePeerAndWidenNone) {
  StartNode("",
            "  - path: \"/*\"\n    application: APP\n"
            "    hooks: [upgrade, open, message, close, error]\n"
            "    limits: { message: 1000, topics: 3 }\n");
  v1::UpgradeReply narrow;
  narrow.mutable_accept()->mutable_limits()->set_max_message_bytes(100);
  narrow.mutable_accept()->mutable_limits()->set_max_topics(1);
  const Client narrowed = Connect("/narrow", {OrderHeader("x-upgrade-reply", narrow)});
  v1::UpgradeReply wide;
  wide.mutable_accept()->mutable_limits()->set_max_message_bytes(1'000'000);
  wide.mutable_accept()->mutable_limits()->set_max_topics(1'000);
  const Client widened = Connect("/wide", {OrderHeader("x-upgrade-reply", wide)});

  ASSERT_TRUE(broker_->Subscribe(narrowed.id, "one").ok());
  EXPECT_EQ(broker_->Subscribe(narrowed.id, "two").error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  for (const char* topic : {"one", "two", "three"}) {
    EXPECT_TRUE(broker_->Subscribe(widened.id, topic).ok());
  }
  EXPECT_EQ(broker_->Subscribe(widened.id, "four").error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);

  ASSERT_TRUE(narrowed->SendText(std::string(100, 'x')).ok());
  ASSERT_TRUE(narrowed->SendText(std::string(101, 'x')).ok());
  EXPECT_EQ(CloseCodeAt(narrowed), 1009);
  ASSERT_TRUE(widened->SendText(std::string(1000, 'x')).ok());
  ASSERT_TRUE(widened->SendText(std::string(1001, 'x')).ok());
  EXPECT_EQ(CloseCodeAt(widened), 1009);
  EXPECT_EQ(application_->CloseOf(narrowed.id).details().code(), 1009);
  EXPECT_EQ(HooksOf(narrowed.id), "open message error close");
  EXPECT_EQ(application_->CloseOf(widened.id).details().code(), 1009);
  EXPECT_EQ(HooksOf(widened.id), "open message error close");
}

TEST_P(ContractUpgrade, ARouteThatDoesNotListItAcceptsEverybody) {
  StartNode("", "  - { path: \"/a\", hooks: [open, message], application: APP }\n");
  const Client client = Connect("/a", {{"x-upgrade-failure", "13 never asked"}});
  ASSERT_NE(client.socket, nullptr);
  Order(client, {SendText("here")});
  EXPECT_EQ(Text(client), "here");
  ASSERT_TRUE(client->CloseHandshake(1000).ok());
  ASSERT_TRUE(node_->MetricBecomes("hookcast_peers", 0));
  EXPECT_EQ(Hooks(), "open message");
}

}  // namespace
}  // namespace hookcast::testing

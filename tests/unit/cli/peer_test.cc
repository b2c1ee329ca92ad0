#include "tests/unit/cli/cli_fixture.h"

namespace hookcast::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class PeerTest : public CliTest {
 protected:
  PeerTest() {
    v1::Peer* peer = info_.mutable_peer();
    peer->set_id("p-1");
    peer->set_namespace_("/rooms/a");
    peer->set_transport(v1::TRANSPORT_WEBSOCKET);
    peer->set_path("/rooms/a");
    peer->set_route("/rooms/{room}");
    (*peer->mutable_params())["room"] = "a";
    (*peer->mutable_params())["b"] = "2";
    peer->set_remote_address("192.0.2.1:40312");
    peer->add_topics("chat");
    peer->add_topics("news");
    auto& fields = *peer->mutable_context()->mutable_fields()->mutable_fields();
    fields["name"].set_string_value("Änne\x1b");
    info_.mutable_connected_at()->set_seconds(1'800'000'000 - 65);
    info_.set_node("node-1");
    info_.set_queued_bytes(1536);
    info_.set_received_messages(1);
    info_.set_sent_messages(30);
    info_.set_pending_hooks(2);
    v1::Request* request = info_.mutable_request();
    request->set_method("GET");
    request->set_target("/rooms/a?token=s3cret");
    request->set_query("token=s3cret");
    request->mutable_tls()->set_protocol("TLSv1.3");
    request->mutable_tls()->set_cipher("TLS_AES_128_GCM_SHA256");
    request->mutable_tls()->set_server_name("a.example");
    request->add_subprotocols("one");
    request->add_subprotocols("two");
    AddHeader("Host", "a.example");
    AddHeader("Authorization", "Bearer s3cret");
    AddHeader("X-Odd", "\x1b]0;title\x07");

    broker_.get_peer = [this](const v1::GetPeerRequest& request, v1::GetPeerResponse* response) {
      if (request.peer() != "p-1") return absl::NotFoundError("no peer " + request.peer());
      *response->mutable_peer() = info_;
      return absl::OkStatus();
    };
  }

  void AddHeader(const char* name, const char* value) {
    v1::Header* header = info_.mutable_request()->add_headers();
    header->set_name(name);
    header->set_value(value);
  }

  v1::PeerInfo info_;
};

TEST_F(PeerTest, ShowsAllThatIsKnownOfIt) {
  const RunResult result = Hookcast({"peer", "p-1"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out,
            "id           p-1\n"
            "namespace    /rooms/a\n"
            "node         node-1\n"
            "transport    websocket\n"
            "subprotocol  -\n"
            "address      192.0.2.1:40312\n"
            "connected    2027-01-15T07:58:55Z (1m5s ago)\n"
            "path         /rooms/a\n"
            "route        /rooms/{room}\n"
            "params       b=2, room=a\n"
            "topics       chat, news\n"
            "received     1 message\n"
            "sent         30 messages\n"
            "queued       1.5 KiB\n"
            "hooks        2 pending\n"
            "\n"
            "request  GET /rooms/a?token=***\n"
            "tls      TLSv1.3 TLS_AES_128_GCM_SHA256, for a.example\n"
            "offered  one, two\n"
            "\n"
            "headers\n"
            "  Host: a.example\n"
            "  Authorization: ***\n"
            "  X-Odd: \\x1b]0;title\\x07\n"
            "\n"
            "context\n"
            "  {\n"
            "    \"name\": \"Änne\\u001b\"\n"
            "  }\n");
}

TEST_F(PeerTest, HidesSecretsUnlessAskedForThem) {
  EXPECT_THAT(Hookcast({"peer", "p-1", "--output", "json"}).out, Not(HasSubstr("s3cret")));
  const RunResult table = Hookcast({"peer", "p-1", "--secrets"});
  EXPECT_THAT(table.out, HasSubstr("GET /rooms/a?token=s3cret\n"));
  EXPECT_THAT(table.out, HasSubstr("Authorization: Bearer s3cret\n"));
  EXPECT_THAT(Hookcast({"peer", "p-1", "--secrets", "--output", "json"}).out,
              HasSubstr("\"query\":\"token=s3cret\""));
}

TEST_F(PeerTest, PrintsTheResponseAsJson) {
  const RunResult result = Hookcast({"peer", "p-1", "--output", "json"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1);
  EXPECT_THAT(result.out, HasSubstr("{\"peer\":{\"peer\":{\"id\":\"p-1\""));
  EXPECT_THAT(result.out, HasSubstr("\"context\":{\"fields\":{\"name\":\"Änne\\u001b\"}}"));
}

TEST_F(PeerTest, ShowsAPeerOfWhichLittleIsKnown) {
  info_ = v1::PeerInfo();
  info_.mutable_peer()->set_id("p-1");
  info_.mutable_peer()->mutable_context()->set_bytes(std::string("\x00\x01", 2));
  const RunResult result = Hookcast({"peer", "p-1"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_THAT(result.out, HasSubstr("\ncontext  2 B that are not JSON"));
  EXPECT_THAT(result.out, Not(HasSubstr("request")));
}

TEST_F(PeerTest, SaysThatAPeerIsGone) {
  const RunResult result = Hookcast({"peer", "p-2"});
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "hookcast: no peer p-2\n  hookcast peers lists the peers that are connected\n");
}

}  // namespace
}  // namespace hookcast::cli

#include "tests/unit/cli/cli_fixture.h"

namespace hookcast::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

v1::PeerInfo MakePeer(const std::string& id, const std::string& name_space) {
  v1::PeerInfo info;
  info.mutable_peer()->set_id(id);
  info.mutable_peer()->set_namespace_(name_space);
  info.mutable_peer()->set_transport(v1::TRANSPORT_WEBSOCKET);
  info.mutable_peer()->set_remote_address("192.0.2.1:40312");
  info.mutable_connected_at()->set_seconds(1'800'000'000 - 192);
  return info;
}

class PeersTest : public CliTest {
 protected:
  // A node with so many peers, which answers pages by the rules of the contract.
  void Serve(int number) {
    broker_.list_peers = [this, number](const v1::ListPeersRequest& request,
                                        v1::ListPeersResponse* response) {
      requests_.push_back(request);
      const int start = request.cursor().empty() ? 0 : std::stoi(request.cursor());
      const int end = std::min<int>(number, start + static_cast<int>(request.limit()));
      for (int i = start; i < end; ++i) *response->add_peers() = MakePeer("p", "n");
      if (end < number) response->set_next_cursor(std::to_string(end));
      response->set_total(static_cast<uint64_t>(number));
      return absl::OkStatus();
    };
  }

  std::vector<uint32_t> limits() const {
    std::vector<uint32_t> limits;
    for (const auto& request : requests_) limits.push_back(request.limit());
    return limits;
  }

  std::vector<v1::ListPeersRequest> requests_;
};

TEST_F(PeersTest, ListsPeersInAnAlignedTable) {
  broker_.list_peers = [](const v1::ListPeersRequest&, v1::ListPeersResponse* response) {
    v1::PeerInfo first = MakePeer("p-1", "/räume/ä");
    for (const char* topic : {"a", "b", "c", "d", "e"}) first.mutable_peer()->add_topics(topic);
    first.set_queued_bytes(2048);
    *response->add_peers() = first;
    v1::PeerInfo second = MakePeer("p-22", "evil\x1b[2J\n");
    second.mutable_peer()->set_transport(v1::TRANSPORT_SSE);
    second.mutable_peer()->set_remote_address("[2001:db8::1]:1");
    *response->add_peers() = second;
    return absl::OkStatus();
  };
  const RunResult result = Hookcast({"peers"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.out,
            "ID    NAMESPACE      TRANSPORT  TOPICS    ADDRESS          AGE    QUEUED\n"
            "p-1   /räume/ä       websocket  a,b,c,+2  192.0.2.1:40312  3m12s  2.0 KiB\n"
            "p-22  evil\\x1b[2J\\n  sse        -         [2001:db8::1]:1  3m12s  0 B\n"
            "2 peers\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(PeersTest, CountsNone) {
  Serve(0);
  const RunResult result = Hookcast({"peers"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.out, "0 peers\n");
}

TEST_F(PeersTest, AsksWithoutAFilterUnlessTold) {
  Serve(1);
  EXPECT_EQ(Hookcast({"peers"}).exit, ExitCode::kDone);
  EXPECT_FALSE(requests_[0].has_filter());
  EXPECT_EQ(requests_[0].limit(), 100u);
}

TEST_F(PeersTest, FiltersByNamespaceTopicPathAndRoute) {
  Serve(1);
  EXPECT_EQ(
      Hookcast({"peers", "--namespace", "n", "--topic", "t", "--path", "/p", "--route", "/{r}"})
          .exit,
      ExitCode::kDone);
  EXPECT_EQ(requests_[0].filter().namespace_(), "n");
  EXPECT_EQ(requests_[0].filter().topic(), "t");
  EXPECT_EQ(requests_[0].filter().path(), "/p");
  EXPECT_EQ(requests_[0].filter().route(), "/{r}");
}

TEST_F(PeersTest, TellsTheEmptyNamespaceFromAnyNamespace) {
  Serve(1);
  EXPECT_EQ(Hookcast({"peers", "--namespace", ""}).exit, ExitCode::kDone);
  EXPECT_TRUE(requests_[0].filter().has_namespace_());
  EXPECT_EQ(Hookcast({"peers", "--topic", "t"}).exit, ExitCode::kDone);
  EXPECT_FALSE(requests_[1].filter().has_namespace_());
}

TEST_F(PeersTest, StopsAtTheLimitAndSaysThatThereAreMore) {
  Serve(250);
  const RunResult result = Hookcast({"peers"});
  EXPECT_THAT(result.out, HasSubstr("\n100 of 250 peers; list more with --limit, or --all\n"));
  EXPECT_THAT(limits(), ElementsAre(100));
}

TEST_F(PeersTest, PagesUpToALimitBeyondOnePage) {
  Serve(2600);
  const RunResult result = Hookcast({"peers", "--limit", "2500"});
  EXPECT_THAT(result.out, HasSubstr("\n2500 of 2600 peers"));
  EXPECT_THAT(limits(), ElementsAre(1000, 1000, 500));
}

TEST_F(PeersTest, PagesToTheEndWithAll) {
  Serve(2600);
  const RunResult result = Hookcast({"peers", "--all"});
  EXPECT_THAT(result.out, HasSubstr("\n2600 peers\n"));
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 2602);
  EXPECT_THAT(limits(), ElementsAre(1000, 1000, 1000));
  EXPECT_EQ(requests_[2].cursor(), "2000");
}

TEST_F(PeersTest, PrintsAllPagesAsOneResponse) {
  Serve(1001);
  const RunResult result = Hookcast({"peers", "--all", "--output", "json"});
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1);
  EXPECT_THAT(result.out, HasSubstr("\"nextCursor\":\"\",\"partial\":false,\"total\":\"1001\"}"));
}

TEST_F(PeersTest, TellsOnStderrThatTheListIsPartial) {
  broker_.list_peers = [](const v1::ListPeersRequest& request, v1::ListPeersResponse* response) {
    *response->add_peers() = MakePeer("p", "n");
    // Only the first page is partial.
    if (request.cursor().empty()) {
      response->set_next_cursor("1");
      response->set_partial(true);
    }
    return absl::OkStatus();
  };
  const RunResult result = Hookcast({"peers"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.err,
            "hookcast: the list may be incomplete: a node did not answer, or the one that was "
            "asked does not hear the others\n  hookcast nodes tells which\n");
  EXPECT_THAT(Hookcast({"peers", "--output", "json"}).out, HasSubstr("\"partial\":true"));
}

TEST_F(PeersTest, EndsWhereANodeWouldPageForEver) {
  broker_.list_peers = [](const v1::ListPeersRequest&, v1::ListPeersResponse* response) {
    response->set_next_cursor("same");
    return absl::OkStatus();
  };
  const RunResult result = Hookcast({"peers", "--all"});
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_THAT(result.err, HasSubstr("cursor"));
}

TEST_F(PeersTest, ReadsAPageBeyondFourMebibytes) {
  broker_.list_peers = [](const v1::ListPeersRequest&, v1::ListPeersResponse* response) {
    v1::PeerInfo peer = MakePeer("p", "n");
    peer.mutable_peer()->mutable_context()->set_bytes(std::string(60'000, 'x'));
    for (int i = 0; i < 100; ++i) *response->add_peers() = peer;
    return absl::OkStatus();
  };
  EXPECT_THAT(Hookcast({"peers"}).out, HasSubstr("\n100 peers\n"));
}

TEST_F(PeersTest, RefusesALimitThatIsNone) {
  for (const char* limit : {"0", "-1", "abc", "1000001", ""}) {
    EXPECT_EQ(Hookcast({"peers", "--limit", limit}).exit, ExitCode::kUsage) << limit;
  }
  EXPECT_EQ(Hookcast({"peers", "--limit", "5", "--all"}).exit, ExitCode::kUsage);
}

}  // namespace
}  // namespace hookcast::cli

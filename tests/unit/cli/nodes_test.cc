#include "tests/unit/cli/cli_fixture.h"

namespace hookcast::cli {
namespace {

class NodesTest : public CliTest {
 protected:
  NodesTest() {
    broker_.list_nodes = [this](const v1::ListNodesRequest&, v1::ListNodesResponse* response) {
      *response = nodes_;
      return absl::OkStatus();
    };
  }
  v1::NodeInfo* Add(const std::string& id, int64_t age_seconds) {
    v1::NodeInfo* const node = nodes_.add_nodes();
    node->set_id(id);
    node->set_version("0.1.0");
    node->set_control_address("10.0.0.7:8082");
    node->mutable_started_at()->set_seconds(1'800'000'000 - age_seconds);
    return node;
  }

  v1::ListNodesResponse nodes_;
};

TEST_F(NodesTest, ListsThemInAnAlignedTable) {
  v1::NodeInfo* node = Add("419d300fe2032258", 65);
  node->set_peers(1234);
  node->set_namespaces(7);
  node->set_ready(true);
  node = Add("c55cb67f068d4968", 90000);
  node->set_control_address("node-b.example.com:8082");
  node->set_draining(true);
  Add("d55cb67f068d4968", 0);
  const RunResult result = Hookcast({"nodes"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(
      result.out,
      "ID                VERSION  ADDRESS                  UPTIME  PEERS  NAMESPACES  STATE\n"
      "419d300fe2032258  0.1.0    10.0.0.7:8082            1m5s    1234   7           ready\n"
      "c55cb67f068d4968  0.1.0    node-b.example.com:8082  1d1h    0      0           draining\n"
      "d55cb67f068d4968  0.1.0    10.0.0.7:8082            0s      0      0           not ready\n"
      "3 nodes\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(NodesTest, SaysThatANodeDidNotAnswer) {
  Add("419d300fe2032258", 65);
  nodes_.mutable_nodes(0)->set_silent(true);
  nodes_.set_partial(true);
  const RunResult result = Hookcast({"nodes"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_THAT(result.out, testing::HasSubstr("  no answer\n"));
  EXPECT_EQ(result.err,
            "hookcast: 1 node did not answer, and is shown as it last announced itself\n");
}

TEST_F(NodesTest, SaysThatSeveralDidNotAnswer) {
  for (const char* id : {"419d300fe2032258", "c55cb67f068d4968", "d55cb67f068d4968"}) Add(id, 65);
  nodes_.mutable_nodes(0)->set_silent(true);
  nodes_.mutable_nodes(2)->set_silent(true);
  nodes_.set_partial(true);
  EXPECT_EQ(Hookcast({"nodes"}).err,
            "hookcast: 2 nodes did not answer, and are shown as they last announced themselves\n");
}

TEST_F(NodesTest, TellsARefusalAndABrokenLinkFromSilence) {
  for (const char* id : {"419d300fe2032258", "c55cb67f068d4968", "d55cb67f068d4968"}) {
    Add(id, 65)->set_silent(true);
  }
  nodes_.mutable_nodes(0)->set_silence(v1::NodeInfo::SILENCE_REFUSED);
  nodes_.mutable_nodes(1)->set_silence(v1::NodeInfo::SILENCE_UNREACHABLE);
  nodes_.mutable_nodes(2)->set_silence(v1::NodeInfo::SILENCE_NO_ANSWER);
  nodes_.set_partial(true);
  const RunResult result = Hookcast({"nodes"});
  EXPECT_THAT(result.out, testing::HasSubstr("  refuses this node\nc55"));
  EXPECT_THAT(result.out, testing::HasSubstr("  unreachable\nd55"));
  EXPECT_THAT(result.out, testing::HasSubstr("  no answer\n3 nodes\n"));
  EXPECT_EQ(result.err,
            "hookcast: 3 nodes did not answer, and are shown as they last announced themselves\n"
            "  the cluster.token of 1 node is not that of the one that was asked: set the same on "
            "all\n");
}

TEST_F(NodesTest, SaysThatTheNodeThatIsAskedDoesNotHearTheOthersWhereAllAnswered) {
  Add("419d300fe2032258", 65)->set_ready(true);
  nodes_.set_partial(true);
  EXPECT_EQ(Hookcast({"nodes"}).err,
            "hookcast: the list may be incomplete: the node that was asked has just started, or "
            "does not hear the others\n");
}

TEST_F(NodesTest, PrintsTheAnswerAsJson) {
  Add("419d300fe2032258", 0)->set_ready(true);
  EXPECT_EQ(
      Hookcast({"nodes", "--output", "json"}).out,
      "{\"nodes\":[{\"id\":\"419d300fe2032258\",\"version\":\"0.1.0\","
      "\"controlAddress\":\"10.0.0.7:8082\",\"peers\":\"0\",\"namespaces\":\"0\","
      "\"ready\":true,\"draining\":false,\"silent\":false,\"silence\":\"SILENCE_UNSPECIFIED\","
      "\"startedAt\":\"2027-01-15T08:00:00Z\"}],"
      "\"partial\":false}\n");
}

}  // namespace
}  // namespace hookcast::cli

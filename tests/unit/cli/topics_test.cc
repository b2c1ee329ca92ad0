// topics and namespaces.

#include "tests/unit/cli/cli_fixture.h"

namespace hookcast::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TopicsTest : public CliTest {
 protected:
  // A node with so many of both, which answers pages by the rules of the contract; only the first
  // page of many is partial.
  void Serve(int number) {
    broker_.list_topics = [this, number](const v1::ListTopicsRequest& request,
                                         v1::ListTopicsResponse* response) {
      requests_.push_back(request);
      Page(request, number, response, [&] {
        v1::TopicInfo* topic = response->add_topics();
        topic->set_namespace_("/rooms/ä");
        topic->set_topic("chat");
        topic->set_peers(12);
      });
      return absl::OkStatus();
    };
    broker_.list_namespaces = [this, number](const v1::ListNamespacesRequest& request,
                                             v1::ListNamespacesResponse* response) {
      Page(request, number, response, [&] {
        v1::NamespaceInfo* name = response->add_namespaces();
        name->set_namespace_("/rooms/ä");
        name->set_peers(12);
        name->set_topics(3);
      });
      return absl::OkStatus();
    };
  }

  template <typename Request, typename Response, typename Add>
  void Page(const Request& request, int number, Response* response, Add add) {
    limits_.push_back(request.limit());
    const int start = request.cursor().empty() ? 0 : std::stoi(request.cursor());
    const int end = std::min<int>(number, start + static_cast<int>(request.limit()));
    for (int i = start; i < end; ++i) add();
    if (end < number) response->set_next_cursor(std::to_string(end));
    response->set_partial(start == 0 && end < number);
  }

  std::vector<v1::ListTopicsRequest> requests_;
  std::vector<uint32_t> limits_;
};

TEST_F(TopicsTest, ListsTopicsInAnAlignedTable) {
  broker_.list_topics = [](const v1::ListTopicsRequest&, v1::ListTopicsResponse* response) {
    v1::TopicInfo* topic = response->add_topics();
    topic->set_namespace_("/räume/ä");
    topic->set_topic("chat");
    topic->set_peers(12);
    topic = response->add_topics();
    topic->set_topic("evil\x1b[2J");
    topic->set_peers(1);
    return absl::OkStatus();
  };
  const RunResult result = Hookcast({"topics"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.out,
            "NAMESPACE  TOPIC        PEERS\n"
            "/räume/ä   chat         12\n"
            "-          evil\\x1b[2J  1\n"
            "2 topics\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(TopicsTest, ListsNamespacesInAnAlignedTable) {
  Serve(1);
  const RunResult result = Hookcast({"namespaces"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.out,
            "NAMESPACE  PEERS  TOPICS\n"
            "/rooms/ä   12     3\n"
            "1 namespace\n");
}

TEST_F(TopicsTest, CountsNone) {
  Serve(0);
  EXPECT_EQ(Hookcast({"topics"}).out, "0 topics\n");
  EXPECT_EQ(Hookcast({"namespaces"}).out, "0 namespaces\n");
}

TEST_F(TopicsTest, TellsTheEmptyNamespaceFromAnyNamespace) {
  Serve(1);
  EXPECT_EQ(Hookcast({"topics"}).exit, ExitCode::kDone);
  EXPECT_FALSE(requests_[0].has_namespace_());
  EXPECT_EQ(Hookcast({"topics", ""}).exit, ExitCode::kDone);
  EXPECT_TRUE(requests_[1].has_namespace_());
  EXPECT_EQ(Hookcast({"topics", "/rooms/a"}).exit, ExitCode::kDone);
  EXPECT_EQ(requests_[2].namespace_(), "/rooms/a");
}

TEST_F(TopicsTest, StopsAtTheLimitAndSaysThatThereAreMore) {
  Serve(250);
  EXPECT_THAT(Hookcast({"topics"}).out,
              HasSubstr("\n100 topics; there are more, list them with --limit, or --all\n"));
  EXPECT_THAT(Hookcast({"namespaces", "--limit", "7"}).out, HasSubstr("\n7 namespaces; there are"));
  EXPECT_THAT(limits_, ElementsAre(100, 7));
}

TEST_F(TopicsTest, PagesToTheEndWithAll) {
  Serve(2600);
  for (const char* command : {"topics", "namespaces"}) {
    const RunResult result = Hookcast({command, "--all"});
    EXPECT_THAT(result.out, HasSubstr(std::string("\n2600 ") + command + "\n"));
    EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 2602);
  }
  EXPECT_THAT(limits_, ElementsAre(1000, 1000, 1000, 1000, 1000, 1000));
}

TEST_F(TopicsTest, TellsOnStderrThatAListIsPartial) {
  Serve(1001);
  for (const char* command : {"topics", "namespaces"}) {
    const RunResult result = Hookcast({command, "--all", "--output", "json"});
    EXPECT_EQ(result.exit, ExitCode::kDone);
    EXPECT_EQ(result.err,
              "hookcast: the list may be incomplete: a node did not answer, or the one that was "
              "asked does not hear the others\n  hookcast nodes tells which\n");
    EXPECT_THAT(result.out, HasSubstr("\"nextCursor\":\"\",\"partial\":true}\n"));
    EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1);
  }
}

TEST_F(TopicsTest, PrintsOneResponseAsJson) {
  Serve(1);
  EXPECT_EQ(Hookcast({"topics", "--output", "json"}).out,
            "{\"topics\":[{\"namespace\":\"/rooms/ä\",\"topic\":\"chat\",\"peers\":\"12\"}],"
            "\"nextCursor\":\"\",\"partial\":false}\n");
  EXPECT_EQ(Hookcast({"namespaces", "--output", "json"}).out,
            "{\"namespaces\":[{\"namespace\":\"/rooms/ä\",\"peers\":\"12\",\"topics\":\"3\"}],"
            "\"nextCursor\":\"\",\"partial\":false}\n");
}

}  // namespace
}  // namespace hookcast::cli

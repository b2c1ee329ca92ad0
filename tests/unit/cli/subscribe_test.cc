// subscribe and unsubscribe, and what all commands for many peers make of their arguments.

#include "tests/unit/cli/cli_fixture.h"

namespace hookcast::cli {
namespace {

using testing::HasSubstr;

class SubscribeTest : public CliTest {
 protected:
  SubscribeTest() {
    broker_.subscribe = [this](const v1::SubscribeRequest& request,
                               v1::SubscribeResponse* response) {
      ++calls_;
      subscribe_ = request;
      if (request.peers().peer() == "gone") return absl::NotFoundError("no peer gone");
      response->set_matched(3);
      return absl::OkStatus();
    };
    broker_.unsubscribe = [this](const v1::UnsubscribeRequest& request,
                                 v1::UnsubscribeResponse* response) {
      ++calls_;
      unsubscribe_ = request;
      if (request.peers().peer() == "gone") return absl::NotFoundError("no peer gone");
      response->set_matched(0);
      return absl::OkStatus();
    };
  }

  // Refused before anything was sent.
  void ExpectUsage(const std::vector<std::string>& arguments, const std::string& err) {
    const RunResult result = Hookcast(arguments);
    EXPECT_EQ(result.exit, ExitCode::kUsage);
    EXPECT_THAT(result.err, HasSubstr(err));
    EXPECT_EQ(calls_, 0);
  }

  v1::SubscribeRequest subscribe_;
  v1::UnsubscribeRequest unsubscribe_;
  int calls_ = 0;
};

TEST_F(SubscribeTest, SubscribesOnePeer) {
  const RunResult result = Hookcast({"subscribe", "p-1", "news"});
  EXPECT_EQ(result.exit, ExitCode::kDone) << result.err;
  EXPECT_EQ(result.out, "subscribed p-1 to news\n");
  EXPECT_EQ(subscribe_.peers().peer(), "p-1");
  EXPECT_EQ(subscribe_.topic(), "news");
  EXPECT_FALSE(subscribe_.has_since());
}

TEST_F(SubscribeTest, SubscribesAllThatAFilterLetsThrough) {
  const RunResult result = Hookcast(
      {"subscribe", "--namespace", "n", "--on", "chat", "--path", "/p", "--route", "/{r}", "news"});
  EXPECT_EQ(result.exit, ExitCode::kDone) << result.err;
  EXPECT_EQ(result.out, "subscribed 3 peers to news\n");
  const v1::PeerFilter& filter = subscribe_.peers().filter();
  EXPECT_EQ(filter.namespace_(), "n");
  EXPECT_EQ(filter.topic(), "chat");
  EXPECT_EQ(filter.path(), "/p");
  EXPECT_EQ(filter.route(), "/{r}");
  EXPECT_EQ(subscribe_.topic(), "news");
}

TEST_F(SubscribeTest, TakesTheEmptyNamespaceForAFilter) {
  EXPECT_EQ(Hookcast({"subscribe", "news", "--namespace="}).exit, ExitCode::kDone);
  EXPECT_TRUE(subscribe_.peers().filter().has_namespace_());
}

TEST_F(SubscribeTest, SubscribesEveryPeerOnlyWhereToldAll) {
  ExpectUsage({"subscribe", "news"}, "TOPIC is required");
  ExpectUsage({"subscribe", "--namespace", "n", "--topic=", "news"},
              "--topic: it is empty; leave it out for any");
  const RunResult result = Hookcast({"subscribe", "--all", "news"});
  EXPECT_EQ(result.exit, ExitCode::kDone) << result.err;
  EXPECT_TRUE(subscribe_.peers().has_filter());
  EXPECT_FALSE(subscribe_.peers().filter().has_namespace_());
}

TEST_F(SubscribeTest, RefusesAPeerBesideAFilter) {
  ExpectUsage({"subscribe", "p-1", "news", "--namespace", "n"}, "unexpected argument \"news\"");
  ExpectUsage({"subscribe", "p-1", "news", "--all"}, "unexpected argument \"news\"");
  ExpectUsage({"subscribe", "news", "--all", "--path", "/p"},
              "--all is given with an option that leaves peers out");
}

TEST_F(SubscribeTest, SaysWhatIsMissing) {
  ExpectUsage({"subscribe"}, "hookcast: PEER is required\n  give the id of a peer, or say which");
  ExpectUsage({"subscribe", "--all"}, "TOPIC is required");
  ExpectUsage({"unsubscribe"}, "PEER is required");
  ExpectUsage({"unsubscribe", "p-1", ""}, "TOPIC is empty");
}

TEST_F(SubscribeTest, RefusesNamesThatAreNotUtf8) {
  ExpectUsage({"subscribe", "p\xFF", "news"}, "PEER: \"p\\xff\" is not UTF-8");
  ExpectUsage({"subscribe", "p", "news\xFF"}, "TOPIC: \"news\\xff\" is not UTF-8");
  ExpectUsage({"unsubscribe", "--all", "news\xFF"}, "TOPIC: \"news\\xff\" is not UTF-8");
}

TEST_F(SubscribeTest, RefusesTopicsThatNoNodeTakes) {
  const std::string long_name(256, 't');
  ExpectUsage({"subscribe", "p", ""}, "TOPIC: it is empty; it needs a name");
  ExpectUsage({"subscribe", "p", long_name}, "TOPIC: it has 256 bytes; it may have at most 255");
  ExpectUsage({"unsubscribe", "p", long_name}, "TOPIC: it has 256 bytes; it may have at most 255");
}

TEST_F(SubscribeTest, UnsubscribesFromOneTopicOrFromAll) {
  EXPECT_EQ(Hookcast({"unsubscribe", "p-1", "news"}).out, "p-1 is not subscribed to news now\n");
  EXPECT_EQ(unsubscribe_.peers().peer(), "p-1");
  EXPECT_EQ(unsubscribe_.topic(), "news");
  EXPECT_EQ(Hookcast({"unsubscribe", "p-1"}).out, "p-1 is subscribed to no topic now\n");
  EXPECT_EQ(unsubscribe_.topic(), "");
}

TEST_F(SubscribeTest, UnsubscribesByFilter) {
  EXPECT_EQ(Hookcast({"unsubscribe", "--on", "news", "news"}).out,
            "of 0 peers none is subscribed to news now\n");
  EXPECT_EQ(unsubscribe_.peers().filter().topic(), "news");
  EXPECT_EQ(unsubscribe_.topic(), "news");
  EXPECT_EQ(Hookcast({"unsubscribe", "--all"}).out,
            "of 0 peers none is subscribed to any topic now\n");
}

TEST_F(SubscribeTest, PrintsTheResponseAsJson) {
  EXPECT_EQ(Hookcast({"subscribe", "p", "t", "--output", "json"}).out, "{\"matched\":\"3\"}\n");
  EXPECT_EQ(Hookcast({"unsubscribe", "p", "--output", "json"}).out, "{\"matched\":\"0\"}\n");
}

TEST_F(SubscribeTest, SaysThatAPeerIsGone) {
  for (const RunResult& result :
       {Hookcast({"subscribe", "gone", "t"}), Hookcast({"unsubscribe", "gone"})}) {
    EXPECT_EQ(result.exit, ExitCode::kRefused);
    EXPECT_EQ(result.err,
              "hookcast: no peer gone\n  hookcast peers lists the peers that are connected\n");
  }
}

}  // namespace
}  // namespace hookcast::cli

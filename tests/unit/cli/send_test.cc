#include "tests/unit/cli/cli_fixture.h"

namespace hookcast::cli {
namespace {

class SendTest : public CliTest {
 protected:
  SendTest() {
    broker_.send = [this](const v1::SendRequest& request, v1::SendResponse* response) {
      request_ = request;
      if (request.peers().peer() == "gone") return absl::NotFoundError("no peer gone");
      response->set_matched(1);
      return absl::OkStatus();
    };
  }

  v1::SendRequest request_;
};

TEST_F(SendTest, SendsToOnePeer) {
  const RunResult result = Hookcast({"send", "p-1", "hi", "--event", "news", "--compress"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.out, "sent to p-1\n");
  EXPECT_EQ(request_.peers().peer(), "p-1");
  EXPECT_EQ(request_.data().text(), "hi");
  EXPECT_EQ(request_.data().event().event(), "news");
  EXPECT_TRUE(request_.data().compress());
}

TEST_F(SendTest, TakesEveryFormOfData) {
  EXPECT_EQ(Hookcast({"send", "p-1", "-", "--binary"}, "\xFF").exit, ExitCode::kDone);
  EXPECT_EQ(request_.data().binary(), "\xFF");
  EXPECT_EQ(Hookcast({"send", "p-1", "[]", "--json"}).exit, ExitCode::kDone);
  EXPECT_TRUE(request_.data().json().has_list_value());
  EXPECT_EQ(Hookcast({"send", "p-1", ""}).exit, ExitCode::kDone);
  EXPECT_TRUE(request_.data().has_text());
}

TEST_F(SendTest, PrintsTheResponseAsJson) {
  EXPECT_EQ(Hookcast({"--output=json", "send", "p-1", "hi"}).out, "{\"matched\":\"1\"}\n");
}

TEST_F(SendTest, SendsToAllThatAFilterLetsThrough) {
  const RunResult result = Hookcast({"send", "--namespace", "/rooms/a", "--on", "chat", "hi"});
  EXPECT_EQ(result.exit, ExitCode::kDone) << result.err;
  EXPECT_EQ(result.out, "sent to 1 peer\n");
  EXPECT_EQ(request_.peers().filter().namespace_(), "/rooms/a");
  EXPECT_EQ(request_.peers().filter().topic(), "chat");
  EXPECT_EQ(request_.data().text(), "hi");
}

TEST_F(SendTest, SaysWhatIsMissing) {
  EXPECT_THAT(Hookcast({"send"}).err, testing::HasSubstr("PEER is required"));
  EXPECT_THAT(Hookcast({"send", "p-1"}).err, testing::HasSubstr("DATA is required"));
  EXPECT_THAT(Hookcast({"send", "--all"}).err, testing::HasSubstr("DATA is required"));
  EXPECT_FALSE(request_.has_peers());
}

TEST_F(SendTest, SaysThatAPeerIsGone) {
  const RunResult result = Hookcast({"send", "gone", "hi"});
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_EQ(result.err,
            "hookcast: no peer gone\n  hookcast peers lists the peers that are connected\n");
}

}  // namespace
}  // namespace hookcast::cli

#include "tests/unit/cli/cli_fixture.h"

namespace hookcast::cli {
namespace {

using testing::HasSubstr;

class CloseTest : public CliTest {
 protected:
  CloseTest() {
    broker_.close = [this](const v1::ClosePeersRequest& request, v1::ClosePeersResponse* response) {
      close_ = request;
      if (request.peers().peer() == "gone") return absl::NotFoundError("no peer gone");
      response->set_matched(1);
      return absl::OkStatus();
    };
    broker_.terminate = [this](const v1::TerminateRequest& request,
                               v1::TerminateResponse* response) {
      terminate_ = request;
      if (request.peers().peer() == "gone") return absl::NotFoundError("no peer gone");
      response->set_matched(1);
      return absl::OkStatus();
    };
  }

  v1::ClosePeersRequest close_;
  v1::TerminateRequest terminate_;
};

TEST_F(CloseTest, ClosesWith1000UnlessToldOtherwise) {
  const RunResult result = Hookcast({"close", "p-1"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.out, "closing p-1 with code 1000\n");
  EXPECT_EQ(close_.peers().peer(), "p-1");
  EXPECT_EQ(close_.code(), 1000u);
  EXPECT_EQ(close_.reason(), "");
}

TEST_F(CloseTest, SendsCodeAndReason) {
  EXPECT_EQ(Hookcast({"close", "p-1", "--code", "4001", "--reason", "bye now"}).out,
            "closing p-1 with code 4001\n");
  EXPECT_EQ(close_.code(), 4001u);
  EXPECT_EQ(close_.reason(), "bye now");
}

TEST_F(CloseTest, TerminatesInstead) {
  const RunResult result = Hookcast({"close", "p-1", "--terminate"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.out, "terminated p-1\n");
  EXPECT_EQ(terminate_.peers().peer(), "p-1");
  EXPECT_FALSE(close_.has_peers());
}

TEST_F(CloseTest, PrintsTheResponseAsJson) {
  EXPECT_EQ(Hookcast({"close", "p-1", "--output", "json"}).out, "{\"matched\":\"1\"}\n");
  EXPECT_EQ(Hookcast({"close", "p-1", "--terminate", "--output", "json"}).out,
            "{\"matched\":\"1\"}\n");
}

TEST_F(CloseTest, ClosesAllThatAFilterLetsThrough) {
  EXPECT_EQ(Hookcast({"close", "--route", "/rooms/{room}"}).out, "closing 1 peer with code 1000\n");
  EXPECT_EQ(close_.peers().filter().route(), "/rooms/{room}");
  EXPECT_EQ(Hookcast({"close", "--path", "/rooms/a", "--terminate"}).out, "terminated 1 peer\n");
  EXPECT_EQ(terminate_.peers().filter().path(), "/rooms/a");
}

TEST_F(CloseTest, SaysThatAPeerIsGone) {
  for (const RunResult& result :
       {Hookcast({"close", "gone"}), Hookcast({"close", "gone", "--terminate"})}) {
    EXPECT_EQ(result.exit, ExitCode::kRefused);
    EXPECT_EQ(result.err,
              "hookcast: no peer gone\n  hookcast peers lists the peers that are connected\n");
  }
}

TEST_F(CloseTest, RefusesOptionsThatDoNotGoTogether) {
  EXPECT_EQ(Hookcast({"close", "p", "--terminate", "--code", "1000"}).exit, ExitCode::kUsage);
  EXPECT_EQ(Hookcast({"close", "p", "--terminate", "--reason", "x"}).exit, ExitCode::kUsage);
  const RunResult result = Hookcast({"close", "p", "--code", "70000"});
  EXPECT_EQ(result.exit, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("--code: Value 70000 not in range 1000 to 4999"));
  EXPECT_FALSE(close_.has_peers());
}

}  // namespace
}  // namespace hookcast::cli

#include <stop_token>

#include "tests/unit/cli/cli_fixture.h"

namespace hookcast::cli {
namespace {

using testing::HasSubstr;

constexpr char kNode[] = "419d300fe2032258";

// A node whose peers leave, some each time it is looked at.
class DrainTest : public CliTest {
 protected:
  DrainTest() {
    broker_.drain_node = [this](const v1::DrainNodeRequest& request,
                                v1::DrainNodeResponse* response) {
      request_ = request;
      response->set_peers(left_);
      response->set_node(kNode);
      return answer_;
    };
    broker_.list_nodes = [this](const v1::ListNodesRequest&, v1::ListNodesResponse* response) {
      ++looks_;
      if (!looks_answer_.ok()) return looks_answer_;
      response->set_partial(looks_ <= partial_looks_);
      left_ -= std::min<uint64_t>(left_, 100);
      response->add_nodes()->set_id("ffffffffffffffff");
      response->mutable_nodes(0)->set_peers(5);
      if (gone_) return absl::OkStatus();
      response->add_nodes()->set_id(kNode);
      response->mutable_nodes(1)->set_peers(left_);
      return absl::OkStatus();
    };
  }
  RunResult Drain(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "drain");
    return Hookcast(arguments, "", [this](Terminal& terminal) {
      terminal.elapsed = [this] { return elapsed_; };
      terminal.wait = [this](absl::Duration time, const std::stop_token&) { elapsed_ += time; };
      terminal.err_columns = columns_;
      terminal.stop_on = [this](StopOn) { return stop_.get_token(); };
    });
  }

  v1::DrainNodeRequest request_;
  absl::Status answer_;
  absl::Status looks_answer_;
  int partial_looks_ = 0;
  uint64_t left_ = 300;
  bool gone_ = false;
  int looks_ = 0;
  int columns_ = 0;
  absl::Duration elapsed_;
  std::stop_source stop_;
};

TEST_F(DrainTest, OfTheNodeThatIsAskedWaitsUntilItsPeersHaveLeft) {
  const RunResult result = Drain({});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(request_.node(), "");
  EXPECT_FALSE(request_.has_over());
  EXPECT_EQ(looks_, 3);
  EXPECT_EQ(result.out, "drained 419d300fe2032258 of 300 peers in 1.5 s\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(DrainTest, OfANamedNodeTakesTheTimeThatIsTold) {
  EXPECT_EQ(Drain({"--node", kNode, "--over", "1m30s"}).exit, ExitCode::kDone);
  EXPECT_EQ(request_.over().seconds(), 90);
}

TEST_F(DrainTest, TakesTheTimesThatANodeTakes) {
  EXPECT_EQ(Drain({"--over", "0s"}).exit, ExitCode::kDone);
  EXPECT_TRUE(request_.has_over());
  EXPECT_EQ(request_.over().seconds(), 0);
  EXPECT_EQ(Drain({"--over", "1h"}).exit, ExitCode::kDone);
  EXPECT_EQ(request_.over().seconds(), 3600);
}

TEST_F(DrainTest, ShowsHowFarItIs) {
  columns_ = 80;
  EXPECT_THAT(Drain({}).err, HasSubstr(" 33%  100/300  200/s  ETA 1s"));
}

TEST_F(DrainTest, PrintsTheSumAsJson) {
  EXPECT_EQ(Drain({"--output", "json"}).out,
            "{\"node\":\"419d300fe2032258\",\"peers\":300,\"left\":0,\"seconds\":1.5,"
            "\"interrupted\":false}\n");
}

TEST_F(DrainTest, ANodeThatIsGoneIsDrained) {
  gone_ = true;
  EXPECT_EQ(Drain({}).out, "drained 419d300fe2032258 of 300 peers in 0.5 s\n");
}

TEST_F(DrainTest, ANodeThatIsMissingFromAPartialListMayStillHaveThem) {
  gone_ = true;
  partial_looks_ = 4;
  EXPECT_EQ(Drain({}).out, "drained 419d300fe2032258 of 300 peers in 2.5 s\n");
}

TEST_F(DrainTest, ANodeThatIsMissingForLongFromListsThatAreAlwaysPartialIsGone) {
  gone_ = true;
  partial_looks_ = 1000;
  EXPECT_EQ(Drain({}).out, "drained 419d300fe2032258 of 300 peers in 10.5 s\n");
}

TEST_F(DrainTest, ATokenThatMayNotLookIsToldThatTheDrainGoesOn) {
  looks_answer_ = absl::PermissionDeniedError("the token lacks the scope read");
  const RunResult result = Drain({});
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_EQ(looks_, 1);
  EXPECT_THAT(result.err, HasSubstr("hookcast: the drain goes on, and cannot be looked after\n"));
}

TEST_F(DrainTest, AnInterruptEndsTheWaitAlone) {
  stop_.request_stop();
  const RunResult result = Drain({});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.out, "drained 419d300fe2032258 of 0 peers in 0.0 s; 300 peers still to leave\n");
}

TEST_F(DrainTest, DoesNotWaitWhereItIsToldNotTo) {
  EXPECT_EQ(Drain({"--no-wait"}).out, "draining 419d300fe2032258 of 300 peers\n");
  EXPECT_EQ(Drain({"--no-wait", "--output", "json"}).out,
            "{\"peers\":\"300\",\"node\":\"419d300fe2032258\"}\n");
  EXPECT_EQ(looks_, 0);
}

TEST_F(DrainTest, ANodeThatThereIsNotIsRefusedWithAHint) {
  answer_ = absl::NotFoundError("there is no node \"x\"; ListNodes names those that are alive");
  const RunResult result = Drain({"--node", "x"});
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_THAT(result.err, HasSubstr("there is no node \"x\""));
  EXPECT_THAT(result.err, HasSubstr("hookcast nodes lists the nodes that are alive"));
}

TEST_F(DrainTest, ATimeThatIsNoneIsAMistakeOfTheCommandLine) {
  for (const char* over : {"soon", "-1s", "3601s", "24h"}) {
    EXPECT_EQ(Drain({"--over", over}).exit, ExitCode::kUsage) << over;
  }
  EXPECT_EQ(request_.node(), "");
}

}  // namespace
}  // namespace hookcast::cli

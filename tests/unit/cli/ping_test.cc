#include <nlohmann/json.hpp>

#include "tests/unit/cli/cli_fixture.h"

namespace hookcast::cli {
namespace {

using testing::MatchesRegex;

class PingTest : public CliTest {
 protected:
  PingTest() {
    broker_.ping = [this](const v1::PingRequest&, v1::PingResponse* response) {
      ++calls_;
      response->set_node("n\x1b");
      response->set_version("0.1.0");
      response->set_peers(1);
      response->mutable_uptime()->set_seconds(3725);
      return absl::OkStatus();
    };
  }

  int calls_ = 0;
};

constexpr char kLine[] = "node n\\\\x1b, version 0.1.0, up 1h2m, 1 peer, [0-9]+\\.[0-9][0-9] ms\n";

TEST_F(PingTest, TellsNodeVersionUptimePeersAndRoundTrip) {
  const RunResult result = Hookcast({"ping"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_THAT(result.out, MatchesRegex(kLine));
  EXPECT_EQ(calls_, 1);
}

TEST_F(PingTest, AsksAsOftenAsToldAndSumsUp) {
  const RunResult result = Hookcast({"ping", "--count", "3"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  const std::string line = kLine;
  EXPECT_THAT(result.out,
              MatchesRegex(line + line + line +
                           "3 answers: least [0-9.]+ ms, mean [0-9.]+ ms, most [0-9.]+ ms\n"));
  EXPECT_EQ(calls_, 3);
}

TEST_F(PingTest, PrintsAnObjectALineAsJson) {
  const RunResult result = Hookcast({"ping", "--count", "2", "--output", "json"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos);
  std::istringstream lines(result.out);
  int objects = 0;
  for (std::string line; std::getline(lines, line); ++objects) {
    const auto object = nlohmann::json::parse(line);
    EXPECT_EQ(object.at("node"), "n\x1b");
    EXPECT_EQ(object.at("uptime"), "3725s");
    EXPECT_EQ(object.at("peers"), "1");
    EXPECT_GT(object.at("roundTripMs").get<double>(), 0);
  }
  EXPECT_EQ(objects, 2);
}

TEST_F(PingTest, RefusesACountOfNone) {
  EXPECT_EQ(Hookcast({"ping", "--count", "0"}).exit, ExitCode::kUsage);
}

}  // namespace
}  // namespace hookcast::cli

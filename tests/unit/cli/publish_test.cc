#include <fstream>

#include "tests/unit/cli/cli_fixture.h"

namespace hookcast::cli {
namespace {

using testing::HasSubstr;

class PublishTest : public CliTest {
 protected:
  PublishTest() {
    broker_.publish = [this](const v1::PublishRequest& request, v1::PublishResponse* response) {
      request_ = request;
      ++calls_;
      response->set_id("m-1");
      response->set_local_count(2);
      return absl::OkStatus();
    };
  }

  v1::PublishRequest request_;
  int calls_ = 0;
};

TEST_F(PublishTest, PublishesTextAndSaysToHowMany) {
  const RunResult result = Hookcast({"publish", "/rooms/a", "chat", "hello, wörld"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.out, "published m-1 to 2 peers of this node\n");
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(request_.namespace_(), "/rooms/a");
  EXPECT_EQ(request_.topic(), "chat");
  EXPECT_EQ(request_.data().text(), "hello, wörld");
  EXPECT_FALSE(request_.data().has_event());
  EXPECT_FALSE(request_.data().compress());
  EXPECT_EQ(request_.exclude_peer(), "");
  EXPECT_EQ(request_.idempotency_key(), "");
}

TEST_F(PublishTest, SaysOnePeer) {
  broker_.publish = [](const v1::PublishRequest&, v1::PublishResponse* response) {
    response->set_id("m-2");
    response->set_local_count(1);
    return absl::OkStatus();
  };
  EXPECT_EQ(Hookcast({"publish", "n", "t", "x"}).out, "published m-2 to 1 peer of this node\n");
}

TEST_F(PublishTest, PrintsTheResponseAsJson) {
  const RunResult result = Hookcast({"publish", "n", "t", "x", "--output", "json"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.out, "{\"id\":\"m-1\",\"localCount\":\"2\"}\n");
}

TEST_F(PublishTest, SendsEveryOption) {
  const RunResult result =
      Hookcast({"publish", "n", "t", "x", "--exclude", "p-1", "--key", "k", "--id=7", "--event",
                "news", "--retry", "1500ms", "--compress"});
  EXPECT_EQ(result.exit, ExitCode::kDone) << result.err;
  EXPECT_TRUE(request_.data().compress());
  EXPECT_EQ(request_.exclude_peer(), "p-1");
  EXPECT_EQ(request_.idempotency_key(), "k");
  EXPECT_EQ(request_.data().event().id(), "7");
  EXPECT_EQ(request_.data().event().event(), "news");
  EXPECT_EQ(request_.data().event().retry().seconds(), 1);
  EXPECT_EQ(request_.data().event().retry().nanos(), 500'000'000);
}

TEST_F(PublishTest, TakesWhateverStandsWhereDataStands) {
  // What looks like the parser's own signs, or like a command, is data all the same.
  for (const char* data :
       {"", "{}", "[1,2]", "%%", "peers", "publish", "-5", "a\nb", "a=b", "\\"}) {
    const RunResult result = Hookcast({"publish", "", "ping", data});
    EXPECT_EQ(result.exit, ExitCode::kDone) << data << result.err;
    EXPECT_TRUE(request_.data().has_text());
    EXPECT_EQ(request_.data().text(), data);
    EXPECT_EQ(request_.namespace_(), "");
    EXPECT_EQ(request_.topic(), "ping");
  }
}

TEST_F(PublishTest, TakesDataThatLooksLikeAnOptionAfterTwoDashes) {
  for (const char* data : {"--binary", "-x", "++", "--"}) {
    EXPECT_EQ(Hookcast({"publish", "--key", "k", "n", "t", "--", data}).exit, ExitCode::kDone);
    EXPECT_EQ(request_.data().text(), data);
  }
  EXPECT_EQ(Hookcast({"publish", "--", "-n", "--t", "-"}, "in").exit, ExitCode::kDone);
  EXPECT_EQ(request_.namespace_(), "-n");
  EXPECT_EQ(request_.data().text(), "in");
  const RunResult refused = Hookcast({"publish", "n", "t", "++"});
  EXPECT_EQ(refused.exit, ExitCode::kUsage);
  EXPECT_THAT(refused.err, HasSubstr("write -- before"));
}

TEST_F(PublishTest, ReadsStandardInputToTheByte) {
  const std::string input("line\r\nnext\0\n", 12);
  EXPECT_EQ(Hookcast({"publish", "n", "t", "-"}, input).exit, ExitCode::kDone);
  EXPECT_EQ(request_.data().text(), input);
  const std::string large(3'000'000, 'x');
  EXPECT_EQ(Hookcast({"publish", "n", "t", "-"}, large).exit, ExitCode::kDone);
  EXPECT_EQ(request_.data().text(), large);
}

TEST_F(PublishTest, ReadsAFileToTheByte) {
  const std::string name = testing::TempDir() + "/hookcast_publish_test" + std::to_string(getpid());
  const std::string content("\xFF\0 \n", 4);
  std::ofstream(name, std::ios::binary) << content;
  EXPECT_EQ(Hookcast({"publish", "n", "t", "@" + name, "--binary"}).exit, ExitCode::kDone);
  EXPECT_EQ(request_.data().binary(), content);
  std::remove(name.c_str());
}

TEST_F(PublishTest, SaysWhyAFileCannotBeRead) {
  const RunResult missing = Hookcast({"publish", "n", "t", "@/no/such/file"});
  EXPECT_EQ(missing.exit, ExitCode::kUsage);
  EXPECT_EQ(missing.err,
            "hookcast: cannot read \"/no/such/file\": no such file or directory\n"
            "  to send text that starts with @, give DATA as - and the text on standard input\n");
  const RunResult folder = Hookcast({"publish", "n", "t", "@/"});
  EXPECT_EQ(folder.exit, ExitCode::kUsage);
  EXPECT_THAT(folder.err, HasSubstr("is a directory"));
  EXPECT_EQ(calls_, 0);
}

TEST_F(PublishTest, RefusesAnEndlessFile) {
  const RunResult result = Hookcast({"publish", "n", "t", "@/dev/zero", "--binary"});
  EXPECT_EQ(result.exit, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("longer than 64.0 MiB"));
}

TEST_F(PublishTest, SaysThatAMessageIsLongerThanACallBeforeItLooksForANode) {
  for (const auto& [size, shown] : std::vector<std::pair<size_t, std::string>>{
           {20'000'000, "19.1 MiB"}, {17 << 20, "17.0 MiB"}}) {
    const RunResult result =
        RunHookcast({"publish", "n", "t", "-", "--server", "127.0.0.1:1"}, std::string(size, 'x'));
    EXPECT_EQ(result.exit, ExitCode::kUsage);
    EXPECT_EQ(result.err, "hookcast: the message has " + shown + "; a call takes at most 16 MiB\n");
  }
  EXPECT_EQ(calls_, 0);
}

TEST_F(PublishTest, SendsBinaryAsBinaryEvenWhereItIsText) {
  EXPECT_EQ(Hookcast({"publish", "n", "t", "text", "--binary"}).exit, ExitCode::kDone);
  EXPECT_EQ(request_.data().binary(), "text");
  EXPECT_EQ(Hookcast({"publish", "n", "t", "", "--binary"}).exit, ExitCode::kDone);
  EXPECT_TRUE(request_.data().has_binary());
}

TEST_F(PublishTest, SaysToUseBinaryForWhatIsNotUtf8) {
  for (const RunResult& result : {Hookcast({"publish", "n", "t", "ab\xFF"}),
                                  Hookcast({"publish", "n", "t", "-"}, "ab\xFF")}) {
    EXPECT_EQ(result.exit, ExitCode::kUsage);
    EXPECT_EQ(result.err,
              "hookcast: the data is not UTF-8 text: byte 0xff at offset 2\n"
              "  send it as it is with --binary\n");
  }
  EXPECT_EQ(calls_, 0);
}

TEST_F(PublishTest, RefusesNamesThatAreNotUtf8) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"publish", "n\xFF", "t", "x"},
           {"publish", "n", "t\xFF", "x"},
           {"publish", "n", "t", "x", "--key", "\xFF"},
           {"publish", "n", "t", "x", "--exclude", "\xFF"},
           {"publish", "n", "t", "x", "--id", "\xFF"},
           {"publish", "n", "t", "x", "--event", "\xFF"},
       }) {
    const RunResult result = Hookcast(arguments);
    EXPECT_EQ(result.exit, ExitCode::kUsage);
    EXPECT_THAT(result.err, HasSubstr("\\xff\" is not UTF-8"));
  }
  EXPECT_EQ(calls_, 0);
}

TEST_F(PublishTest, RefusesNamesThatNoNodeTakes) {
  using Arguments = std::vector<std::string>;
  for (const auto& [arguments, err] : std::vector<std::pair<Arguments, std::string>>{
           {{"n", "", "x"}, "TOPIC: it is empty; it needs a name"},
           {{"n", std::string(256, 't'), "x"}, "TOPIC: it has 256 bytes; it may have at most 255"},
           {{std::string(1025, 'n'), "t", "x"},
            "NAMESPACE: it has 1025 bytes; it may have at most 1024"},
           {{"n", "t", "x", "--key", std::string(256, 'k')},
            "--key: it has 256 bytes; it may have at most 255"},
           {{"n", "t", "x", "--event", "a\nb"}, "--event: it holds CR, LF or NUL"},
           {{"n", "t", "x", "--id", "a\rb"}, "--id: it holds CR, LF or NUL"},
           {{"n", "t", "x", "--event", "hookcast.gap"}, "--event: names that begin with"},
       }) {
    Arguments all = {"publish"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const RunResult result = Hookcast(all);
    EXPECT_EQ(result.exit, ExitCode::kUsage) << err;
    EXPECT_THAT(result.err, HasSubstr(err));
  }
  EXPECT_EQ(calls_, 0);
  EXPECT_EQ(Hookcast({"publish", std::string(1024, 'n'), std::string(255, 't'), "x"}).exit,
            ExitCode::kDone);
}

TEST_F(PublishTest, SendsJsonAsAValue) {
  EXPECT_EQ(Hookcast({"publish", "n", "t", "{\"a\": [1, null]}", "--json"}).exit, ExitCode::kDone);
  EXPECT_TRUE(request_.data().has_json());
  const auto& fields = request_.data().json().struct_value().fields();
  EXPECT_EQ(fields.at("a").list_value().values(0).number_value(), 1);
}

TEST_F(PublishTest, RefusesWhatIsNotJson) {
  const RunResult result = Hookcast({"publish", "n", "t", "{\x1b", "--json"});
  EXPECT_EQ(result.exit, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("hookcast: the data is not JSON: parse error at line 1"));
  EXPECT_EQ(result.err.find('\x1b'), std::string::npos);
  EXPECT_THAT(Hookcast({"publish", "n", "t", "{}", "--json", "--binary"}).err,
              HasSubstr("excludes"));
  EXPECT_EQ(calls_, 0);
}

TEST_F(PublishTest, KeepsAnErrorAboutLongDataShort) {
  const RunResult result =
      Hookcast({"publish", "n", "t", "-", "--json"}, std::string(100'000, 'x'));
  EXPECT_EQ(result.exit, ExitCode::kUsage);
  EXPECT_LT(result.err.size(), 1000u);
}

TEST_F(PublishTest, TellsWhoGotWhatTheBackplaneDidNotTake) {
  broker_.publish = [](const v1::PublishRequest&, v1::PublishResponse*) {
    return absl::UnavailableError("the backplane is away");
  };
  v1::PublishFailure failure;
  failure.set_local_count(3);
  failure.set_outcome(v1::PublishFailure::OUTCOME_NOT_TAKEN);
  broker_.publish_failure = failure.SerializeAsString();
  RunResult result = Hookcast({"publish", "n", "t", "x"});
  EXPECT_EQ(result.exit, ExitCode::kUnreachable) << "it was done in part";
  EXPECT_EQ(result.err,
            "hookcast: not published to the whole cluster: the backplane is away\n"
            "  3 peers of this node got it, other nodes did not; with --key a second try reaches "
            "nobody twice\n");

  failure.set_outcome(v1::PublishFailure::OUTCOME_UNKNOWN);
  broker_.publish_failure = failure.SerializeAsString();
  result = Hookcast({"publish", "n", "t", "x"});
  EXPECT_THAT(result.err, HasSubstr("other nodes may have"));

  result = Hookcast({"publish", "n", "t", "x", "--output", "json"});
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            R"({"code":"unavailable",)"
            R"("message":"not published to the whole cluster: the backplane is away",)"
            R"("hint":"3 peers of this node got it, other nodes may have; with --key a second try )"
            R"(reaches nobody twice",)"
            R"("details":[{"type":"hookcast.v1.PublishFailure","value":"CAMQAg",)"
            R"("debug":{"localCount":"3","outcome":"OUTCOME_UNKNOWN"}}]})"
            "\n");
}

TEST_F(PublishTest, TellsWhyTheNodeRefused) {
  broker_.publish = [](const v1::PublishRequest&, v1::PublishResponse*) {
    return absl::InvalidArgumentError("topic is empty; give one of 1 to 255 bytes\x1b[0m");
  };
  const RunResult result = Hookcast({"publish", "n", "t", "x"});
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "hookcast: topic is empty; give one of 1 to 255 bytes\\x1b[0m\n");
}

}  // namespace
}  // namespace hookcast::cli

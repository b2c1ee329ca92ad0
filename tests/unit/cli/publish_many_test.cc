// publish --count, --lines and --rate.

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stop_token>

#include "cli/publish_run.h"
#include "tests/unit/cli/cli_fixture.h"
#include "tests/unit/cli/raw_server.h"

namespace hookcast::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PublishManyTest : public CliTest {
 protected:
  // A node that refuses the texts that start with "bad", each for itself, and delivers others to
  // two of its peers.
  PublishManyTest() {
    broker_.publish_batch = [this](const v1::PublishBatchRequest& request,
                                   v1::PublishBatchResponse* response) {
      batches_.push_back(request);
      for (const v1::PublishRequest& message : request.messages()) {
        v1::PublishResult* result = response->add_results();
        if (message.data().text().starts_with("bad")) {
          result->set_code(3);
          result->set_error("no " + message.data().text());
        } else {
          result->set_local_count(2);
        }
      }
      return absl::OkStatus();
    };
  }

  std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const auto& batch : batches_) {
      for (const auto& message : batch.messages()) texts.push_back(message.data().text());
    }
    return texts;
  }

  std::vector<int> sizes() const {
    std::vector<int> sizes;
    for (const auto& batch : batches_) sizes.push_back(batch.messages_size());
    return sizes;
  }

  std::vector<v1::PublishBatchRequest> batches_;
};

// Time that passes when somebody waits, and not else.
struct ManualTime {
  void operator()(Terminal& terminal) {
    terminal.elapsed = [this] { return now; };
    terminal.wait = [this](absl::Duration time, const std::stop_token&) {
      waits.push_back(time);
      now += time;
      if (on_wait) on_wait();
    };
  }

  absl::Duration now = absl::Hours(1);
  std::vector<absl::Duration> waits;
  std::function<void()> on_wait;
};

TEST_F(PublishManyTest, PublishesSoManyTimesAndSumsUp) {
  ManualTime time;
  const RunResult result =
      Hookcast({"publish", "n", "t", "x", "--count", "600", "--exclude", "p-1"}, "",
               [&](Terminal& terminal) { time(terminal); });
  EXPECT_EQ(result.exit, ExitCode::kDone) << result.err;
  EXPECT_EQ(result.out, "published 600 messages in 0.00 s, 0.0/s\n");
  EXPECT_EQ(result.err, "") << "it is no terminal";
  EXPECT_THAT(sizes(), ElementsAre(256, 256, 88));
  const v1::PublishRequest& last = batches_[2].messages(87);
  EXPECT_EQ(last.namespace_(), "n");
  EXPECT_EQ(last.topic(), "t");
  EXPECT_EQ(last.exclude_peer(), "p-1");
  EXPECT_EQ(last.data().text(), "x");
}

TEST_F(PublishManyTest, SumsUpACountOfOneToo) {
  const RunResult result = Hookcast({"publish", "n", "t", "x", "--count", "1"});
  EXPECT_THAT(result.out, testing::StartsWith("published 1 message in 0."));
}

TEST_F(PublishManyTest, PublishesEachLineOfStandardInput) {
  const RunResult result =
      Hookcast({"publish", "n", "t", "-", "--lines"}, "first\n\nthird\r\nf\rour\nno end");
  EXPECT_EQ(result.exit, ExitCode::kDone) << result.err;
  EXPECT_THAT(texts(), ElementsAre("first", "", "third", "f\rour", "no end"));
}

TEST_F(PublishManyTest, PublishesEachLineOfAFileOrAnArgument) {
  const std::string name = testing::TempDir() + "/hookcast_lines" + std::to_string(getpid());
  std::string content;
  for (int i = 0; i < 20'000; ++i) content += "line " + std::to_string(i) + "\n";
  std::ofstream(name, std::ios::binary) << content;
  EXPECT_EQ(Hookcast({"publish", "n", "t", "@" + name, "--lines"}).exit, ExitCode::kDone);
  std::remove(name.c_str());
  const auto published = texts();
  ASSERT_EQ(published.size(), 20'000u);
  for (int i = 0; i < 20'000; ++i) ASSERT_EQ(published[i], "line " + std::to_string(i));

  batches_.clear();
  EXPECT_EQ(Hookcast({"publish", "n", "t", "a\nb", "--lines"}).exit, ExitCode::kDone);
  EXPECT_THAT(texts(), ElementsAre("a", "b"));
}

TEST_F(PublishManyTest, PublishesNothingOfAnEmptyInput) {
  const RunResult result = Hookcast({"publish", "n", "t", "-", "--lines"}, "");
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_THAT(result.out, HasSubstr("published 0 messages in "));
  EXPECT_THAT(batches_, IsEmpty());
}

TEST_F(PublishManyTest, TellsAMissingFileBeforeItLooksForANode) {
  const RunResult result =
      RunHookcast({"publish", "n", "t", "@/no/such", "--lines", "--server", "127.0.0.1:1"});
  EXPECT_EQ(result.exit, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("cannot read \"/no/such\": no such file or directory"));
}

TEST_F(PublishManyTest, CountsTheRefusedAndTellsTheFirstError) {
  const RunResult result =
      Hookcast({"publish", "n", "t", "-", "--lines"}, "a\nbad one\nb\nbad two\nc\n");
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_THAT(result.out,
              testing::MatchesRegex("published 3 messages in [0-9.]+ s, [0-9.]+/s; 2 refused\n"));
  EXPECT_EQ(result.err, "hookcast: 2 of 5 messages were refused, first message 2: no bad one\n");
}

TEST_F(PublishManyTest, RefusesALineThatIsNotWhatItIsSaidToBeAndGoesOn) {
  const RunResult json =
      Hookcast({"publish", "n", "t", "-", "--lines", "--json"}, "{\"a\":1}\n{oops\n[2]\n");
  EXPECT_EQ(json.exit, ExitCode::kRefused);
  EXPECT_THAT(json.out, HasSubstr("published 2 messages"));
  EXPECT_THAT(json.err,
              HasSubstr("hookcast: message 2 was refused: the data is not JSON: parse error"));

  batches_.clear();
  const RunResult text = Hookcast({"publish", "n", "t", "-", "--lines"}, "a\nb\xFF\nbad\nc\n");
  EXPECT_EQ(text.exit, ExitCode::kRefused);
  EXPECT_THAT(texts(), ElementsAre("a", "bad", "c"));
  EXPECT_EQ(text.err,
            "hookcast: 2 of 4 messages were refused, first message 2: the data is not UTF-8 text: "
            "byte 0xff at offset 1\n"
            "  send it as it is with --binary\n");
}

TEST_F(PublishManyTest, TellsTheSumAsJson) {
  ManualTime time;
  const RunResult result =
      Hookcast({"publish", "n", "t", "-", "--lines", "--rate", "2", "--output", "json"},
               "a\nbad\nb\nc\nd\n", [&](Terminal& terminal) { time(terminal); });
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_EQ(
      result.out,
      "{\"published\":4,"
      "\"thisNodeOnly\":{\"messages\":0,\"localCount\":0,\"othersMayHave\":0},"
      "\"refused\":1,\"unanswered\":0,\"localCount\":8,\"seconds\":2.0,\"rate\":2.0,"
      "\"interrupted\":false,"
      "\"firstRefused\":{\"number\":2,\"code\":\"INVALID_ARGUMENT\",\"error\":\"no bad\"}}\n");
}

// A node whose backplane is away: it delivers to three peers of its own, and what "maybe" holds may
// have reached others.
class PublishManyAloneTest : public PublishManyTest {
 protected:
  PublishManyAloneTest() {
    broker_.publish_batch = [](const v1::PublishBatchRequest& request,
                               v1::PublishBatchResponse* response) {
      for (const v1::PublishRequest& message : request.messages()) {
        const std::string& text = message.data().text();
        v1::PublishResult* result = response->add_results();
        if (text == "bad") {
          result->set_code(3);
          result->set_error("no bad");
        } else if (text != "good") {
          result->set_code(14);
          result->set_error("Redis is away");
          if (text == "dropped") continue;
          result->set_local_count(3);
          result->set_outcome(text == "maybe" ? v1::PublishFailure::OUTCOME_UNKNOWN
                                              : v1::PublishFailure::OUTCOME_NOT_TAKEN);
        }
      }
      return absl::OkStatus();
    };
  }
};

TEST_F(PublishManyAloneTest, WhatReachedThisNodesPeersAloneIsNoRefusal) {
  const RunResult result =
      Hookcast({"publish", "n", "t", "-", "--lines"}, "good\nalone\nbad\nmaybe\n");
  EXPECT_EQ(result.exit, ExitCode::kUnreachable);
  EXPECT_THAT(result.out, testing::MatchesRegex("published 1 message in [0-9.]+ s, [0-9.]+/s; 2 to "
                                                "peers of this node alone; 1 refused\n"));
  EXPECT_EQ(result.err,
            "hookcast: 2 of 4 messages were not published to the whole cluster, first message 2: "
            "Redis is away\n"
            "  this node made 6 deliveries, other nodes may have got 1 of them; what is published "
            "again reaches its peers twice\n");
}

TEST_F(PublishManyAloneTest, SaysWhetherOtherNodesMayHaveIt) {
  EXPECT_EQ(Hookcast({"publish", "n", "t", "alone", "--count", "1"}).err,
            "hookcast: message 1 was not published to the whole cluster: Redis is away\n"
            "  this node made 3 deliveries, other nodes did not get them; what is published again "
            "reaches its peers twice\n");
  EXPECT_THAT(Hookcast({"publish", "n", "t", "maybe", "--count", "2"}).err,
              HasSubstr("this node made 6 deliveries, other nodes may have got them; "));
}

TEST_F(PublishManyAloneTest, CountsItApartAsJson) {
  const auto sum = nlohmann::json::parse(
      Hookcast({"publish", "n", "t", "-", "--lines", "--output", "json"}, "good\nmaybe\nalone\n")
          .out);
  EXPECT_EQ(sum["published"], 1);
  EXPECT_EQ(sum["refused"], 0);
  EXPECT_EQ(sum["unanswered"], 0);
  EXPECT_EQ(sum["localCount"], 0) << "of what was published";
  EXPECT_EQ(sum["thisNodeOnly"], nlohmann::json::parse(
                                     R"({"messages": 2, "localCount": 6, "othersMayHave": 1,
                    "first": {"number": 2, "code": "UNAVAILABLE", "error": "Redis is away"}})"));
}

TEST_F(PublishManyAloneTest, OfWhatTheNodeDroppedNothingIsKnown) {
  const RunResult result = Hookcast({"publish", "n", "t", "-", "--lines"}, "good\ndropped\n");
  EXPECT_EQ(result.exit, ExitCode::kUnreachable);
  EXPECT_THAT(result.out, HasSubstr("published 1 message in "));
  EXPECT_THAT(result.out, HasSubstr("; 1 unanswered\n"));
  EXPECT_THAT(result.err, HasSubstr("hookcast: Redis is away\n"));
}

TEST_F(PublishManyTest, SpreadsMessagesEvenlyOverTime) {
  ManualTime time;
  const RunResult result = Hookcast({"publish", "n", "t", "x", "--count", "5", "--rate", "4"}, "",
                                    [&](Terminal& terminal) { time(terminal); });
  EXPECT_EQ(result.exit, ExitCode::kDone) << result.err;
  const absl::Duration quarter = absl::Milliseconds(250);
  EXPECT_THAT(time.waits, ElementsAre(quarter, quarter, quarter, quarter));
  EXPECT_THAT(sizes(), ElementsAre(1, 1, 1, 1, 1));
  EXPECT_EQ(result.out, "published 5 messages in 1.00 s, 5.0/s\n");
}

TEST_F(PublishManyTest, CatchesUpWithATenthOfASecondAtMost) {
  ManualTime time;
  // A wait that takes five seconds too long.
  time.on_wait = [&] {
    if (time.waits.size() == 1) time.now += absl::Seconds(5);
  };
  const RunResult result = Hookcast({"publish", "n", "t", "x", "--count", "200", "--rate", "100"},
                                    "", [&](Terminal& terminal) { time(terminal); });
  EXPECT_EQ(result.exit, ExitCode::kDone) << result.err;
  EXPECT_THAT(sizes(), testing::Contains(11));
  for (const int size : sizes()) EXPECT_LE(size, 11);
}

TEST_F(PublishManyTest, KeepsABatchShortEnoughForANode) {
  const std::string line(300'000, 'x');
  EXPECT_EQ(Hookcast({"publish", "n", "t", line, "--count", "7"}).exit, ExitCode::kDone);
  EXPECT_THAT(sizes(), ElementsAre(3, 3, 1));
  batches_.clear();
  const std::string huge(2'000'000, 'x');
  EXPECT_EQ(Hookcast({"publish", "n", "t", "-", "--lines"}, "a\n" + huge + "\nb\n").exit,
            ExitCode::kDone);
  EXPECT_THAT(sizes(), ElementsAre(1, 1, 1));
}

TEST_F(PublishManyTest, EndsWithTheSumSoFarWhenItIsInterrupted) {
  std::stop_source interrupt;
  ManualTime time;
  time.on_wait = [&] {
    if (time.waits.size() == 3) interrupt.request_stop();
  };
  StopOn asked = StopOn::kInterruptOrUnreadOutput;
  const RunResult result = Hookcast({"publish", "n", "t", "x", "--count", "1000", "--rate", "1"},
                                    "", [&](Terminal& terminal) {
                                      time(terminal);
                                      terminal.stop_on = [&](StopOn what) {
                                        asked = what;
                                        return interrupt.get_token();
                                      };
                                    });
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.out, "published 3 messages in 3.00 s, 1.0/s; interrupted\n");
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(asked, StopOn::kInterrupt) << "its output is of no matter until it is done";
}

TEST_F(PublishManyTest, GoesOnWhereANodeRefusesAMessageForItsSize) {
  const auto each = broker_.publish_batch;
  broker_.publish_batch = [each](const v1::PublishBatchRequest& request,
                                 v1::PublishBatchResponse* response) {
    if (request.ByteSizeLong() > 2'000'000) return absl::ResourceExhaustedError("too long");
    return each(request, response);
  };
  const std::string huge(2'000'000, 'x');
  const RunResult result = Hookcast({"publish", "n", "t", "-", "--lines"}, "a\n" + huge + "\nb\n");
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_EQ(result.err, "hookcast: message 2 was refused: too long\n");
  EXPECT_THAT(texts(), ElementsAre("a", "b"));
}

TEST_F(PublishManyTest, RefusesALineThatIsLongerThanACallAndGoesOn) {
  const std::string huge(20'000'000, 'x');
  const RunResult result = Hookcast({"publish", "n", "t", "-", "--lines"}, "a\n" + huge + "\nb\n");
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_EQ(result.err,
            "hookcast: message 2 was refused: the message has 19.1 MiB; a call takes at most 16 "
            "MiB\n");
  EXPECT_THAT(texts(), ElementsAre("a", "b"));
}

TEST_F(PublishManyTest, EndsWhereANodeRefusesTheCaller) {
  int calls = 0;
  broker_.publish_batch = [&](const v1::PublishBatchRequest&, v1::PublishBatchResponse*) {
    ++calls;
    return absl::UnauthenticatedError("no token");
  };
  const RunResult result = Hookcast({"publish", "n", "t", "x", "--count", "1000"});
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_THAT(result.out, HasSubstr("published 0 messages"));
  EXPECT_THAT(result.err, HasSubstr("refused: no token\n  give its control token"));
  EXPECT_EQ(calls, 1);
}

TEST_F(PublishManyTest, SaysOfHowManyNothingIsKnownWhereTheLinkBreaks) {
  const RawServer breaks([](int fd) {
    RawServer::Write(fd, std::string("\0\0\0\4\0\0\0\0\0", 9));  // HTTP/2 SETTINGS
    RawServer::ReadUntil(fd, "BrokerService");
  });
  const RunResult result =
      RunHookcast({"publish", "n", "t", "x", "--count", "10", "--server", breaks.address()});
  EXPECT_EQ(result.exit, ExitCode::kUnreachable);
  EXPECT_THAT(result.out, HasSubstr("published 0 messages"));
  EXPECT_THAT(result.out, HasSubstr("; 10 unanswered\n"));
  EXPECT_THAT(result.err, HasSubstr("broke before it answered"));
}

TEST_F(PublishManyTest, DoesNotTrustAnAnswerWithResultsMissing) {
  broker_.publish_batch = [](const v1::PublishBatchRequest&, v1::PublishBatchResponse* response) {
    response->add_results();
    return absl::OkStatus();
  };
  const RunResult result = Hookcast({"publish", "n", "t", "x", "--count", "2"});
  EXPECT_EQ(result.exit, ExitCode::kUnreachable);
  EXPECT_THAT(result.out, HasSubstr("2 unanswered"));
  EXPECT_EQ(result.err, "hookcast: the node answered 1 results to 2 messages\n");
}

TEST_F(PublishManyTest, ShowsHowFarItIsOnATerminal) {
  ManualTime time;
  const RunResult result = Hookcast({"publish", "n", "t", "x", "--count", "4", "--rate", "2"}, "",
                                    [&](Terminal& terminal) {
                                      time(terminal);
                                      terminal.err_columns = 80;
                                    });
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.err,
            "\r[#######.......................]   25%  1/4  0.0/s  0s\x1b[K"
            "\r[###############...............]   50%  2/4  4.0/s  ETA 1s\x1b[K"
            "\r[######################........]   75%  3/4  3.0/s  ETA 1s\x1b[K"
            "\r[##############################]  100%  4/4  2.7/s  ETA 0s\x1b[K"
            "\r\x1b[K");
}

TEST_F(PublishManyTest, RefusesOptionsThatDoNotGoTogether) {
  for (const auto& [options, err] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--rate", "5"}, "--rate is given for one message"},
           {{"--count", "0"}, "--count"},
           {{"--count", "2", "--lines"}, "excludes"},
           {{"--count", "2", "--key", "k"}, "--key is given for more than one message"},
           {{"--lines", "--key", "k"}, "--key is given for more than one message"},
           {{"--count", "2", "--rate", "0"}, "\"0\" is not a number from 0.001 to 1000000"},
           {{"--count", "2", "--rate", "nan"}, "\"nan\" is not a number"},
       }) {
    std::vector<std::string> arguments = {"publish", "n", "t", "x"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const RunResult result = Hookcast(arguments);
    EXPECT_EQ(result.exit, ExitCode::kUsage);
    EXPECT_THAT(result.err, HasSubstr(err));
  }
  EXPECT_THAT(batches_, IsEmpty());
}

}  // namespace
}  // namespace hookcast::cli

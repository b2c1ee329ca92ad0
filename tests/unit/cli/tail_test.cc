#include <memory>
#include <optional>
#include <stop_token>

#include "tests/unit/cli/cli_fixture.h"

namespace hookcast::cli {
namespace {

using testing::HasSubstr;

v1::WatchEvent Message(const std::string& topic, const std::string& text) {
  v1::WatchEvent event;
  event.mutable_message()->set_namespace_("/rooms/a");
  event.mutable_message()->set_topic(topic);
  event.mutable_message()->mutable_data()->set_text(text);
  event.mutable_message()->mutable_published_at()->set_seconds(1'800'000'000);
  return event;
}

v1::WatchEvent Opened() {
  v1::WatchEvent event;
  v1::Peer* peer = event.mutable_opened()->mutable_peer();
  peer->set_id("p-1");
  peer->set_namespace_("/rooms/a");
  peer->set_transport(v1::TRANSPORT_WEBSOCKET);
  peer->set_remote_address("192.0.2.1:40312");
  event.mutable_opened()->mutable_connected_at()->set_seconds(1'800'000'001);
  event.mutable_opened()->mutable_request()->set_query("token=s3cret");
  return event;
}

v1::WatchEvent Closed() {
  v1::WatchEvent event;
  event.mutable_closed()->set_peer("p-1");
  event.mutable_closed()->set_namespace_("/rooms/a");
  event.mutable_closed()->mutable_details()->set_code(1000);
  event.mutable_closed()->mutable_details()->set_closed_by(v1::CLOSED_BY_CLIENT);
  event.mutable_closed()->mutable_details()->set_reason("bye\x1b");
  return event;
}

v1::WatchEvent Dropped(uint64_t number) {
  v1::WatchEvent event;
  event.set_dropped(number);
  return event;
}

v1::WatchEvent Missed(std::optional<uint64_t> messages) {
  v1::WatchEvent event;
  event.mutable_missed()->set_namespace_("/rooms/a\x1b");
  if (messages) event.mutable_missed()->set_messages(*messages);
  return event;
}

class TailTest : public testing::Test {
 protected:
  TailTest() { Start(0); }

  // A node that sends each watcher these, and keeps the stream open unless told to end it.
  void Start(int port) {
    broker_ = std::make_unique<FakeBroker>(port);
    broker_->watch = [this](const v1::WatchRequest& request) {
      request_ = request;
      ++watches_;
      return FakeBroker::Watched{events_, end_};
    };
  }

  RunResult Tail(std::vector<std::string> arguments,
                 const std::function<void(Terminal&)>& adjust = nullptr) {
    arguments.insert(arguments.begin(), {"--server", broker_->address(), "tail"});
    return RunHookcast(arguments, "", adjust);
  }

  std::unique_ptr<FakeBroker> broker_;
  std::vector<v1::WatchEvent> events_ = {Message("chat", "hello"), Opened(),
                                         Message("c", "a\nb\x1b"), Closed()};
  std::optional<absl::Status> end_;
  v1::WatchRequest request_;
  int watches_ = 0;
};

TEST_F(TailTest, ShowsALineForEachEvent) {
  const RunResult result = Tail({"--count", "4"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.out,
            "08:00:00.000Z  message  /rooms/a  chat  5 B  hello\n"
            "08:00:01.000Z  opened   /rooms/a  p-1   websocket from 192.0.2.1:40312\n"
            "08:00:00.000Z  message  /rooms/a  c     4 B  a\\nb\\x1b\n"
            "08:00:00.000Z  closed   /rooms/a  p-1   1000 by the client: bye\\x1b\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(TailTest, PrintsAnObjectALineAsJsonWithoutSecrets) {
  events_ = {Message("chat", "hello"), Opened(), Dropped(2), Closed()};
  const RunResult result = Tail({"--count", "3", "--output", "json"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 4);
  EXPECT_THAT(result.out, testing::StartsWith("{\"message\":{\"id\":\"\",\"namespace\":"));
  EXPECT_THAT(result.out, HasSubstr("\n{\"opened\":{\"peer\":{\"id\":\"p-1\""));
  EXPECT_THAT(result.out, HasSubstr("\n{\"dropped\":\"2\"}\n"));
  EXPECT_THAT(result.out, HasSubstr("\n{\"closed\":{\"peer\":\"p-1\""));
  EXPECT_THAT(result.out, HasSubstr("token=***"));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("s3cret")));
  EXPECT_EQ(result.err, "");
}

TEST_F(TailTest, SaysWhatTheNodeMissed) {
  events_ = {Missed(2), Missed(1), Missed(std::nullopt), Message("chat", "hello")};
  const RunResult result = Tail({"--count", "1"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1);
  EXPECT_EQ(
      result.err,
      "hookcast: 2 messages of other nodes to /rooms/a\\x1b were missed here: the node did not "
      "get them\n"
      "hookcast: 1 message of other nodes to /rooms/a\\x1b was missed here: the node did not "
      "get them\n"
      "hookcast: messages of other nodes to /rooms/a\\x1b may have been missed here\n");
  EXPECT_THAT(Tail({"--count", "1", "--output", "json"}).out,
              HasSubstr("{\"missed\":{\"namespace\":\"/rooms/a\\u001b\",\"messages\":\"2\"}}\n"));
}

TEST_F(TailTest, GoesOnBehindALossThatItTellsFirst) {
  end_ = absl::InvalidArgumentError("enough");
  for (const v1::WatchEvent& loss : {Missed(1), Dropped(1)}) {
    events_ = {loss, Message("chat", "hello")};
    EXPECT_THAT(Tail({}).out, HasSubstr("hello"));
  }
}

TEST_F(TailTest, AsksForWhatTheArgumentsName) {
  EXPECT_EQ(Tail({"--count", "1"}).exit, ExitCode::kDone);
  EXPECT_FALSE(request_.has_namespace_());
  EXPECT_EQ(request_.topic(), "");
  EXPECT_TRUE(request_.messages());
  EXPECT_TRUE(request_.peers());
  EXPECT_EQ(Tail({"--count", "1", "--messages", "/rooms/a", "chat"}).exit, ExitCode::kDone);
  EXPECT_EQ(request_.namespace_(), "/rooms/a");
  EXPECT_EQ(request_.topic(), "chat");
  EXPECT_TRUE(request_.messages());
  EXPECT_FALSE(request_.peers());
  EXPECT_EQ(Tail({"--count", "1", "--peers", ""}).exit, ExitCode::kDone);
  EXPECT_TRUE(request_.has_namespace_());
  EXPECT_FALSE(request_.messages());
  EXPECT_TRUE(request_.peers());
}

TEST_F(TailTest, TellsLostEventsOnStderrAndDoesNotCountThem) {
  events_ = {Message("chat", "a"), Dropped(1), Dropped(7), Message("chat", "b")};
  const RunResult result = Tail({"--count", "2"});
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 2);
  EXPECT_EQ(result.err,
            "hookcast: 1 event was lost here: this reads more slowly than they come\n"
            "hookcast: 7 events were lost here: this reads more slowly than they come\n");
}

TEST_F(TailTest, EndsWithZeroWhenItIsInterrupted) {
  std::stop_source interrupt;
  StopOn asked = StopOn::kInterrupt;
  const RunResult result = Tail({}, [&](Terminal& terminal) {
    terminal.stop_on = [&](StopOn what) {
      asked = what;
      return interrupt.get_token();
    };
    terminal.now = [&] {
      interrupt.request_stop();
      return absl::FromUnixSeconds(1'800'000'000);
    };
  });
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(asked, StopOn::kInterruptOrUnreadOutput);
}

TEST_F(TailTest, WritesEachLineOutAtOnce) {
  class CountingBuffer : public std::stringbuf {
   public:
    std::vector<std::string> seen;

   protected:
    int sync() override {
      seen.push_back(str());
      return 0;
    }
  };
  for (const char* output : {"table", "json"}) {
    CountingBuffer buffer;
    std::istringstream in;
    std::ostream out(&buffer);
    std::ostringstream err;
    Terminal terminal{in, out, err, [] { return absl::UnixEpoch(); }};
    EXPECT_EQ(cli::Run({"tail", "--server", broker_->address(), "--count", "3", "--output", output},
                       terminal),
              ExitCode::kDone);
    ASSERT_GE(buffer.seen.size(), 3u);
    for (size_t lines = 1; lines <= 3; ++lines) {
      const std::string& seen = buffer.seen[lines - 1];
      EXPECT_EQ(std::count(seen.begin(), seen.end(), '\n'), static_cast<int>(lines));
      EXPECT_TRUE(seen.ends_with('\n'));
    }
  }
}

TEST_F(TailTest, EndsWhereItCannotWrite) {
  std::istringstream in;
  std::ostream out(nullptr);
  std::ostringstream err;
  Terminal terminal{in, out, err, [] { return absl::UnixEpoch(); }};
  EXPECT_EQ(cli::Run({"tail", "--server", broker_->address()}, terminal), ExitCode::kRefused);
  EXPECT_EQ(err.str(), "hookcast: cannot write the output\n");
}

TEST_F(TailTest, ReachesTheNodeAgainAndSaysSo) {
  const int port = broker_->port();
  std::vector<absl::Duration> pauses;
  end_ = absl::UnavailableError("the node is stopping");
  const RunResult result = Tail({"--count", "8"}, [&](Terminal& terminal) {
    terminal.wait = [&](absl::Duration pause, const std::stop_token&) {
      pauses.push_back(pause);
      if (pauses.size() == 1) broker_.reset();
      if (pauses.size() == 4) Start(port);
    };
  });
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 8);
  EXPECT_EQ(result.err, "hookcast: lost the node at " + broker_->address() +
                            ": the node is stopping; trying to reach it again\n"
                            "hookcast: connected again to the node at " +
                            broker_->address() + "; what happened meanwhile is not shown\n");
  EXPECT_THAT(pauses, testing::ElementsAre(absl::Milliseconds(250), absl::Milliseconds(500),
                                           absl::Seconds(1), absl::Seconds(2)));
  EXPECT_EQ(watches_, 2);
}

TEST_F(TailTest, TellsANodeThatGoesAwayInTheMiddle) {
  const int port = broker_->port();
  const std::string address = broker_->address();
  events_ = {Message("chat", "hello")};
  // Its time is asked for while the stream is open.
  bool gone = false;
  const RunResult result = Tail({"--count", "2"}, [&](Terminal& terminal) {
    terminal.now = [&] {
      if (!gone) {
        gone = true;
        broker_.reset();
      }
      return absl::FromUnixSeconds(1'800'000'000);
    };
    terminal.wait = [&](absl::Duration, const std::stop_token&) { Start(port); };
  });
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_THAT(result.err, HasSubstr("hookcast: lost the node at " + address + ": "));
  EXPECT_THAT(result.err, HasSubstr("hookcast: connected again to the node at " + address));
  EXPECT_EQ(watches_, 2);
}

TEST_F(TailTest, GoesOnAtTheNextOfSeveralNodes) {
  FakeBroker other;
  other.watch = [this](const v1::WatchRequest&) { return FakeBroker::Watched{events_, {}}; };
  end_ = absl::UnavailableError("the node is stopping");
  const std::string address = broker_->address();
  const RunResult result = RunHookcast(
      {"tail", "--server", address + "," + other.address(), "--count", "8"}, "",
      [&](Terminal& terminal) {
        terminal.wait = [&](absl::Duration, const std::stop_token&) { broker_.reset(); };
      });
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.err, "hookcast: lost the node at " + address +
                            ": the node is stopping; trying to reach it again\n"
                            "hookcast: connected again to the node at " +
                            other.address() + "; what happened meanwhile is not shown\n");
}

TEST_F(TailTest, StopsTryingWhenItIsInterrupted) {
  std::stop_source interrupt;
  const RunResult result = Tail({}, [&](Terminal& terminal) {
    end_ = absl::OkStatus();
    terminal.stop_on = [&](StopOn) { return interrupt.get_token(); };
    terminal.wait = [&](absl::Duration, const std::stop_token& stop) {
      interrupt.request_stop();
      EXPECT_TRUE(stop.stop_requested());
    };
  });
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.err, "hookcast: lost the node at " + broker_->address() +
                            ": it ended the stream; trying to reach it again\n");
}

TEST_F(TailTest, EndsWhereTheNodeRefuses) {
  end_ = absl::PermissionDeniedError("wrong token");
  events_.clear();
  const RunResult result = Tail({});
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_THAT(result.err, HasSubstr("refused: wrong token\n"));
  EXPECT_EQ(watches_, 1);
}

TEST_F(TailTest, SaysThatANodeDoesNotKnowTheCall) {
  broker_->watch = nullptr;
  const RunResult result = Tail({});
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_THAT(result.err, HasSubstr("does not support Watch"));
}

TEST_F(TailTest, EndsWithThreeWhereNoNodeIsReachedAtFirst) {
  const std::string address = broker_->address();
  broker_.reset();
  const RunResult result = RunHookcast({"tail", "--server", address});
  EXPECT_EQ(result.exit, ExitCode::kUnreachable);
  EXPECT_THAT(result.err, HasSubstr("connection refused"));
}

TEST_F(TailTest, SendsTheToken) {
  EXPECT_EQ(Tail({"--count", "1", "--token", "abc"}).exit, ExitCode::kDone);
  EXPECT_EQ(broker_->authorization(), "Bearer abc");
}

}  // namespace
}  // namespace hookcast::cli

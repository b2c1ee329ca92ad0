// What a command says of a node that cannot be reached, does not answer, or refuses.

#include "cli/broker_client.h"

#include <chrono>
#include <future>

#include "tests/unit/cli/cli_fixture.h"
#include "tests/unit/cli/raw_server.h"

namespace hookcast::cli {
namespace {

using testing::HasSubstr;

// An HTTP/2 SETTINGS frame without settings.
const std::string kSettings("\0\0\0\4\0\0\0\0\0", 9);

class BrokerClientTest : public CliTest {
 protected:
  RunResult PingThatFails(absl::Status status, std::vector<std::string> more = {}) {
    broker_.ping = [status](const v1::PingRequest&, v1::PingResponse*) { return status; };
    more.insert(more.begin(), "ping");
    return Hookcast(more);
  }
};

TEST_F(BrokerClientTest, TellsARefusedConnectionAtOnce) {
  std::string address;
  {
    const RawServer closed_again;
    address = closed_again.address();
  }
  const RunResult result = RunHookcast({"ping", "--server", address, "--timeout", "1h"});
  EXPECT_EQ(result.exit, ExitCode::kUnreachable);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "hookcast: cannot reach a node at " + address +
                            ": connection refused\n"
                            "  start one with hookcastd, or name another with --server host:port "
                            "(or HOOKCAST_SERVER)\n");
}

TEST_F(BrokerClientTest, TellsAHostThatDoesNotExist) {
  // Not a name at all, so that no resolver is asked.
  const RunResult result = RunHookcast({"ping", "--server", "no..host:8082"});
  EXPECT_EQ(result.exit, ExitCode::kUnreachable);
  EXPECT_THAT(result.err, HasSubstr("cannot reach a node at no..host:8082: "));
}

TEST_F(BrokerClientTest, TellsWhatDoesNotSpeakGrpc) {
  const RawServer web([](int fd) {
    RawServer::ReadUntil(fd, "PRI * HTTP/2.0");
    RawServer::Write(fd, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  });
  const RunResult result = RunHookcast({"ping", "--server", web.address()});
  EXPECT_EQ(result.exit, ExitCode::kUnreachable);
  EXPECT_EQ(result.err, "hookcast: what listens at " + web.address() +
                            " does not speak gRPC\n"
                            "  name a node's control port (8082 by default) with --server "
                            "host:port (or HOOKCAST_SERVER)\n");
}

TEST_F(BrokerClientTest, GivesUpOnAListenerThatStaysSilent) {
  const RawServer silent;
  const RunResult result =
      RunHookcast({"ping", "--server", silent.address(), "--timeout", "200ms"});
  EXPECT_EQ(result.exit, ExitCode::kUnreachable);
  EXPECT_THAT(result.err, HasSubstr("hookcast: what listens at " + silent.address() +
                                    " did not answer within 200ms\n"));
}

TEST_F(BrokerClientTest, TellsAConnectionThatBreaksBeforeTheAnswer) {
  const RawServer breaks([](int fd) {
    RawServer::Write(fd, kSettings);
    RawServer::ReadUntil(fd, "BrokerService");
  });
  const RunResult result = RunHookcast({"ping", "--server", breaks.address()});
  EXPECT_EQ(result.exit, ExitCode::kUnreachable);
  EXPECT_THAT(result.err, HasSubstr("hookcast: the connection to the node at " + breaks.address() +
                                    " broke before it answered"));
  EXPECT_THAT(result.err, HasSubstr("whether it was carried out is not known"));
}

TEST_F(BrokerClientTest, GivesUpOnACallThatIsNotAnswered) {
  std::promise<void> asked_long_enough;
  broker_.ping = [&](const v1::PingRequest&, v1::PingResponse*) {
    asked_long_enough.get_future().wait();
    return absl::OkStatus();
  };
  const RunResult result = Hookcast({"ping", "--timeout", "2s"});
  asked_long_enough.set_value();
  EXPECT_EQ(result.exit, ExitCode::kUnreachable);
  EXPECT_EQ(result.err, "hookcast: the node at " + broker_.address() +
                            " did not answer within 2s\n"
                            "  whether it was carried out is not known; wait longer with "
                            "--timeout\n");
}

TEST_F(BrokerClientTest, TellsANodesOwnUnavailableFromABrokenLink) {
  const RunResult result = PingThatFails(absl::UnavailableError("another node did not answer"));
  EXPECT_EQ(result.exit, ExitCode::kUnreachable) << "it may have been done";
  EXPECT_EQ(result.err, "hookcast: another node did not answer\n");
}

TEST_F(BrokerClientTest, TellsANodesOwnDeadlineFromItsSilence) {
  const RunResult result = PingThatFails(absl::DeadlineExceededError("a peer node was too slow"));
  EXPECT_EQ(result.exit, ExitCode::kUnreachable) << "it may have been done";
  EXPECT_EQ(result.err, "hookcast: a peer node was too slow\n");
}

TEST_F(BrokerClientTest, SaysThatANodeDoesNotKnowTheCall) {
  const RunResult result = Hookcast({"ping"});
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_THAT(result.err,
              HasSubstr("hookcast: the node at " + broker_.address() + " does not support Ping"));
  EXPECT_THAT(result.err, HasSubstr("it is older than this hookcast"));
}

TEST_F(BrokerClientTest, SaysHowToGiveATokenWhereOneIsMissing) {
  RunResult result = PingThatFails(absl::UnauthenticatedError("no token"));
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_THAT(result.err,
              HasSubstr(" refused: no token\n"
                        "  give its control token with --token, --token-file or HOOKCAST_TOKEN\n"));
  result = PingThatFails(absl::PermissionDeniedError("wrong token"), {"--token", "abc"});
  EXPECT_THAT(result.err, HasSubstr("check the control token"));
  EXPECT_THAT(result.err, testing::Not(HasSubstr("abc")));
}

TEST_F(BrokerClientTest, SaysThatANodeGaveACallUp) {
  const RunResult result = PingThatFails(absl::CancelledError("stopped"));
  EXPECT_EQ(result.exit, ExitCode::kUnreachable);
  EXPECT_EQ(result.err, "hookcast: the node at " + broker_.address() +
                            " gave the call up: stopped\n"
                            "  whether it was carried out is not known\n");
}

TEST_F(BrokerClientTest, NamesOtherCodes) {
  EXPECT_EQ(PingThatFails(absl::InternalError("boom")).err, "hookcast: boom (INTERNAL)\n");
  EXPECT_EQ(PingThatFails(absl::ResourceExhaustedError("")).err,
            "hookcast: the node answered RESOURCE_EXHAUSTED\n");
}

TEST_F(BrokerClientTest, WithJsonTellsAFailureAsAnObjectOnStderrAlone) {
  const RunResult missing = PingThatFails(absl::NotFoundError("no \"x\""), {"--output", "json"});
  EXPECT_EQ(missing.exit, ExitCode::kRefused);
  EXPECT_EQ(missing.out, "");
  EXPECT_EQ(missing.err, R"({"code":"not_found","message":"no \"x\""})"
                         "\n");
  const RunResult refused =
      PingThatFails(absl::UnauthenticatedError("no token"), {"--output=json"});
  EXPECT_EQ(refused.err, "{\"code\":\"unauthenticated\",\"message\":\"the node at " +
                             broker_.address() +
                             " refused: no token\",\"hint\":\"give its control token with "
                             "--token, --token-file or HOOKCAST_TOKEN\"}\n");
  const RunResult raw = PingThatFails(absl::InternalError("a\x1b[2J\nb\xFF"), {"--output=json"});
  EXPECT_EQ(raw.err,
            "{\"code\":\"internal\",\"message\":\"a\\\\x1b[2J\\\\nb\\\\xff (INTERNAL)\"}\n");
}

TEST_F(BrokerClientTest, ShowsNothingRawThatANodeSays) {
  const RunResult result = PingThatFails(absl::InvalidArgumentError("a\x1b[2J\nb\xC2\x9B"));
  EXPECT_EQ(result.err, "hookcast: a\\x1b[2J\\nb\\u009b\n");
}

TEST_F(BrokerClientTest, SendsTheTokenAsBearer) {
  broker_.ping = [](const v1::PingRequest&, v1::PingResponse*) { return absl::OkStatus(); };
  EXPECT_EQ(Hookcast({"ping"}).exit, ExitCode::kDone);
  EXPECT_EQ(broker_.authorization(), "");
  EXPECT_EQ(Hookcast({"--token", "abc.DEF", "ping"}).exit, ExitCode::kDone);
  EXPECT_EQ(broker_.authorization(), "Bearer abc.DEF");
}

TEST_F(BrokerClientTest, RefusesATokenThatNoHeaderCarries) {
  for (const char* token : {"abc\n", "a b", "a\x1b", "ä"}) {
    const RunResult result = Hookcast({"ping", "--token", token});
    EXPECT_EQ(result.exit, ExitCode::kUsage);
    EXPECT_THAT(result.err, HasSubstr("hookcast: the token holds a space or a character"));
    EXPECT_THAT(result.err, testing::Not(HasSubstr(token)));
  }
}

// Where nothing listens.
std::string NoAddress() { return RawServer().address(); }

TEST_F(BrokerClientTest, AsksTheFirstOfSeveralThatCanBeConnectedTo) {
  int here = 0;
  broker_.ping = [&](const v1::PingRequest&, v1::PingResponse*) {
    ++here;
    return absl::OkStatus();
  };
  const RawServer web([](int fd) { RawServer::Write(fd, "HTTP/1.1 400 Bad Request\r\n\r\n"); });
  for (const std::string& others : {NoAddress(), web.address(), NoAddress() + ",no..host:1"}) {
    const RunResult result = RunHookcast({"ping", "--server", others + "," + broker_.address()});
    EXPECT_EQ(result.exit, ExitCode::kDone) << others << ": " << result.err;
  }
  setenv("HOOKCAST_SERVER", (broker_.address() + "," + NoAddress()).c_str(), 1);
  EXPECT_EQ(RunHookcast({"ping"}).exit, ExitCode::kDone);
  unsetenv("HOOKCAST_SERVER");
  EXPECT_EQ(here, 4);
}

TEST_F(BrokerClientTest, OneThatSwallowsWhatComesLeavesTimeForTheNext) {
  broker_.ping = [](const v1::PingRequest&, v1::PingResponse*) { return absl::OkStatus(); };
  const RawServer silent;
  const RunResult result = RunHookcast(
      {"ping", "--server", silent.address() + "," + broker_.address(), "--timeout", "2s"});
  EXPECT_EQ(result.exit, ExitCode::kDone) << result.err;
}

TEST_F(BrokerClientTest, TellsOfEachWhyItCannotBeConnectedTo) {
  const std::string none = NoAddress();
  const RawServer web([](int fd) { RawServer::Write(fd, "HTTP/1.1 400 Bad Request\r\n\r\n"); });
  const RunResult result = RunHookcast({"ping", "--server", none + "," + web.address()});
  EXPECT_EQ(result.exit, ExitCode::kUnreachable);
  EXPECT_THAT(result.err, HasSubstr("hookcast: cannot reach a node at " + none +
                                    ": connection refused; what listens at " + web.address() +
                                    " does not speak gRPC\n"));
}

TEST_F(BrokerClientTest, TriesNoOtherOnceACallMayHaveBegun) {
  int calls = 0;
  broker_.ping = [&](const v1::PingRequest&, v1::PingResponse*) {
    ++calls;
    return absl::OkStatus();
  };
  const RawServer breaks([](int fd) {
    RawServer::Write(fd, kSettings);
    RawServer::ReadUntil(fd, "BrokerService");
  });
  const RunResult broken =
      RunHookcast({"ping", "--server", breaks.address() + "," + broker_.address()});
  EXPECT_EQ(broken.exit, ExitCode::kUnreachable);
  EXPECT_THAT(broken.err, HasSubstr("the node at " + breaks.address() + " broke before"));
  FakeBroker refusing;
  refusing.ping = [](const v1::PingRequest&, v1::PingResponse*) {
    return absl::UnavailableError("the node is stopping");
  };
  EXPECT_EQ(RunHookcast({"ping", "--server", refusing.address() + "," + broker_.address()}).exit,
            ExitCode::kUnreachable);
  EXPECT_EQ(calls, 0);
}

TEST_F(BrokerClientTest, GoesThroughNoProxy) {
  broker_.ping = [](const v1::PingRequest&, v1::PingResponse*) { return absl::OkStatus(); };
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  const RunResult result = Hookcast({"ping"});
  unsetenv("http_proxy");
  EXPECT_EQ(result.exit, ExitCode::kDone) << result.err;
}

}  // namespace
}  // namespace hookcast::cli

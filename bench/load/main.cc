// hookcast-load: drives a server of WebSocket and Server-Sent Events, checks all that comes back,
// and reads the server's processor time and memory.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/load/loop.h"
#include "bench/load/payload.h"
#include "bench/load/report.h"
#include "bench/load/scenarios.h"
#include "bench/load/server_meter.h"
#include "bench/wire/process.h"

namespace hookcast::bench {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct CommonOptions {
  std::vector<int> pids;
  int cpu = -1;
  double timeout_s = 120;
  bool json = false;
};

using Scenario = std::function<absl::Status(Loop&, const ServerMeter&, Report&)>;

void AddCommon(CLI::App& command, CommonOptions& common) {
  command
      .add_option("--pid", common.pids,
                  "the server's process, to read its processor time and memory; several are summed")
      ->check(CLI::PositiveNumber);
  command.add_option("--cpu", common.cpu, "run the load tool on this core only");
  command.add_option("--timeout", common.timeout_s, "seconds that the run may take, holding aside")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_flag("--json", common.json, "print one JSON object in place of the table");
}

template <typename T>
void AddPositive(CLI::App& command, const char* name, T& value, const char* help) {
  command.add_option(name, value, help)->check(CLI::PositiveNumber)->capture_default_str();
}

void AddBytes(CLI::App& command, size_t& bytes, bool& binary) {
  command.add_option("--bytes", bytes, "payload of a message")
      ->check(CLI::Range(PayloadMaker::kMinBytes, size_t{8} << 20))
      ->capture_default_str();
  command.add_flag("--binary", binary, "send binary messages in place of text");
}

int Run(const std::string& name, const CommonOptions& common, const Scenario& scenario) {
  Report report(name);
  const auto timeout =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(common.timeout_s));
  Loop loop(Clock::now() + timeout);
  absl::Status status = common.cpu >= 0 ? PinToCpu(common.cpu) : absl::OkStatus();
  if (status.ok()) {
    absl::StatusOr<ServerMeter> meter = ServerMeter::Watch(common.pids);
    status = meter.ok() ? scenario(loop, *meter, report) : meter.status();
  }
  if (status.ok()) {
    std::fputs(common.json ? report.Json().c_str() : report.Table().c_str(), stdout);
    return 0;
  }
  const std::string message(status.message());
  std::fprintf(stderr, "hookcast-load: %s: %s\n", name.c_str(), message.c_str());
  if (common.json) {
    nlohmann::ordered_json failure = {{"scenario", name}, {"ok", false}, {"error", message}};
    // The error may quote bytes of the server's that are not UTF-8.
    std::puts(failure.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  }
  return absl::IsInvalidArgument(status) ? kUsage : kFailed;
}

int Main(int argc, char** argv) {
  CLI::App app{
      "Drives a WebSocket server, checks every payload that comes back, and reports what it cost "
      "the server. Subscribers and idle peers at an http:// URL are clients of Server-Sent "
      "Events.\nExit codes: 0 all was right, 1 something was lost, repeated, out of order, damaged "
      "or "
      "late, or the server could not be reached, 2 usage."};
  app.require_subcommand(1);
  CommonOptions common;

  IdleOptions idle;
  CLI::App* idle_command = app.add_subcommand("idle", "memory and processor time of idle peers");
  idle_command->add_option("--url", idle.url, "for example ws://127.0.0.1:8080/sub, or http://…")
      ->required();
  AddPositive(*idle_command, "--peers", idle.peers, "connections");
  AddPositive(*idle_command, "--concurrency", idle.concurrency, "connections opened at once");
  idle_command->add_option("--settle", idle.settle_s, "seconds before memory is read")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  idle_command->add_option("--measure", idle.measure_s, "seconds of idling that are measured")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  idle_command->add_option("--hold", idle.hold_s, "seconds more to keep all open after that")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  AddCommon(*idle_command, common);

  FanoutOptions fanout;
  CLI::App* fanout_command = app.add_subcommand("fanout", "one publisher, many subscribers");
  fanout_command->add_option("--sub", fanout.sub, "URL of the subscribers, ws:// or http://")
      ->required();
  fanout_command->add_option("--pub", fanout.pub, "URL of the publisher, ws://")->required();
  AddPositive(*fanout_command, "--peers", fanout.peers, "subscribers");
  AddPositive(*fanout_command, "--concurrency", fanout.concurrency, "connections opened at once");
  fanout_command
      ->add_option("--in-flight", fanout.in_flight,
                   "messages under way at once; one is until all peers have it")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  fanout_command
      ->add_option("--rate", fanout.rate,
                   "messages a second, as far as --in-flight allows; 0 is as fast as that")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  AddPositive(*fanout_command, "--messages", fanout.messages, "messages that are measured");
  fanout_command->add_option("--warmup", fanout.warmup, "messages before those")
      ->capture_default_str();
  AddBytes(*fanout_command, fanout.bytes, fanout.binary);
  AddCommon(*fanout_command, common);

  EchoOptions echo;
  CLI::App* echo_command = app.add_subcommand("echo", "peers that send and get it back");
  echo_command->add_option("--url", echo.url, "for example ws://127.0.0.1:8080/echo")->required();
  AddPositive(*echo_command, "--peers", echo.peers, "connections, one message under way on each");
  AddPositive(*echo_command, "--concurrency", echo.concurrency, "connections opened at once");
  AddPositive(*echo_command, "--messages", echo.messages, "messages in all that are measured");
  echo_command->add_option("--warmup", echo.warmup, "messages before those")->capture_default_str();
  AddBytes(*echo_command, echo.bytes, echo.binary);
  AddCommon(*echo_command, common);

  ResumeOptions resume;
  CLI::App* resume_command =
      app.add_subcommand("resume", "clients that leave at random and resume");
  resume_command
      ->add_option("--sub", resume.sub,
                   "URL of the clients: http:// for events, ws:// for hookcast.v1.json")
      ->required();
  resume_command->add_option("--pub", resume.pub, "URL of the publisher, ws://")->required();
  AddPositive(*resume_command, "--clients", resume.clients, "clients that come and go");
  AddPositive(*resume_command, "--concurrency", resume.concurrency, "connections opened at once");
  AddPositive(*resume_command, "--messages", resume.messages, "messages that are published");
  AddPositive(*resume_command, "--rate", resume.rate, "of them a second");
  AddPositive(*resume_command, "--stay", resume.stay_s, "mean seconds that a client stays");
  AddPositive(*resume_command, "--away", resume.away_s, "mean seconds that it is away");
  resume_command->add_option("--bytes", resume.bytes, "payload of a message")
      ->check(CLI::Range(PayloadMaker::kMinBytes, size_t{8} << 20))
      ->capture_default_str();
  resume_command->add_option("--seed", resume.seed, "of when they come and go")
      ->capture_default_str();
  AddCommon(*resume_command, common);

  ConnectOptions connect;
  CLI::App* connect_command = app.add_subcommand("connect", "connections that come and go");
  connect_command->add_option("--url", connect.url, "for example ws://127.0.0.1:8080/sub")
      ->required();
  AddPositive(*connect_command, "--count", connect.count, "connections that are measured");
  connect_command->add_option("--warmup", connect.warmup, "connections before those")
      ->capture_default_str();
  AddPositive(*connect_command, "--concurrency", connect.concurrency, "connections at once");
  const std::map<std::string, ConnectEnd> ends = {{"close", ConnectEnd::kClose},
                                                  {"fin", ConnectEnd::kFin},
                                                  {"rst", ConnectEnd::kRst},
                                                  {"handshake", ConnectEnd::kHandshake},
                                                  {"mixed", ConnectEnd::kMixed}};
  std::string end = "close";
  connect_command
      ->add_option(
          "--end", end,
          "how each ends: close (closing handshake), fin, rst, handshake (abandoned before "
          "the server could answer), mixed")
      ->check(CLI::IsMember({"close", "fin", "rst", "handshake", "mixed"}))
      ->capture_default_str();
  AddCommon(*connect_command, common);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }

  const auto bind = [&common](const char* name, auto run, const auto& options) {
    return Run(name, common, [&](Loop& loop, const ServerMeter& meter, Report& report) {
      return run(loop, meter, options, report);
    });
  };
  if (*idle_command) return bind("idle", RunIdle, idle);
  if (*fanout_command) return bind("fanout", RunFanout, fanout);
  if (*echo_command) return bind("echo", RunEcho, echo);
  if (*resume_command) return bind("resume", RunResume, resume);
  connect.end = ends.at(end);
  return bind("connect", RunConnect, connect);
}

}  // namespace
}  // namespace hookcast::bench

int main(int argc, char** argv) { return hookcast::bench::Main(argc, argv); }

// hookcast-baseline: see server.h.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "bench/baseline/server.h"
#include "bench/wire/process.h"

int main(int argc, char** argv) {
  using hookcast::bench::BaselineServer;

  CLI::App app{
      "A bare epoll WebSocket server with /echo, /sub (events too) and /pub, to measure against."};
  std::string listen = "127.0.0.1:0";
  app.add_option("--listen", listen, "IPv4 address and port, 0 for any")->capture_default_str();
  std::string mode = "direct";
  app.add_option(
         "--mode", mode,
         "direct: a send for each message and peer; gathered: a send for each peer and turn "
         "of the loop")
      ->check(CLI::IsMember({"direct", "gathered"}))
      ->capture_default_str();
  int cpu = -1;
  app.add_option("--cpu", cpu, "run on this core only");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }

  if (cpu >= 0) {
    if (const absl::Status pinned = hookcast::bench::PinToCpu(cpu); !pinned.ok()) {
      std::fprintf(stderr, "hookcast-baseline: %s\n", std::string(pinned.message()).c_str());
      return 2;
    }
  }
  hookcast::bench::AllowMostDescriptors();
  absl::StatusOr<std::unique_ptr<BaselineServer>> server = BaselineServer::Listen(
      listen, mode == "direct" ? BaselineServer::Mode::kDirect : BaselineServer::Mode::kGathered);
  absl::Status status = server.status();
  if (status.ok()) {
    std::printf("listening on %s\n", (*server)->address().c_str());
    std::fflush(stdout);
    status = (*server)->Run();
  }
  std::fprintf(stderr, "hookcast-baseline: %s\n", std::string(status.message()).c_str());
  return 1;
}

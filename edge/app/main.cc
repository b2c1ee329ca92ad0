// hookcastd: a node of the broker.

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

#include "broker/base/log.h"
#include "broker/config/command_line.h"
#include "broker/config/loader.h"
#include "broker/config/printer.h"
#include "edge/app/library_logs.h"
#include "edge/app/node.h"
#include "edge/app/secret_files.h"
#include "edge/app/signals.h"
#include "edge/app/version.h"

namespace hookcast::app {
namespace {

constexpr int kExitRefused = 1;
constexpr int kExitUsage = 2;

int Complain(const absl::Status& status, int code) {
  fprintf(stderr, "hookcastd: %s\n", std::string(status.message()).c_str());
  return code;
}

log::Level LevelOf(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::kDebug:
      return log::Level::kDebug;
    case config::LogLevel::kInfo:
      return log::Level::kInfo;
    case config::LogLevel::kWarn:
      return log::Level::kWarn;
    case config::LogLevel::kError:
      return log::Level::kError;
  }
  return log::Level::kInfo;
}

log::Format FormatOf(config::LogFormat format) {
  if (format == config::LogFormat::kAuto) {
    return isatty(STDERR_FILENO) != 0 ? log::Format::kText : log::Format::kJson;
  }
  return format == config::LogFormat::kText ? log::Format::kText : log::Format::kJson;
}

// Each peer is a descriptor: take all that the system lets this process have.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int Run(const config::Config& config, const Signals& signals) {
  RaiseDescriptorLimit();
  RouteLibraryLogs();
  log::Configure(LevelOf(config.log.level), FormatOf(config.log.format), "");
  absl::StatusOr<std::unique_ptr<Node>> node = Node::Start(config);
  if (!node.ok()) return Complain(node.status(), kExitRefused);

  const Node::Addresses& addresses = (*node)->addresses();
  if (config.routes.empty()) log::Warn("no routes: every connection gets 404");
  log::Info("listening", {{"clients", addresses.clients},
                          {"admin", addresses.admin},
                          {"control", addresses.control},
                          {"version", kVersion}});
  log::Info("shutting down", {{"signal", signals.AwaitEnd()}});
  signals.EndAtTheNext();
  const size_t left = (*node)->Shutdown();
  if (left != 0) log::Warn("peers were left at the end of the shutdown", {{"peers", left}});
  node->reset();
  log::Info("stopped");
  return 0;
}

// Where it is checked secrets may well be missing: that is no mistake of the configuration.
int Check(const config::Config& config) {
  for (const std::string& file : UnusableSecretFiles(config)) {
    fprintf(stderr, "hookcastd: warning: %s\n", file.c_str());
  }
  return puts("the configuration is good"), 0;
}

int Main(int argc, char** argv) {
  const absl::StatusOr<config::CommandLine> line = config::ParseCommandLine(argc, argv);
  if (!line.ok()) return Complain(line.status(), kExitUsage);
  if (line->help) return fputs(config::HelpText().c_str(), stdout), 0;
  if (line->version) return printf("hookcastd %s\n", kVersion), 0;
  if (line->print_reference) return fputs(config::ConfigReference().c_str(), stdout), 0;

  const absl::StatusOr<config::Config> config =
      config::LoadConfig(*line, config::ProcessEnvironment());
  if (!config.ok()) return Complain(config.status(), kExitUsage);
  if (line->check_config) return Check(*config);
  if (line->print_config) return fputs(config::PrintConfig(*config).c_str(), stdout), 0;

  const Signals signals;
  return Run(*config, signals);
}

}  // namespace
}  // namespace hookcast::app

int main(int argc, char** argv) { return hookcast::app::Main(argc, argv); }

#include "bench/load/run_cost.h"

#include <ctime>

#include "absl/strings/str_cat.h"

namespace hookcast::bench {
namespace {

double OwnCpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

RunCost::RunCost(const ServerMeter& meter)
    : meter_(meter),
      start_(Clock::now()),
      server_start_(meter.Cpu()),
      own_start_s_(OwnCpuSeconds()) {}

void RunCost::StopClock() {
  seconds_ = std::chrono::duration<double>(Clock::now() - start_).count();
  own_s_ = OwnCpuSeconds() - own_start_s_;
}

void RunCost::StopServer() { server_end_ = meter_.Cpu(); }

void RunCost::Report(const std::string& unit, double count, bench::Report& report) const {
  if (meter_.watches()) {
    const double user_s = server_end_.user_s - server_start_.user_s;
    const double system_s = server_end_.system_s - server_start_.system_s;
    const double server_s = server_end_.on_cpu_s - server_start_.on_cpu_s;
    report.Add(absl::StrCat("server_us_per_", unit), absl::StrCat("server processor time a ", unit),
               server_s * 1e6 / count, 3, "µs");
    report.Add("server_user_system_s", "server user + system time", user_s + system_s, 2, "s");
    report.Add("server_user_share", "of it in user mode",
               user_s + system_s > 0 ? 100 * user_s / (user_s + system_s) : 0, 0, "%");
    report.Add("server_busy", "server's core busy", 100 * server_s / seconds_, 0, "%");
  }
  report.Add("load_busy", "load tool's core busy", 100 * own_s_ / seconds_, 0, "%");
  report.Add("seconds", "time", seconds_, 3, "s");
}

}  // namespace hookcast::bench

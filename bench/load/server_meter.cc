#include "bench/load/server_meter.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hookcast::bench {
namespace {

std::string ProcPath(int pid, const char* name) { return absl::StrCat("/proc/", pid, "/", name); }

// How many entries a directory has. A thread or descriptor may go meanwhile.
int64_t CountEntries(const std::string& directory) {
  int64_t count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    ++count;
  }
  return count;
}

}  // namespace

ServerMeter::ServerMeter(std::vector<int> pids) : pids_(std::move(pids)) {}

absl::StatusOr<ServerMeter> ServerMeter::Watch(std::vector<int> pids) {
  for (const int pid : pids) {
    if (::access(ProcPath(pid, "stat").c_str(), R_OK) != 0) {
      return absl::NotFoundError(absl::StrCat("no process ", pid, " (--pid)"));
    }
    if (!std::ifstream(ProcPath(pid, "smaps_rollup")).is_open() ||
        ::access(ProcPath(pid, "fd").c_str(), R_OK) != 0) {
      return absl::PermissionDeniedError(
          absl::StrCat("may not read /proc/", pid, ": run as the server's user or as root"));
    }
  }
  return ServerMeter(std::move(pids));
}

ServerCpu ServerMeter::Cpu() const {
  ServerCpu cpu;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  for (const int pid : pids_) {
    std::error_code error;
    for (std::filesystem::directory_iterator task(ProcPath(pid, "task"), error), end;
         !error && task != end; task.increment(error)) {
      double nanoseconds = 0;
      std::ifstream(task->path() / "schedstat") >> nanoseconds;
      cpu.on_cpu_s += nanoseconds / 1e9;
    }
    // The second field is the name, in parentheses, and may hold anything; utime is the 14th.
    std::ifstream stat(ProcPath(pid, "stat"));
    std::string line;
    std::getline(stat, line);
    if (const size_t name_end = line.rfind(')'); name_end != std::string::npos) {
      std::istringstream fields(line.substr(name_end + 1));
      std::string skipped;
      for (int field = 3; field < 14; ++field) fields >> skipped;
      double user = 0;
      double system = 0;
      fields >> user >> system;
      cpu.user_s += user / ticks;
      cpu.system_s += system / ticks;
    }
  }
  return cpu;
}

ServerMemory ServerMeter::Memory() const {
  ServerMemory memory;
  for (const int pid : pids_) {
    std::ifstream rollup(ProcPath(pid, "smaps_rollup"));
    for (std::string line; std::getline(rollup, line);) {
      std::istringstream fields(line);
      std::string name;
      int64_t kilobytes = 0;
      fields >> name >> kilobytes;
      if (name == "Rss:") memory.rss += kilobytes * 1024;
      if (name == "Pss:") memory.pss += kilobytes * 1024;
      if (name == "Anonymous:") memory.anonymous += kilobytes * 1024;
    }
  }
  return memory;
}

int64_t ServerMeter::Descriptors() const {
  int64_t count = 0;
  for (const int pid : pids_) count += CountEntries(ProcPath(pid, "fd"));
  return count;
}

int64_t ServerMeter::Threads() const {
  int64_t count = 0;
  for (const int pid : pids_) count += CountEntries(ProcPath(pid, "task"));
  return count;
}

absl::Status ServerMeter::AwaitRest(Loop& loop) const {
  if (!watches()) return absl::OkStatus();
  const Clock::time_point give_up = Clock::now() + std::chrono::seconds(1);
  double before = Cpu().on_cpu_s;
  while (Clock::now() < give_up) {
    if (absl::Status waited = loop.Idle(std::chrono::milliseconds(10)); !waited.ok()) return waited;
    const double now = Cpu().on_cpu_s;
    if (now - before < 50e-6) break;
    before = now;
  }
  return absl::OkStatus();
}

absl::Status ServerMeter::AwaitDescriptors(Loop& loop, int64_t limit) const {
  if (!watches()) return absl::OkStatus();
  Clock::time_point next;
  return loop.RunUntil(
      [&] {
        if (Clock::now() < next) return false;
        next = Clock::now() + std::chrono::milliseconds(20);
        return Descriptors() <= limit;
      },
      absl::StrCat("the server's return to ", limit, " descriptors (it holds ", Descriptors(),
                   ")"));
}

}  // namespace hookcast::bench

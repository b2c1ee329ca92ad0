#include "bench/wire/process.h"

#include <sched.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace hookcast::bench {

absl::Status PinToCpu(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu < 0 || cpu >= CPU_SETSIZE) {
    return absl::InvalidArgumentError(absl::StrCat("no such core: ", cpu));
  }
  CPU_SET(static_cast<size_t>(cpu), &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot run on core ", cpu, ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

absl::Status AllowDescriptors(size_t count) {
  const rlim_t wanted = count + 64;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return absl::OkStatus();
  const rlim_t hard = limit.rlim_max;
  limit.rlim_cur = wanted;
  if (limit.rlim_max < wanted) limit.rlim_max = wanted;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return absl::ResourceExhaustedError(absl::StrCat(
        wanted, " descriptors are needed, the hard limit is ", hard, ": raise it (ulimit -Hn)"));
  }
  return absl::OkStatus();
}

void AllowMostDescriptors() {
  if (AllowDescriptors(1'000'000).ok()) return;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace hookcast::bench

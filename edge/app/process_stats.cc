#include "edge/app/process_stats.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <limits>
#include <memory>

namespace hookcast::app {

double OpenDescriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc/self/fd"), &closedir);
  if (directory == nullptr) return errno == EMFILE ? MostDescriptors() : 0;
  int count = -3;  // ".", ".." and the directory's own
  while (readdir(directory.get()) != nullptr) ++count;
  return count;
}

double MostDescriptors() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

int DescriptorsForClients() {
  const double most = MostDescriptors();
  if (most <= 0 || most > std::numeric_limits<int>::max()) return std::numeric_limits<int>::max();
  return static_cast<int>(most - std::clamp(most / 16, 16.0, 256.0));
}

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double total_pages = 0;
  double resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace hookcast::app

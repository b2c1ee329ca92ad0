#include "cli/terminal.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace hookcast::cli {

absl::Duration SteadyTime() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

void WaitSteadily(absl::Duration time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock<std::mutex> lock(mutex);
  never.wait_for(lock, stop, absl::ToChronoNanoseconds(time), [] { return false; });
}

}  // namespace hookcast::cli

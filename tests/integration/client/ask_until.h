#pragma once

#include <chrono>
#include <concepts>
#include <thread>
#include <type_traits>

namespace hookcast::testing {

// Asks until an answer is good or the time is over; the last answer. For what another process tells
// to those alone who ask. It pauses between two questions, so that a test that waits leaves the
// processor to what it waits for.
template <std::invocable Ask, std::predicate<std::invoke_result_t<Ask>> Good>
std::invoke_result_t<Ask> AskUntil(Ask ask, Good good, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    std::invoke_result_t<Ask> answer = ask();
    if (good(answer) || std::chrono::steady_clock::now() >= end) return answer;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace hookcast::testing

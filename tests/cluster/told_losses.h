#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hookcast::testing {

// One numbered message, or the word of a gap, as a client got it.
struct Line {
  size_t publisher = 0;
  uint64_t number = 0;  // from 1, of that publisher and namespace; 0: a gap
  std::optional<uint64_t> lost;

  static Line Message(size_t publisher, uint64_t number) { return {publisher, number, {}}; }
  static Line Gap(std::optional<uint64_t> lost) { return {0, 0, lost}; }
  bool is_gap() const { return number == 0; }
};

// What became of each message that was published, to tell a loss from what was never taken.
//
// Thread: any.
class Ledger {
 public:
  // A publisher's next number in a namespace.
  uint64_t Begin(size_t publisher, const std::string& ns);
  // Its publish ended well: everybody has to get it, or to be told.
  void Taken(size_t publisher, const std::string& ns, uint64_t number);

  // Publisher to what was taken of it, in order.
  using Taking = std::map<size_t, std::vector<uint64_t>>;
  Taking TakenIn(const std::string& ns) const;
  size_t taken_count() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, size_t>, uint64_t> last_;
  std::map<std::string, Taking> taken_;
};

// What is wrong with what one client of a namespace got, each as a sentence; empty where nothing
// is:
//   - each publisher's numbers only rise: nothing twice, nothing out of order;
//   - what was taken and is missing lies inside a gap: one was told behind the last number before
//   it
//     and in front of the first behind it.
// The client was subscribed before the first publish.
std::vector<std::string> FindUntoldLosses(const std::vector<Line>& lines,
                                          const Ledger::Taking& taken);

}  // namespace hookcast::testing

// The messages that the load tool sends, made so that each one can be told from every other.

#ifndef HOOKCAST_BENCH_LOAD_PAYLOAD_H_
#define HOOKCAST_BENCH_LOAD_PAYLOAD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hookcast::bench {

// ASCII, so good as text and as binary: a kind ('P' probe, 'M' message), this run's mark, the
// sequence number, and filler that differs from number to number.
class PayloadMaker {
 public:
  static constexpr size_t kMinBytes = 32;

  // REQUIRES: bytes >= kMinBytes.
  explicit PayloadMaker(size_t bytes);

  std::string Make(char kind, uint64_t sequence) const;

  // Why `payload` is not what Make('M', expected) gives, for a person: lost, repeated, out of
  // order, damaged, or from elsewhere.
  std::string Explain(std::string_view payload, uint64_t expected) const;

  // Whether it is a probe of this run.
  bool IsProbe(std::string_view payload) const;

 private:
  // The number in a payload of this run and of this kind whose every byte is right.
  bool Read(std::string_view payload, char kind, uint64_t& sequence) const;

  const size_t bytes_;
  std::string mark_;
  std::string pattern_;
};

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_LOAD_PAYLOAD_H_

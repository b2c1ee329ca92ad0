#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace hookcast::metrics {

// What one family writes into the exposition.
class Family {
 public:
  Family(std::string_view name, std::string_view help) : name_(name), help_(help) {}
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;
  virtual ~Family() = default;

  // Appends HELP, TYPE and samples in Prometheus' text format 0.0.4.
  virtual void Expose(std::string* out) const = 0;

  std::string_view name() const { return name_; }

 protected:
  void ExposeHead(std::string_view type, std::string* out) const;

  const std::string_view name_;
  const std::string_view help_;
};

// A count that only grows. Thread: any; Add is one relaxed atomic addition.
class Counter final : public Family {
 public:
  using Family::Family;
  void Add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }
  void Expose(std::string* out) const override;

 private:
  std::atomic<uint64_t> value_{0};
};

// Counts by the values of one enumeration, 0 to N - 1, each with its label. Thread: any.
template <typename Enum, size_t N>
class CounterBy final : public Family {
 public:
  CounterBy(std::string_view name, std::string_view help, std::string_view label,
            std::array<std::string_view, N> names)
      : Family(name, help), label_(label), names_(names) {}

  void Add(Enum which, uint64_t n = 1) {
    values_[static_cast<size_t>(which)].fetch_add(n, std::memory_order_relaxed);
  }
  uint64_t value(Enum which) const {
    return values_[static_cast<size_t>(which)].load(std::memory_order_relaxed);
  }
  void Expose(std::string* out) const override {
    ExposeHead("counter", out);
    for (size_t i = 0; i < N; ++i) {
      out->append(name_).append("{").append(label_).append("=\"").append(names_[i]).append("\"} ");
      out->append(std::to_string(values_[i].load(std::memory_order_relaxed))).append("\n");
    }
  }

 private:
  const std::string_view label_;
  const std::array<std::string_view, N> names_;
  std::array<std::atomic<uint64_t>, N> values_{};
};

// A level that goes up and down. Thread: any.
class Gauge final : public Family {
 public:
  using Family::Family;
  void Add(int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }
  void Expose(std::string* out) const override;

 private:
  std::atomic<int64_t> value_{0};
};

// A level that is read when it is asked for. The reader runs on the exposing thread.
class GaugeOf final : public Family {
 public:
  using Family::Family;
  // REQUIRES: called before the first Expose, by the thread that builds the node.
  void ReadFrom(std::function<double()> read) { read_ = std::move(read); }
  void Expose(std::string* out) const override;

 private:
  std::function<double()> read_;
};

}  // namespace hookcast::metrics

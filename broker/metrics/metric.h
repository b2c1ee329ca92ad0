#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "broker/base/mutex.h"

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

// The counts of one histogram. Thread: any.
class Buckets {
 public:
  void Observe(std::chrono::nanoseconds took);
  uint64_t count() const;
  // `labels` are those of its samples, "hook=\"open\"".
  void Expose(std::string_view name, const std::string& labels, std::string* out) const;

 private:
  static constexpr size_t kBuckets = 15;  // the last is for what is beyond all bounds
  static const std::array<double, kBuckets - 1> kBounds;

  std::array<std::atomic<uint64_t>, kBuckets> counts_{};
  std::atomic<uint64_t> nanoseconds_{0};
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

// One sample of a family of levels. Thread: any.
class Level {
 public:
  void Add(int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Levels by the values of a label that are known at run time, such as configured names. Few.
// Thread: any.
class Levels final : public Family {
 public:
  Levels(std::string_view name, std::string_view help, std::string_view label)
      : Family(name, help), label_(label) {}
  // The level with this label, which lives as long as the family.
  Level* At(const std::string& value);
  void Expose(std::string* out) const override;

 private:
  const std::string_view label_;
  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<Level>> levels_ HOOKCAST_GUARDED_BY(mutex_);
};

// How long things took, by the values of one enumeration. Buckets from 0.5 ms to 10 s. Thread: any;
// Observe is three relaxed atomic additions.
template <typename Enum, size_t N>
class HistogramBy final : public Family {
 public:
  HistogramBy(std::string_view name, std::string_view help, std::string_view label,
              std::array<std::string_view, N> names)
      : Family(name, help), label_(label), names_(names) {}

  void Observe(Enum which, std::chrono::nanoseconds took) {
    buckets_[static_cast<size_t>(which)].Observe(took);
  }
  uint64_t count(Enum which) const { return buckets_[static_cast<size_t>(which)].count(); }
  void Expose(std::string* out) const override {
    ExposeHead("histogram", out);
    for (size_t i = 0; i < N; ++i) {
      buckets_[i].Expose(name_, std::string(label_).append("=\"").append(names_[i]).append("\""),
                         out);
    }
  }

 private:
  const std::string_view label_;
  const std::array<std::string_view, N> names_;
  std::array<Buckets, N> buckets_;
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

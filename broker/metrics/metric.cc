#include "broker/metrics/metric.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace hookcast::metrics {
namespace {

// Every digit of the value: six of them, as %g has it, would round a node's memory. Whole numbers
// up to 2^53 are written without an exponent.
void AppendValue(double value, std::string* out) {
  if (std::isnan(value)) {
    out->append("NaN");
  } else if (std::isinf(value)) {
    out->append(value > 0 ? "+Inf" : "-Inf");
  } else if (value == std::trunc(value) && std::abs(value) <= 0x1p53) {
    absl::StrAppend(out, static_cast<int64_t>(value));
  } else {
    char text[32];
    out->append(text, std::to_chars(text, text + sizeof text, value).ptr);
  }
}

// Prometheus' text format: backslash, quote and line feed of a label's value.
void AppendEscaped(std::string_view value, std::string* out) {
  for (const char c : value) {
    if (c == '\n') {
      out->append("\\n");
      continue;
    }
    if (c == '\\' || c == '"') out->push_back('\\');
    out->push_back(c);
  }
}

}  // namespace

void Family::ExposeHead(std::string_view type, std::string* out) const {
  out->append("# HELP ").append(name_).append(" ").append(help_).append("\n");
  out->append("# TYPE ").append(name_).append(" ").append(type).append("\n");
}

void Counter::Expose(std::string* out) const {
  ExposeHead("counter", out);
  out->append(name_);
  absl::StrAppend(out, " ", value(), "\n");
}

void Gauge::Expose(std::string* out) const {
  ExposeHead("gauge", out);
  out->append(name_);
  absl::StrAppend(out, " ", value(), "\n");
}

Level* Levels::At(const std::string& value) {
  const MutexLock lock(&mutex_);
  std::unique_ptr<Level>& level = levels_[value];
  if (level == nullptr) level = std::make_unique<Level>();
  return level.get();
}

void Levels::Expose(std::string* out) const {
  const MutexLock lock(&mutex_);
  if (levels_.empty()) return;
  ExposeHead("gauge", out);
  for (const auto& [value, level] : levels_) {
    out->append(name_).append("{").append(label_).append("=\"");
    AppendEscaped(value, out);
    absl::StrAppend(out, "\"} ", level->value(), "\n");
  }
}

const std::array<double, Buckets::kBuckets - 1> Buckets::kBounds = {
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};

void Buckets::Observe(std::chrono::nanoseconds took) {
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  counts_[static_cast<size_t>(bucket - kBounds.begin())].fetch_add(1, std::memory_order_relaxed);
  nanoseconds_.fetch_add(static_cast<uint64_t>(took.count()), std::memory_order_relaxed);
}

uint64_t Buckets::count() const {
  uint64_t count = 0;
  for (const auto& bucket : counts_) count += bucket.load(std::memory_order_relaxed);
  return count;
}

// Of one reading: what is observed meanwhile is in none of the samples or in all.
void Buckets::Expose(std::string_view name, const std::string& labels, std::string* out) const {
  const std::string family(name);
  uint64_t count = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    count += counts_[i].load(std::memory_order_relaxed);
    absl::StrAppend(out, family, "_bucket{", labels, ",le=\"");
    if (i < kBounds.size()) {
      char text[32];
      out->append(
          text, std::to_chars(text, text + sizeof text, kBounds[i], std::chars_format::fixed).ptr);
    } else {
      out->append("+Inf");
    }
    absl::StrAppend(out, "\"} ", count, "\n");
  }
  absl::StrAppend(out, family, "_sum{", labels, "} ");
  AppendValue(static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9, out);
  absl::StrAppend(out, "\n", family, "_count{", labels, "} ", count, "\n");
}

void GaugeOf::Expose(std::string* out) const {
  if (read_ == nullptr) return;
  ExposeHead("gauge", out);
  out->append(name_);
  out->append(" ");
  AppendValue(read_(), out);
  out->append("\n");
}

}  // namespace hookcast::metrics

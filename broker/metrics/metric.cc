#include "broker/metrics/metric.h"

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

void GaugeOf::Expose(std::string* out) const {
  if (read_ == nullptr) return;
  ExposeHead("gauge", out);
  out->append(name_);
  out->append(" ");
  AppendValue(read_(), out);
  out->append("\n");
}

}  // namespace hookcast::metrics

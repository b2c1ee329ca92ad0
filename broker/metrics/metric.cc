#include "broker/metrics/metric.h"

#include "absl/strings/str_cat.h"

namespace hookcast::metrics {

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
  absl::StrAppend(out, " ", read_(), "\n");
}

}  // namespace hookcast::metrics

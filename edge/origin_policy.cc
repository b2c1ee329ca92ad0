#include "edge/origin_policy.h"

#include <algorithm>
#include <string_view>

namespace hookcast::edge {

OriginPolicy::OriginPolicy(const std::vector<std::string>& allowed) : all_(allowed.empty()) {
  for (const std::string& text : allowed) {
    auto pattern = config::OriginPattern::Parse(text);
    if (!pattern.ok()) continue;  // lets nobody in
    all_ = all_ || pattern->matches_all();
    patterns_.push_back(*std::move(pattern));
  }
}

bool OriginPolicy::Allows(const HttpRequest& request) const {
  if (all_) return true;
  const std::vector<std::string_view> origins = request.Values("Origin");
  if (origins.empty()) return true;
  return origins.size() == 1 &&
         std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const auto& pattern) { return pattern.Matches(origins[0]); });
}

}  // namespace hookcast::edge

#include "broker/config/mistakes.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hookcast::config {
namespace {

// Whether `key` is `above`, or a key or list entry below it.
bool IsUnder(std::string_view key, std::string_view above) {
  if (!key.starts_with(above)) return false;
  return key.size() == above.size() || key[above.size()] == '.' || key[above.size()] == '[';
}

}  // namespace

std::string Place::ToString() const {
  if (source.empty()) return "default";
  return line == 0 ? source : absl::StrCat(source, ":", line, ":", column);
}

Place Origins::Find(std::string_view key) const {
  while (!key.empty()) {
    if (const auto found = places_.find(key); found != places_.end()) return found->second;
    const size_t end = key.find_last_of(".[");
    key = key.substr(0, end == std::string_view::npos ? 0 : end);
  }
  return Place();
}

void Origins::Erase(std::string_view key) {
  std::erase_if(places_, [&](const auto& entry) { return IsUnder(entry.first, key); });
}

void Mistakes::Add(const Place& place, std::string_view key, std::string_view text) {
  ++count_;
  if (full()) return;
  // What is missing stands nowhere.
  std::string line = place.source.empty() ? "" : absl::StrCat(place.ToString(), ": ");
  if (!key.empty()) line.append(key).append(": ");
  lines_.push_back(line.append(text));
  keys_.insert(std::string(key));
}

bool Mistakes::Under(std::string_view key) const {
  for (auto at = keys_.lower_bound(key); at != keys_.end() && at->starts_with(key); ++at) {
    if (IsUnder(*at, key)) return true;
  }
  return false;
}

absl::Status Mistakes::ToStatus() const {
  if (empty()) return absl::OkStatus();
  std::string text = absl::StrJoin(lines_, "\n");
  if (count_ > lines_.size()) {
    absl::StrAppend(&text, "\nand ", count_ - lines_.size(), " more mistakes");
  }
  return absl::InvalidArgumentError(text);
}

}  // namespace hookcast::config

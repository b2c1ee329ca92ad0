#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace hookcast::config {

// Where a value came from.
struct Place {
  std::string source;  // a file, HOOKCAST_LOG_LEVEL, --set; empty: it is a default
  int line = 0;        // from 1; 0 where the source is no file
  int column = 0;      // from 1

  // "hookcast.yaml:3:5", "--set", "default".
  std::string ToString() const;
};

// The place of each value that is not a default, by its full key ("routes[2].static.topic"). Groups
// ("routes[2].static") and entries of lists ("routes[2]") have one too.
class Origins {
 public:
  void Set(const std::string& key, Place place) { places_[key] = std::move(place); }
  bool Has(const std::string& key) const { return places_.contains(key); }
  // The place of `key`, or of the nearest group around it that has one.
  Place Find(std::string_view key) const;
  // Forgets `key` and all below it.
  void Erase(std::string_view key);

 private:
  std::map<std::string, Place, std::less<>> places_;
};

// Collects what is wrong with a configuration, so that all of it is told at once.
class Mistakes {
 public:
  // More than this are counted and not kept.
  static constexpr size_t kMaxShown = 1000;

  // `text` says what is wrong and what would be right. `key` may be empty.
  void Add(const Place& place, std::string_view key, std::string_view text);

  bool empty() const { return count_ == 0; }
  // Whether what is added from now on is only counted: its text may be left out.
  bool full() const { return lines_.size() >= kMaxShown; }
  // Whether one was added for `key` or for a key below it.
  bool Under(std::string_view key) const;
  // OK, or INVALID_ARGUMENT with a line for each, in the order of Add.
  absl::Status ToStatus() const;

 private:
  std::vector<std::string> lines_;
  std::set<std::string, std::less<>> keys_;
  size_t count_ = 0;
};

}  // namespace hookcast::config

#pragma once

#include <string>
#include <string_view>

#include "broker/config/config.h"

namespace hookcast::config {

// Which namespaces an entry of `namespaces` speaks of, or a route gives to its peers: literal text,
// places for a parameter of a path (one byte or more, without "/"), and places for anything.
//
// Thread: any; immutable.
class NamePattern {
 public:
  // "chat:lobby" is that name alone, "chat:*" each that begins so. REQUIRES: "*" only at the end.
  static NamePattern OfName(std::string_view name);
  // What the route's template makes of the paths that it matches, or those paths. REQUIRES: path
  // and template were checked.
  static NamePattern OfRoute(const Route& route);

  bool Match(std::string_view name) const;

  // One name alone.
  bool IsExact() const { return prefix_ == text_.size(); }
  // The name of one that is exact.
  const std::string& text() const { return text_; }
  // What every name that it matches begins with: the text in front of the first place.
  std::string_view prefix() const { return std::string_view(text_).substr(0, prefix_); }

  // Whether, of two patterns that match one name, this is the one to take: a name alone before
  // those with places; then the longer text in front of the first place, then more text in all,
  // then places for parameters before places for anything. A strict weak order.
  bool MoreSpecificThan(const NamePattern& other) const;

  bool operator==(const NamePattern& other) const { return text_ == other.text_; }

 private:
  explicit NamePattern(std::string text);
  bool MatchPlaces(std::string_view name) const;
  std::string_view suffix() const { return std::string_view(text_).substr(text_.size() - suffix_); }

  std::string text_;       // places are bytes that UTF-8 does not have
  size_t prefix_ = 0;      // bytes in front of the first place
  size_t suffix_ = 0;      // bytes behind the last
  size_t parameters_ = 0;  // places of each kind
  size_t rests_ = 0;
};

}  // namespace hookcast::config

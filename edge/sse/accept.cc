#include "edge/sse/accept.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace hookcast::sse {
namespace {

// From the least specific to the most.
constexpr std::array<std::string_view, 3> kRanges{"*/*", "text/*", "text/event-stream"};

std::string_view Trim(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  const size_t end = text.find_last_not_of(" \t");
  return text.substr(begin, end == std::string_view::npos ? 0 : end + 1 - begin);
}

bool Equals(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase({a.data(), a.size()}, {b.data(), b.size()});
}

// Takes what stands before the next `separator` off the front, trimmed; one within a quoted string
// separates nothing.
std::string_view Take(std::string_view* text, char separator) {
  size_t end = 0;
  bool quoted = false;
  for (; end < text->size() && (quoted || (*text)[end] != separator); ++end) {
    if ((*text)[end] == '"') quoted = !quoted;
    if (quoted && (*text)[end] == '\\') ++end;
  }
  end = std::min(end, text->size());
  const std::string_view taken = Trim(text->substr(0, end));
  text->remove_prefix(std::min(end + 1, text->size()));
  return taken;
}

// ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ). Nothing where it is neither; else whether it
// is more than zero.
std::optional<bool> ReadWeight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  const std::string_view decimals = text.substr(std::min<size_t>(text.size(), 2));
  const auto is = [](char from, char to) { return [=](char c) { return c >= from && c <= to; }; };
  const char most = text[0] == '1' ? '0' : '9';
  if (!std::all_of(decimals.begin(), decimals.end(), is('0', most))) return std::nullopt;
  return text[0] == '1' || std::any_of(decimals.begin(), decimals.end(), is('1', '9'));
}

struct Element {
  size_t range;  // of kRanges
  bool wanted;
};

// Nothing where it breaks the grammar, or is of other types.
std::optional<Element> ReadElement(std::string_view text) {
  const std::string_view name = Take(&text, ';');
  const auto range = std::find_if(kRanges.begin(), kRanges.end(),
                                  [&](std::string_view known) { return Equals(known, name); });
  if (range == kRanges.end()) return std::nullopt;
  Element element{static_cast<size_t>(range - kRanges.begin()), true};
  while (!text.empty()) {
    const std::string_view parameter = Take(&text, ';');
    if (parameter.empty()) continue;
    const size_t equals = parameter.find('=');
    if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
    if (!Equals(parameter.substr(0, equals), "q")) continue;
    const std::optional<bool> weight = ReadWeight(parameter.substr(equals + 1));
    if (!weight) return std::nullopt;
    element.wanted = *weight;
  }
  return element;
}

}  // namespace

bool AcceptsEventStream(const std::vector<std::string_view>& accept_values) {
  bool any = false;
  std::array<std::optional<bool>, kRanges.size()> wanted;
  for (std::string_view line : accept_values) {
    while (!line.empty()) {
      const std::string_view text = Take(&line, ',');
      if (text.empty()) continue;
      any = true;
      const std::optional<Element> element = ReadElement(text);
      if (!element) continue;
      std::optional<bool>& said = wanted[element->range];
      said = said.value_or(false) || element->wanted;
    }
  }
  const auto decides = std::find_if(wanted.rbegin(), wanted.rend(),
                                    [](const auto& said) { return said.has_value(); });
  return decides == wanted.rend() ? !any : **decides;
}

}  // namespace hookcast::sse

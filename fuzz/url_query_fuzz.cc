// Queries of URLs: any bytes survive percent-encoding, and pairs do not touch each other.
#include "broker/base/url_query.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/require.h"

using hookcast::QueryValues;
using hookcast::fuzz::Require;
using Values = std::vector<std::string>;

namespace {

std::string Encoded(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789aBcDeF";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    text.append({'%', kHex[byte >> 4], kHex[byte & 15]});
  }
  return text;
}

}  // namespace

// The first byte says where the name ends and the query begins.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view name = bytes.substr(0, data[0] % 16);
  const std::string query(bytes.substr(name.size()));

  const Values values = QueryValues(query, name);
  size_t total = 0;
  for (const std::string& value : values) total += value.size();
  Require(total <= query.size(), "values are no longer than what they were decoded from");

  Values twice = values;
  twice.insert(twice.end(), values.begin(), values.end());
  Require(QueryValues(query + "&" + query, name) == twice, "pairs do not touch each other");

  const std::string pair = Encoded(name) + "=" + Encoded(query);
  Require(QueryValues(pair, name) == Values{query}, "what is encoded comes back");
  Values more = values;
  more.push_back(query);
  Require(QueryValues(query + "&" + pair, name) == more, "behind whatever stands there");
  return 0;
}

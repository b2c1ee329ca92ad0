#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "edge/http_message.h"

namespace hookcast::edge {

// The elements of a header that is a list, over all of its lines, from the last to the first: as
// each proxy adds its own at the end, what comes first here was written by the nearest one, and
// nothing that stands further left can change how it is read.
//
// Thread: one at a time. Outlived by the headers.
class HeaderListFromEnd {
 public:
  HeaderListFromEnd(const HttpHeaders& headers, std::string_view name);

  // The next element, trimmed; empty ones are left out. Commas in quoted strings (RFC 9110, section
  // 5.6.4) divide nothing.
  std::optional<std::string_view> Next();

 private:
  std::vector<std::string_view> lines_;   // those to come, in their order
  std::optional<std::string_view> rest_;  // of the line that is read
};

}  // namespace hookcast::edge

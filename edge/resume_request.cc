#include "edge/resume_request.h"

#include <string_view>
#include <vector>

#include "broker/base/url_query.h"

namespace hookcast::edge {

std::string ResumeTextOf(const HttpRequest& request) {
  for (const std::string_view value : request.Values("last-event-id")) {
    if (!value.empty()) return std::string(value);
  }
  const std::string_view target = request.target;
  const size_t query = target.find('?');
  if (query == std::string_view::npos) return {};
  for (std::string& value : QueryValues(target.substr(query + 1), "last_event_id")) {
    if (!value.empty()) return std::move(value);
  }
  return {};
}

}  // namespace hookcast::edge

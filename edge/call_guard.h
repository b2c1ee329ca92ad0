#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/http_message.h"

namespace hookcast::edge {

// An error of a call in JSON, in the form of the Connect protocol: {"code": …, "message": …}.
HttpResponse CallError(int status, std::string_view code, std::string_view message);

// Keeps web pages that a browser shows from making calls, whatever token it holds for them: what
// they can send across origins without asking has another content type (Fetch, section 2.2.2), and
// a name that was made to point here is no name of this node.
//
// An error, or nullopt where the request may be a call: it is a POST (405), to a Host that is an
// address, localhost or one of `hosts` (403), without an Origin that is not its Host's own (403),
// and its body is JSON (415) as it is (501 for a coding). Looks at the head alone.
std::optional<HttpResponse> RefuseCall(const HttpRequest& request,
                                       const std::vector<std::string>& hosts);

}  // namespace hookcast::edge

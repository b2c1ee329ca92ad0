#pragma once

#include <string_view>
#include <vector>

namespace hookcast::sse {

// Whether a client takes text/event-stream, by the values of all of its Accept lines (RFC 9110,
// section 12.5.1): of the ranges that match, the most specific decides, and it must not have q=0.
// Elements that break the grammar are left out, and parameters other than q are not compared.
// Without the header a client takes anything; with one of which nothing is left, nothing.
//
// Thread: any.
bool AcceptsEventStream(const std::vector<std::string_view>& accept_values);

}  // namespace hookcast::sse

#pragma once

#include <string>

#include "edge/http_message.h"

namespace hookcast::edge {

// What a returning client says it has, as it says it; empty for one that says nothing. The header
// Last-Event-ID, which browsers send when an EventSource connects again, goes before the query's
// last_event_id, for clients that cannot set headers. Not checked: pubsub::ParseResumeId reads it.
//
// Thread: any.
std::string ResumeTextOf(const HttpRequest& request);

}  // namespace hookcast::edge

#pragma once

#include "edge/admitted.h"
#include "edge/http_message.h"

namespace hookcast::edge {

// The headers of every event stream, without framing: its type, and what keeps caches and proxies
// from holding it back.
HttpHeaders EventStreamHeaders();

// Answers 200 and starts the peer. `chunked`: the client speaks HTTP/1.1. Of the application's own
// headers those of EventStreamHeaders are left out. `posts`: the peer is told the secret with which
// it posts messages. Thread: the shard's.
void StartEventStream(Shard* shard, Admitted admitted, bool chunked, bool posts);

}  // namespace hookcast::edge

#pragma once

#include "edge/admitted.h"
#include "edge/websocket/handshake.h"

namespace hookcast::edge {

// Answers 101 and starts the peer. The accepted subprotocol was offered. Thread: the shard's.
void StartWebSocket(Shard* shard, Admitted admitted, const websocket::Handshake& handshake);

}  // namespace hookcast::edge

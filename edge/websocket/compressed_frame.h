#pragma once

#include "broker/base/bytes.h"
#include "edge/websocket/deflater.h"

namespace hookcast::websocket {

// The frame of a message, with its payload compressed and RSV1 set (RFC 7692, section 6.1), and the
// same label. The frame itself, and not a copy, where that would not be smaller.
// REQUIRES: a text or binary frame as WriteFrameHeader begins it.
//
// Thread: the deflater's.
Bytes CompressedFrame(const Bytes& frame, Deflater& deflater);

}  // namespace hookcast::websocket

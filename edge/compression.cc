#include "edge/compression.h"

#include "edge/websocket/compressed_frame.h"
#include "edge/websocket/deflate_offer.h"

namespace hookcast::edge {

using metrics::Compressed;
using metrics::CompressedBytes;

Bytes Compression::Compress(const Bytes& frame, uint8_t window_bits) {
  auto& deflater = deflaters_[window_bits == websocket::kLargeWindow];
  if (deflater == nullptr) deflater = std::make_unique<websocket::Deflater>(window_bits);
  Bytes compressed = websocket::CompressedFrame(frame, *deflater);
  deflater->Trim();
  if (compressed == frame) {
    metrics_->compressed.Add(Compressed::kNotSmaller);
    return compressed;
  }
  metrics_->compressed.Add(Compressed::kDeflated);
  metrics_->compressed_bytes.Add(CompressedBytes::kDeflateIn, frame.size());
  metrics_->compressed_bytes.Add(CompressedBytes::kDeflateOut, compressed.size());
  return compressed;
}

const websocket::ProtocolError* Compression::Inflate(websocket::MessageKind kind,
                                                     std::string_view payload, size_t most_bytes,
                                                     std::string_view* message) {
  if (inflater_ == nullptr) inflater_ = std::make_unique<websocket::Inflater>();
  const websocket::ProtocolError* const error =
      inflater_->Inflate(kind, payload, most_bytes, message);
  if (error != nullptr) {
    metrics_->compressed.Add(Compressed::kRefused);
    inflater_->Trim();
    return error;
  }
  metrics_->compressed.Add(Compressed::kInflated);
  metrics_->compressed_bytes.Add(CompressedBytes::kInflateIn, payload.size());
  metrics_->compressed_bytes.Add(CompressedBytes::kInflateOut, message->size());
  return nullptr;
}

}  // namespace hookcast::edge

#pragma once

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hookcast::control {

// Reads a request as it came. Errors: INVALID_ARGUMENT for what is no such message, mostly because
// of text that is not UTF-8; gRPC by itself would say UNIMPLEMENTED, and take one in a stream for
// the stream's end. Thread: any.
template <typename Request>
absl::Status ReadRequest(grpc::ByteBuffer bytes, Request* request) {
  if (grpc::SerializationTraits<Request>::Deserialize(&bytes, request).ok()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the request is not a whole ", Request::descriptor()->name(),
                   ", it nests too deeply, or text in it is not UTF-8; bytes that are no text go "
                   "into data.binary"));
}

// Writes a response for the wire.
template <typename Response>
void WriteResponse(const Response& response, grpc::ByteBuffer* bytes) {
  bool own_buffer;
  grpc::SerializationTraits<Response>::Serialize(response, bytes, &own_buffer);
}

}  // namespace hookcast::control

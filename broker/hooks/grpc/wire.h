#pragma once

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hookcast::hooks {

// Replies are read here, not by the generated stubs: of a reply that it cannot parse, because of
// text that is not UTF-8 for example, gRPC 1.51 hands out what it had read so far, as if it were
// good; and on a stream such a reply looks like the end.

// "/hookcast.v1.HookService/Upgrade".
inline std::string MethodPath(const char* method) {
  return absl::StrCat("/hookcast.v1.HookService/", method);
}

// Takes the bytes. Errors: INVALID_ARGUMENT, where they are no such message.
template <typename Reply>
absl::Status ParseReply(grpc::ByteBuffer* bytes, Reply* reply) {
  if (bytes->Valid() && grpc::SerializationTraits<Reply>::Deserialize(bytes, reply).ok()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "the reply is not a whole ", Reply::descriptor()->name(),
      ", it nests too deeply, or text in it is not UTF-8; bytes that are no text go into fields of "
      "type bytes"));
}

inline std::string TextOf(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  std::string text;
  if (!bytes.Dump(&slices).ok()) return text;
  text.reserve(bytes.Length());
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

}  // namespace hookcast::hooks

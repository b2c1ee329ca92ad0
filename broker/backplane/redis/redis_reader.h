#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "broker/backplane/redis/redis_reply.h"

struct redisReader;

namespace hookcast::backplane {

// Makes replies of the bytes that come from Redis: hiredis' reader, with values in buffers of its
// own that are used again, so that a reply costs no allocation.
//
// Thread: one at a time.
class RedisReader {
 public:
  // Values of one reply. What commands of this node are answered with has three.
  static constexpr size_t kMostValues = 1024;

  RedisReader();
  RedisReader(const RedisReader&) = delete;
  RedisReader& operator=(const RedisReader&) = delete;
  ~RedisReader();

  // Calls `take` for each reply that is whole now, in their order; where it returns false, nothing
  // more is read. INVALID_ARGUMENT for what is no RESP2, or a list in a list: nothing more can be
  // read then.
  absl::Status Feed(std::string_view bytes, absl::FunctionRef<bool(const RedisReply&)> take);

 private:
  friend struct ReaderFunctions;
  struct Part {
    RedisValue::Kind kind;
    int64_t integer;
    size_t offset;  // in text_
    size_t size;
  };
  struct FreeReader {
    void operator()(redisReader* reader) const;
  };

  void Add(RedisValue::Kind kind, int64_t integer, std::string_view text);
  RedisReply Finish();

  const std::unique_ptr<redisReader, FreeReader> reader_;
  // Of the reply that is being read.
  std::vector<Part> parts_;
  std::string text_;
  bool is_list_ = false;
  bool too_complex_ = false;
  std::vector<RedisValue> values_;  // of the reply that was read
};

}  // namespace hookcast::backplane

#include "broker/backplane/redis/redis_reader.h"

#include <hiredis/hiredis.h>

#include "absl/strings/str_cat.h"

namespace hookcast::backplane {
namespace {

// Of room that a large reply left behind.
constexpr size_t kKeptBytes = 256 * 1024;

}  // namespace

// What hiredis calls as it parses. Any pointer but null stands for an object; there are none.
struct ReaderFunctions {
  static RedisReader* Of(const redisReadTask* task) {
    return static_cast<RedisReader*>(task->privdata);
  }

  static void* String(const redisReadTask* task, char* text, size_t size) {
    const auto kind =
        task->type == REDIS_REPLY_ERROR ? RedisValue::Kind::kError : RedisValue::Kind::kText;
    Of(task)->Add(kind, 0, {text, size});
    return Of(task);
  }
  // The type of the number differs between versions of hiredis.
  template <typename Count>
  static void* Array(const redisReadTask* task, Count) {
    RedisReader* const reader = Of(task);
    if (task->parent != nullptr || reader->is_list_) reader->too_complex_ = true;
    reader->is_list_ = true;
    return reader;
  }
  static void* Integer(const redisReadTask* task, long long value) {
    Of(task)->Add(RedisValue::Kind::kInteger, value, {});
    return Of(task);
  }
  static void* Nil(const redisReadTask* task) {
    Of(task)->Add(RedisValue::Kind::kNothing, 0, {});
    return Of(task);
  }
  static void Free(void*) {}

  static redisReplyObjectFunctions* Table() {
    static redisReplyObjectFunctions table = [] {
      redisReplyObjectFunctions functions{};
      functions.createString = &String;
      functions.createArray = &Array;
      functions.createInteger = &Integer;
      functions.createNil = &Nil;
      functions.freeObject = &Free;
      return functions;
    }();
    return &table;
  }
};

void RedisReader::FreeReader::operator()(redisReader* reader) const { redisReaderFree(reader); }

RedisReader::RedisReader() : reader_(redisReaderCreateWithFunctions(ReaderFunctions::Table())) {
  if (reader_ == nullptr) return;
  reader_->privdata = this;
  reader_->maxbuf = kKeptBytes;
}

RedisReader::~RedisReader() = default;

void RedisReader::Add(RedisValue::Kind kind, int64_t integer, std::string_view text) {
  if (parts_.size() == kMostValues) {
    too_complex_ = true;
    return;
  }
  parts_.push_back({kind, integer, text_.size(), text.size()});
  text_.append(text);
}

RedisReply RedisReader::Finish() {
  values_.clear();
  for (const Part& part : parts_) {
    values_.push_back(
        {part.kind, part.integer, std::string_view(text_).substr(part.offset, part.size)});
  }
  parts_.clear();
  return {is_list_, values_};
}

absl::Status RedisReader::Feed(std::string_view bytes,
                               absl::FunctionRef<bool(const RedisReply&)> take) {
  if (reader_ == nullptr ||
      redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) {
    return absl::ResourceExhaustedError("no memory for what Redis sent");
  }
  while (true) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
      return absl::InvalidArgumentError(
          absl::StrCat("what came is not Redis' protocol: ", reader_->errstr));
    }
    if (too_complex_) {
      return absl::InvalidArgumentError("what came is no answer to what was asked");
    }
    if (reply == nullptr) return absl::OkStatus();
    const bool go_on = take(Finish());
    is_list_ = false;
    text_.clear();
    if (text_.capacity() > kKeptBytes) text_ = std::string();
    if (!go_on) return absl::OkStatus();
  }
}

}  // namespace hookcast::backplane

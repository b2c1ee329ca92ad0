#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "cli/data_argument.h"
#include "hookcast/v1/types.pb.h"

namespace hookcast::cli {

// Where the messages of a publish of many come from, one after the other.
//
// Thread: any one thread.
class MessageSource {
 public:
  virtual ~MessageSource() = default;

  // Whether Next has a message, or knows the end, without waiting for it.
  virtual bool Ready() = 0;
  // The next message; nullopt: there are no more. An error is of this message alone.
  virtual std::optional<absl::StatusOr<v1::Data>> Next() = 0;
  // What went wrong that ended the messages before their time.
  virtual absl::Status status() const { return absl::OkStatus(); }
  // How many there are; nullopt: not known.
  virtual std::optional<uint64_t> total() const = 0;
};

// The same, so many times.
class RepeatedMessage final : public MessageSource {
 public:
  RepeatedMessage(v1::Data data, uint64_t count) : data_(std::move(data)), count_(count) {}

  bool Ready() override { return true; }
  std::optional<absl::StatusOr<v1::Data>> Next() override;
  std::optional<uint64_t> total() const override { return count_; }

 private:
  const v1::Data data_;
  const uint64_t count_;
  uint64_t given_ = 0;
};

// Each line of a stream, without its end (LF or CRLF), empty ones too; a last one needs no end.
class MessageLines final : public MessageSource {
 public:
  // `name` is what messages call the stream. Nothing is owned.
  MessageLines(std::istream* in, std::string name, const DataArgument* form)
      : in_(in), name_(std::move(name)), form_(form) {}

  bool Ready() override;
  std::optional<absl::StatusOr<v1::Data>> Next() override;
  absl::Status status() const override { return status_; }
  std::optional<uint64_t> total() const override { return std::nullopt; }

 private:
  // Reads what is at hand, and waits only where that is nothing. False: the stream has ended.
  bool Fill();

  std::istream* const in_;
  const std::string name_;
  const DataArgument* const form_;
  std::string buffer_;   // what was read
  size_t start_ = 0;     // of the next line in it
  size_t searched_ = 0;  // up to here there is no line's end after start_
  bool ended_ = false;
  absl::Status status_;
};

}  // namespace hookcast::cli

#include "cli/data_argument.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <istream>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/duration.h"
#include "cli/failure.h"
#include "cli/json_value.h"
#include "cli/system_error.h"
#include "cli/text.h"
#include "cli/utf8_check.h"

namespace hookcast::cli {
namespace {

// More than any node takes; keeps a slip such as @/dev/zero from filling the memory.
constexpr size_t kMostBytes = size_t{64} << 20;

absl::Status TooLong() {
  return UsageFailure("the data is longer than 64 MiB", "send it in parts, or send where it is");
}

absl::StatusOr<std::string> ReadStream(std::istream& in) {
  std::string bytes;
  std::array<char, 65536> piece;
  while (in.read(piece.data(), piece.size()), in.gcount() > 0) {
    bytes.append(piece.data(), static_cast<size_t>(in.gcount()));
    if (bytes.size() > kMostBytes) return TooLong();
  }
  if (in.bad()) return UsageFailure("cannot read standard input");
  return bytes;
}

absl::StatusOr<std::string> ReadFile(const std::string& name) {
  const auto failure = [&](int error) {
    return UsageFailure(absl::StrCat("cannot read ", Quoted(name), ": ", SystemError(error)),
                        "to send text that starts with @, give DATA as - and the text on standard "
                        "input");
  };
  const int fd = open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failure(errno);
  std::string bytes;
  std::array<char, 65536> piece;
  ssize_t count = 0;
  while ((count = read(fd, piece.data(), piece.size())) != 0) {
    if (count < 0) {
      if (errno == EINTR) continue;
      break;
    }
    bytes.append(piece.data(), static_cast<size_t>(count));
    if (bytes.size() > kMostBytes) break;
  }
  const int error = count < 0 ? errno : 0;
  close(fd);
  if (error != 0) return failure(error);
  if (bytes.size() > kMostBytes) return TooLong();
  return bytes;
}

}  // namespace

void DataArgument::Declare(CLI::App& app) {
  app.add_option("DATA", data_,
                 "What to send: text, - for standard input, @FILE for a file's content")
      ->required()
      ->type_name("");
  CLI::Option* binary = app.add_flag("--binary", binary_, "Send DATA as binary, whatever it holds");
  app.add_flag("--json", json_, "DATA is JSON: check it, and send it in its compact form")
      ->excludes(binary);
  app.add_option("--id", id_, "Event id that SSE peers see")->type_name("ID")->check(Utf8Check());
  app.add_option("--event", event_, "Event name that SSE peers see")
      ->type_name("NAME")
      ->check(Utf8Check());
  app.add_option("--retry", retry_, "How long SSE peers shall wait before they reconnect")
      ->type_name("TIME");
}

absl::StatusOr<std::string> DataArgument::ReadBytes(Terminal& terminal) const {
  if (data_ == "-") return ReadStream(terminal.in);
  if (data_.starts_with('@')) return ReadFile(data_.substr(1));
  return data_;
}

absl::StatusOr<v1::Data> DataArgument::Read(Terminal& terminal) const {
  v1::Data data;
  if (!id_.empty()) data.mutable_event()->set_id(id_);
  if (!event_.empty()) data.mutable_event()->set_event(event_);
  if (!retry_.empty()) {
    const auto retry = ParseDuration("--retry", retry_);
    if (!retry.ok()) return retry.status();
    *data.mutable_event()->mutable_retry() = ToProto(*retry);
  }
  auto bytes = ReadBytes(terminal);
  if (!bytes.ok()) return bytes.status();
  if (json_) {
    if (auto status = ParseJsonValue(*bytes, data.mutable_json()); !status.ok()) return status;
  } else if (binary_) {
    data.set_binary(std::move(*bytes));
  } else if (const auto at = FirstNonUtf8Byte(*bytes)) {
    return UsageFailure(absl::StrFormat("the data is not UTF-8 text: byte 0x%02x at offset %d",
                                        static_cast<unsigned char>((*bytes)[*at]), *at),
                        "send it as it is with --binary");
  } else {
    data.set_text(std::move(*bytes));
  }
  return data;
}

}  // namespace hookcast::cli

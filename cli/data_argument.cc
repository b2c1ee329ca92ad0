#include "cli/data_argument.h"

#include <sstream>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/duration.h"
#include "cli/failure.h"
#include "cli/fd_input.h"
#include "cli/json_value.h"
#include "cli/name_check.h"
#include "cli/text.h"

namespace hookcast::cli {
namespace {

constexpr char kReadingTip[] =
    "to send text that starts with @, give DATA as - and the text on standard input";

}  // namespace

CLI::Option* DataArgument::Declare(CLI::App& app) {
  CLI::Option* data = DeclareArgument(
      app, "DATA", "What to send: text, - for standard input, @FILE for a file's content", &data_);
  CLI::Option* binary = app.add_flag("--binary", binary_, "Send DATA as binary, whatever it holds");
  app.add_flag("--json", json_, "DATA is JSON: check it, and send it in its compact form")
      ->excludes(binary);
  app.add_flag("--compress", compress_, "Compress it for peers whose route and client allow that");
  app.add_option("--id", id_, "Event id for peers of SSE and hookcast.v1.json")
      ->type_name("ID")
      ->check(LineCheck());
  app.add_option("--event", event_, "Event name for the same")
      ->type_name("NAME")
      ->check(EventNameCheck());
  app.add_option("--retry", retry_, "How long they shall wait before they reconnect")
      ->type_name("TIME");
  return data;
}

absl::Status DataArgument::Check() const {
  if (!data_) {
    return UsageFailure("DATA is required", "give text, - for standard input, or @FILE");
  }
  return retry_.empty() ? absl::OkStatus() : ParseDuration("--retry", retry_).status();
}

absl::StatusOr<DataArgument::Stream> DataArgument::Open(Terminal& terminal,
                                                        std::stop_token stop) const {
  if (data_ == "-") return Stream{&terminal.in, nullptr, "standard input"};
  if (!data_->starts_with('@')) {
    auto text = std::make_unique<std::istringstream>(*data_);
    return Stream{text.get(), std::move(text), "DATA"};
  }
  auto file = OpenFile(data_->substr(1), std::move(stop));
  if (!file.ok()) return WithHint(file.status(), kReadingTip);
  return Stream{file->get(), std::move(*file), Quoted(data_->substr(1))};
}

absl::StatusOr<v1::Data> DataArgument::Read(Terminal& terminal) const {
  if (auto status = Check(); !status.ok()) return status;
  const auto stream = Open(terminal);
  if (!stream.ok()) return stream.status();
  auto bytes = ReadAll(*stream->in, stream->name, kMostBytes);
  if (!bytes.ok()) return bytes.status();
  return Make(std::move(*bytes));
}

absl::StatusOr<v1::Data> DataArgument::Make(std::string bytes) const {
  v1::Data data;
  data.set_compress(compress_);
  if (!id_.empty()) data.mutable_event()->set_id(id_);
  if (!event_.empty()) data.mutable_event()->set_event(event_);
  if (!retry_.empty()) {
    const auto retry = ParseDuration("--retry", retry_);
    if (!retry.ok()) return retry.status();
    *data.mutable_event()->mutable_retry() = ToProto(*retry);
  }
  if (json_) {
    if (auto status = ParseJsonValue(bytes, data.mutable_json()); !status.ok()) return status;
  } else if (binary_) {
    data.set_binary(std::move(bytes));
  } else if (const auto at = FirstNonUtf8Byte(bytes)) {
    return UsageFailure(absl::StrFormat("the data is not UTF-8 text: byte 0x%02x at offset %d",
                                        static_cast<unsigned char>(bytes[*at]), *at),
                        "send it as it is with --binary");
  } else {
    data.set_text(std::move(bytes));
  }
  if (const size_t size = data.ByteSizeLong(); size > kMostInACall) {
    return UsageFailure(
        absl::StrCat("the message has ", FormatBytes(size), "; a call takes at most 16 MiB"));
  }
  return data;
}

}  // namespace hookcast::cli

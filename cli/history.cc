#include <charconv>
#include <ostream>
#include <string_view>
#include <system_error>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/event_line.h"
#include "cli/failure.h"
#include "cli/json_output.h"
#include "cli/pages.h"
#include "cli/peer_selection.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/utf8_check.h"

namespace hookcast::cli {
namespace {

std::string ShowPosition(const v1::Position& position) {
  return absl::StrCat(position.epoch(), ".", position.sequence());
}

bool ReadNumber(std::string_view text, uint64_t* number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && stop == end;
}

// "EPOCH.SEQUENCE", as it is listed; or what a client holds, which has its namespace's hash in
// front and may have an id of the application's behind.
bool ReadPosition(std::string_view text, v1::Position* position) {
  text = text.substr(0, text.find(';'));
  constexpr size_t kHash = 8;
  if (text.find('.') == kHash && text.find('.', kHash + 1) != std::string_view::npos) {
    text.remove_prefix(kHash + 1);
  }
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos) return false;
  uint64_t epoch = 0;
  uint64_t sequence = 0;
  if (!ReadNumber(text.substr(0, dot), &epoch) || !ReadNumber(text.substr(dot + 1), &sequence)) {
    return false;
  }
  position->set_epoch(epoch);
  position->set_sequence(sequence);
  return true;
}

class HistoryCommand final : public Command {
 public:
  std::string name() const override { return "history"; }
  std::string summary() const override { return "List the messages that a namespace keeps"; }
  std::string example() const override {
    return "hookcast history /rooms/a\n"
           "hookcast history /rooms/a --topic chat --since 1764158400000.17 --all";
  }

  void Declare(CLI::App& app) override {
    DeclareArgument(app, "NAMESPACE", "The namespace; required", &namespace_)->check(Utf8Check());
    app.add_option("--topic", topic_, "Only of this topic")->type_name("TOPIC")->check(Utf8Check());
    app.add_option("--since", since_text_,
                   "Only what follows this position: EPOCH.SEQUENCE, or a client's own id")
        ->type_name("POSITION");
    limit_.Declare(app);
  }

  absl::Status Prepare(Terminal& /*terminal*/) override {
    if (!namespace_) {
      return UsageFailure("NAMESPACE is required", "hookcast history --help says what it takes");
    }
    if (!since_text_.empty() && !ReadPosition(since_text_, &since_)) {
      return UsageFailure(absl::StrCat("--since: ", Printable(since_text_), " is no position"),
                          "write one as it is listed, such as 1764158400000.17");
    }
    return absl::OkStatus();
  }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    v1::HistoryResponse list;
    bool more = false;
    if (auto status = Fetch(broker, &list, &more); !status.ok()) return status;
    if (list.gap()) {
      terminal.err << "hookcast: what follows that position is not all held any more; the list "
                      "begins with the oldest\n";
    }
    if (options.output == OutputFormat::kJson) return PrintJson(list, terminal.out);
    Table table({"POSITION", "TIME", "TOPIC", "DATA"});
    for (const v1::HistoryEntry& entry : list.entries()) {
      const v1::PublishedMessage& message = entry.message();
      table.AddRow({ShowPosition(entry.position()),
                    absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", FromProto(message.published_at()),
                                     absl::UTCTimeZone()),
                    message.topic(), ShowData(message.data())});
    }
    PrintList(table, list.entries_size(), "message", more, terminal);
    return absl::OkStatus();
  }

 private:
  // Pages, into one answer. `more`: there are others that were not asked for.
  absl::Status Fetch(BrokerClient& broker, v1::HistoryResponse* list, bool* more) {
    constexpr uint64_t kMostAPage = 1000;
    v1::HistoryRequest request;
    request.set_namespace_(*namespace_);
    request.set_topic(topic_);
    if (!since_text_.empty()) *request.mutable_since() = since_;
    while (true) {
      const uint64_t left = limit_.most() - static_cast<uint64_t>(list->entries_size());
      request.set_limit(static_cast<uint32_t>(std::min(kMostAPage, left)));
      absl::StatusOr<v1::HistoryResponse> page = broker.History(request);
      if (!page.ok()) return page.status();
      const bool end = ShowPosition(page->next()) == ShowPosition(page->head());
      if (!end && request.has_since() &&
          ShowPosition(page->next()) == ShowPosition(request.since())) {
        return RefusedFailure(absl::StatusCode::kInternal,
                              "the node answered a page that leads no further");
      }
      *request.mutable_since() = page->next();
      list->MergeFrom(*page);
      *more = !end;
      if (end || static_cast<uint64_t>(list->entries_size()) >= limit_.most()) {
        return absl::OkStatus();
      }
    }
  }

  Argument namespace_;
  std::string topic_;
  std::string since_text_;
  v1::Position since_;
  ListLimit limit_;
};

}  // namespace

std::unique_ptr<Command> MakeHistory() { return std::make_unique<HistoryCommand>(); }

}  // namespace hookcast::cli

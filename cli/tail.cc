#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <stop_token>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/event_line.h"
#include "cli/json_output.h"
#include "cli/peer_selection.h"
#include "cli/redact.h"
#include "cli/text.h"
#include "cli/utf8_check.h"

namespace hookcast::cli {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(250);
constexpr absl::Duration kLongestPause = absl::Seconds(10);

// Empty for an event that tells of no loss.
std::string TextOfLoss(const v1::WatchEvent& event) {
  if (event.has_missed()) {
    const v1::MissedMessages& missed = event.missed();
    const std::string whose = absl::StrCat(" of other nodes to ", Printable(missed.namespace_()));
    if (!missed.has_messages()) {
      return absl::StrCat("messages", whose, " may have been missed here");
    }
    return absl::StrCat(Count(missed.messages(), "message"), whose,
                        missed.messages() == 1 ? " was" : " were",
                        " missed here: the node did not get them");
  }
  if (event.kind_case() != v1::WatchEvent::kDropped) return "";
  return absl::StrCat(Count(event.dropped(), "event"), event.dropped() == 1 ? " was" : " were",
                      " lost here: this reads more slowly than they come");
}

class TailCommand final : public Command {
 public:
  std::string name() const override { return "tail"; }
  std::string summary() const override {
    return "Show messages and peers of a node as they come and go";
  }
  std::string example() const override {
    return "hookcast tail\n"
           "hookcast tail /rooms/a chat --messages\n"
           "hookcast tail --peers --output json | jq .opened.peer.id";
  }

  void Declare(CLI::App& app) override {
    DeclareArgument(app, "NAMESPACE", "Only of this namespace", &namespace_)->check(Utf8Check());
    DeclareArgument(app, "TOPIC", "Only messages to this topic of it", &topic_)->check(Utf8Check());
    app.add_flag("--messages", messages_, "Messages alone; without it and --peers, both");
    app.add_flag("--peers", peers_, "Peers that come and go alone");
    app.add_option("--count", count_, "End after so many events")
        ->type_name("NUMBER")
        ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000'000}).description(""));
  }

  absl::Status Prepare(Terminal& /*terminal*/) override {
    if (namespace_) request_.set_namespace_(*namespace_);
    request_.set_topic(topic_.value_or(""));
    request_.set_messages(messages_ || !peers_);
    request_.set_peers(peers_ || !messages_);
    return absl::OkStatus();
  }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    const std::stop_token stop = terminal.stop_on(StopOn::kInterruptOrUnreadOutput);
    std::unique_ptr<BrokerClient> again;
    pause_ = kFirstPause;
    for (BrokerClient* node = &broker; node != nullptr; node = again.get()) {
      absl::Status status;
      const auto on_open = [&] {
        if (!again || stop.stop_requested()) return;
        terminal.err << absl::StrCat("hookcast: connected again to the node at ",
                                     node->server().ToString(),
                                     "; what happened meanwhile is not shown\n");
      };
      const auto on_event = [&](const v1::WatchEvent& event) {
        pause_ = kFirstPause;
        status = Show(event, options.output, terminal);
        return status.ok() && terminal.out && (count_ == 0 || shown_ < count_);
      };
      auto ended = node->Watch(request_, stop, on_open, on_event);
      if (!status.ok() || ended.ok()) return status;
      if (!absl::IsUnavailable(ended)) return ended;
      again = Reconnect(ended, node->server(), options, stop, terminal);
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Show(const v1::WatchEvent& event, OutputFormat output, Terminal& terminal) {
    const std::string lost = TextOfLoss(event);
    if (lost.empty()) ++shown_;
    if (output == OutputFormat::kJson) {
      v1::WatchEvent safe = event;
      if (safe.has_opened()) HideSecrets(safe.mutable_opened());
      const auto json = ToJson(safe);
      if (!json.ok()) return json.status();
      terminal.out << absl::StrCat(*json, "\n") << std::flush;
    } else if (!lost.empty()) {
      terminal.err << absl::StrCat("hookcast: ", lost, "\n");
    } else {
      const std::string line = lines_.Format(event, terminal.now());
      if (!line.empty()) terminal.out << absl::StrCat(line, "\n") << std::flush;
    }
    return absl::OkStatus();
  }

  // Tries until it is connected. Null: a stop was requested.
  std::unique_ptr<BrokerClient> Reconnect(const absl::Status& lost, const Address& server,
                                          const GlobalOptions& options, const std::stop_token& stop,
                                          Terminal& terminal) {
    terminal.err << absl::StrCat("hookcast: lost the node at ", server.ToString(), ": ",
                                 Shortened(Printable(std::string(lost.message())), 200),
                                 "; trying to reach it again\n");
    for (;;) {
      terminal.wait(pause_, stop);
      pause_ = std::min(pause_ * 2, kLongestPause);
      if (stop.stop_requested()) return nullptr;
      auto broker = BrokerClient::Connect(options);
      if (broker.ok()) return std::move(*broker);
    }
  }

  Argument namespace_;
  Argument topic_;
  bool messages_ = false;
  bool peers_ = false;
  uint64_t count_ = 0;  // 0: no end
  v1::WatchRequest request_;

  EventLines lines_;
  uint64_t shown_ = 0;
  absl::Duration pause_ = kFirstPause;  // before the next try to connect
};

}  // namespace

std::unique_ptr<Command> MakeTail() { return std::make_unique<TailCommand>(); }

}  // namespace hookcast::cli

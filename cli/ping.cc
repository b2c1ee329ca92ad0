#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ostream>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "cli/broker_client.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/json_output.h"
#include "cli/text.h"
#include "nlohmann/json.hpp"

namespace hookcast::cli {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

absl::Status PrintAnswer(const v1::PingResponse& answer, Milliseconds round_trip,
                         OutputFormat output, std::ostream& out) {
  if (output == OutputFormat::kTable) {
    out << "node " << Printable(answer.node()) << ", version " << Printable(answer.version())
        << ", up " << FormatAge(FromProto(answer.uptime())) << ", " << Count(answer.peers(), "peer")
        << ", " << absl::StrFormat("%.2f ms", round_trip.count()) << '\n';
    return absl::OkStatus();
  }
  const auto json = ToJson(answer);
  if (!json.ok()) return json.status();
  auto object = nlohmann::ordered_json::parse(*json, nullptr, /*allow_exceptions=*/false);
  object["roundTripMs"] = round_trip.count();
  // Everything but ASCII is escaped, so that no control character is left.
  out << object.dump(-1, ' ', /*ensure_ascii=*/true,
                     nlohmann::ordered_json::error_handler_t::replace)
      << '\n';
  return absl::OkStatus();
}

class PingCommand final : public Command {
 public:
  std::string name() const override { return "ping"; }
  std::string summary() const override { return "Ask a node how it is, and how far away"; }

  std::string example() const override { return "hookcast ping --count 10"; }

  void Declare(CLI::App& app) override {
    app.add_option("--count", count_, "Ask so many times, one after the other")
        ->type_name("NUMBER")
        ->check(CLI::Range(1u, 1'000'000u).description(""))
        ->capture_default_str();
  }

  absl::Status Run(BrokerClient& broker, const GlobalOptions& options,
                   Terminal& terminal) override {
    Milliseconds least = Milliseconds::max();
    Milliseconds most = Milliseconds::zero();
    Milliseconds sum = Milliseconds::zero();
    for (uint32_t i = 0; i < count_; ++i) {
      const auto start = std::chrono::steady_clock::now();
      const auto answer = broker.Ping(v1::PingRequest());
      const Milliseconds round_trip = std::chrono::steady_clock::now() - start;
      if (!answer.ok()) return answer.status();
      least = std::min(least, round_trip);
      most = std::max(most, round_trip);
      sum += round_trip;
      auto status = PrintAnswer(*answer, round_trip, options.output, terminal.out);
      if (!status.ok()) return status;
    }
    if (count_ > 1 && options.output == OutputFormat::kTable) {
      terminal.out << absl::StrFormat("%d answers: least %.2f ms, mean %.2f ms, most %.2f ms\n",
                                      count_, least.count(), sum.count() / count_, most.count());
    }
    return absl::OkStatus();
  }

 private:
  uint32_t count_ = 1;
};

}  // namespace

std::unique_ptr<Command> MakePing() { return std::make_unique<PingCommand>(); }

}  // namespace hookcast::cli

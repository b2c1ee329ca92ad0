#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/load/latency.h"
#include "bench/load/open_peers.h"
#include "bench/load/payload.h"
#include "bench/load/progress.h"
#include "bench/load/run_cost.h"
#include "bench/load/scenarios.h"
#include "bench/wire/frame.h"

namespace hookcast::bench {
namespace {

class EchoScenario final : public Connection::Observer {
 public:
  EchoScenario(Loop& loop, const EchoOptions& options)
      : loop_(loop),
        opcode_(options.binary ? kBinary : kText),
        maker_(options.bytes),
        pending_(options.peers) {}

  absl::Status Open(const Target& target, size_t count, size_t concurrency) {
    return OpenPeers(loop_, target, count, concurrency, *this, peers_);
  }

  // Sends `count` more messages, a peer's next when its last is back, and awaits all.
  absl::Status Exchange(uint64_t count, const char* what) {
    const uint64_t first = received_;
    end_ = sent_ + count;
    for (const auto& peer : peers_) SendNext(*peer);
    Progress progress(what, count);
    return loop_.RunUntil(
        [&] {
          progress.Update(received_ - first);
          return received_ == end_;
        },
        "the return of all messages");
  }

  Latency& latency() { return latency_; }

  void OnOpen(Connection&) override {}
  void OnMessage(Connection& peer, uint8_t opcode, std::string_view payload) override {
    Pending& pending = pending_[peer.id()];
    if (payload != pending.payload || opcode != opcode_) {
      return Fail(peer, pending.payload.empty() ? "got a message where none was due"
                                                : maker_.Explain(payload, pending.sequence));
    }
    latency_.Add(Clock::now() - pending.sent_at);
    pending.payload.clear();
    ++received_;
    SendNext(peer);
  }
  void OnCloseFrame(Connection& peer, uint16_t code, std::string_view reason) override {
    Fail(peer, absl::StrCat("was sent Close ", code, " ", std::string(reason)));
  }
  void OnEnd(Connection& peer, const absl::Status& error) override {
    Fail(peer, absl::StrCat("lost its connection ", std::string(error.message())));
  }

 private:
  struct Pending {
    uint64_t sequence = 0;
    std::string payload;  // empty: nothing is due
    Clock::time_point sent_at;
  };

  void SendNext(Connection& peer) {
    if (sent_ == end_) return;
    Pending& pending = pending_[peer.id()];
    pending.sequence = sent_++;
    pending.payload = maker_.Make('M', pending.sequence);
    pending.sent_at = Clock::now();
    peer.SendFrame(opcode_, pending.payload);
  }

  void Fail(const Connection& peer, const std::string& how) {
    loop_.Fail(absl::DataLossError(absl::StrCat("peer ", peer.id() + 1, ": ", how)));
  }

  Loop& loop_;
  const uint8_t opcode_;
  const PayloadMaker maker_;
  std::vector<Pending> pending_;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
  uint64_t end_ = 0;
  Latency latency_;
  Peers peers_;
};

}  // namespace

absl::Status RunEcho(Loop& loop, const ServerMeter& meter, const EchoOptions& options,
                     Report& report) {
  absl::StatusOr<Target> target = Target::ParseWebSocket(options.url);
  if (!target.ok()) return target.status();
  EchoScenario scenario(loop, options);
  if (absl::Status s = scenario.Open(*target, options.peers, options.concurrency); !s.ok())
    return s;
  if (absl::Status s = scenario.Exchange(options.warmup, "warm-up messages"); !s.ok()) return s;
  if (absl::Status s = meter.AwaitRest(loop); !s.ok()) return s;
  scenario.latency().Clear();

  RunCost cost(meter);
  if (absl::Status s = scenario.Exchange(options.messages, "messages"); !s.ok()) return s;
  cost.StopClock();
  if (absl::Status s = meter.AwaitRest(loop); !s.ok()) return s;
  cost.StopServer();
  // Time for a message too many to show.
  if (absl::Status s = loop.Idle(std::chrono::milliseconds(100)); !s.ok()) return s;

  const auto messages = static_cast<double>(options.messages);
  report.Add("peers", "peers", static_cast<double>(options.peers), 0, "");
  report.Add("messages", "messages, each checked", messages, 0, "");
  report.Add("bytes", "payload", static_cast<double>(options.bytes), 0, "bytes");
  report.Add("messages_per_s", "messages", messages / cost.seconds(), 0, "/s");
  cost.Report("message", messages, report);
  report.Add("latency_p50_us", "latency p50", scenario.latency().Quantile(0.5), 1, "µs");
  report.Add("latency_p99_us", "latency p99", scenario.latency().Quantile(0.99), 1, "µs");
  report.Add("latency_max_us", "latency max", scenario.latency().max_us(), 1, "µs");
  return absl::OkStatus();
}

}  // namespace hookcast::bench

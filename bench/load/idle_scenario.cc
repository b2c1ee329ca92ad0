#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "bench/load/open_peers.h"
#include "bench/load/progress.h"
#include "bench/load/scenarios.h"
#include "bench/wire/frame.h"

namespace hookcast::bench {
namespace {

constexpr size_t kWarmupPeers = 16;

Clock::duration Seconds(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

class IdleScenario final : public Connection::Observer {
 public:
  IdleScenario(Loop& loop, const Target& target, size_t concurrency)
      : loop_(loop),
        target_(target),
        events_(target.protocol == Target::Protocol::kEvents),
        concurrency_(concurrency) {}

  absl::Status Open(size_t count) {
    phase_ = Phase::kOpen;
    peers_.clear();
    return OpenPeers(loop_, target_, count, concurrency_, *this, peers_);
  }

  // A round trip with each: all are alive and nothing else has come. Streams of events have none
  // but their end.
  absl::Status PingAll() {
    if (events_) return absl::OkStatus();
    answered_ = 0;
    for (const auto& peer : peers_) peer->SendFrame(kPing, PingPayload(peer->id()));
    Progress progress("peers answered a ping", peers_.size());
    return loop_.RunUntil(
        [&] {
          progress.Update(answered_);
          return answered_ == peers_.size();
        },
        "an answer of all peers to a ping");
  }

  absl::Status CloseAll() {
    phase_ = Phase::kClosing;
    closed_ = 0;
    for (const auto& peer : peers_) {
      if (events_) {
        peer->ShutdownWrite();
      } else {
        peer->SendFrame(kClose, CloseBody(1000));
      }
    }
    Progress progress("peers closed", peers_.size());
    return loop_.RunUntil(
        [&] {
          progress.Update(closed_);
          return closed_ == peers_.size();
        },
        "the closing of all peers");
  }

  void OnOpen(Connection&) override {}
  void OnMessage(Connection& peer, uint8_t, std::string_view payload) override {
    Fail(peer,
         absl::StrCat("got a message that nobody sent: ", std::string(payload.substr(0, 64))));
  }
  void OnPong(Connection& peer, std::string_view payload) override {
    if (payload != PingPayload(peer.id())) return Fail(peer, "got a pong with another payload");
    ++answered_;
  }
  void OnCloseFrame(Connection& peer, uint16_t code, std::string_view reason) override {
    if (phase_ != Phase::kClosing || (code != 1000 && !events_)) {
      Fail(peer, absl::StrCat("got Close ", code, " ", std::string(reason)));
    }
  }
  void OnEnd(Connection& peer, const absl::Status& error) override {
    if (phase_ != Phase::kClosing || !error.ok()) {
      return Fail(peer, absl::StrCat("lost its connection ", std::string(error.message())));
    }
    ++closed_;
  }

 private:
  enum class Phase { kOpen, kClosing };

  static std::string PingPayload(size_t id) { return absl::StrCat("peer ", id); }

  void Fail(const Connection& peer, const std::string& how) {
    loop_.Fail(absl::DataLossError(absl::StrCat("idle peer ", peer.id() + 1, " ", how)));
  }

  Loop& loop_;
  const Target& target_;
  const bool events_;
  const size_t concurrency_;
  Phase phase_ = Phase::kOpen;
  size_t answered_ = 0;
  size_t closed_ = 0;
  Peers peers_;
};

}  // namespace

absl::Status RunIdle(Loop& loop, const ServerMeter& meter, const IdleOptions& options,
                     Report& report) {
  absl::StatusOr<Target> target = Target::Parse(options.url);
  if (!target.ok()) return target.status();
  IdleScenario scenario(loop, *target, options.concurrency);

  // What the first connections ever touch is the server's, not a peer's.
  if (absl::Status s = scenario.Open(kWarmupPeers); !s.ok()) return s;
  if (absl::Status s = scenario.PingAll(); !s.ok()) return s;
  if (absl::Status s = scenario.CloseAll(); !s.ok()) return s;
  if (absl::Status s = meter.AwaitRest(loop); !s.ok()) return s;
  const ServerMemory before = meter.Memory();
  const int64_t descriptors_before = meter.Descriptors();
  const ServerCpu cpu_before = meter.Cpu();
  const Clock::time_point start = Clock::now();

  if (absl::Status s = scenario.Open(options.peers); !s.ok()) return s;
  const double opening_s = std::chrono::duration<double>(Clock::now() - start).count();
  if (absl::Status s = meter.AwaitRest(loop); !s.ok()) return s;
  const ServerCpu cpu_open = meter.Cpu();
  if (absl::Status s = loop.Idle(Seconds(options.settle_s)); !s.ok()) return s;
  const ServerMemory open = meter.Memory();

  const ServerCpu idle_start = meter.Cpu();
  if (absl::Status s = loop.Idle(Seconds(options.measure_s)); !s.ok()) return s;
  const ServerCpu idle_end = meter.Cpu();
  const int64_t descriptors_open = meter.Descriptors();
  if (absl::Status s = loop.Idle(Seconds(options.hold_s)); !s.ok()) return s;

  if (absl::Status s = scenario.PingAll(); !s.ok()) return s;
  if (absl::Status s = scenario.CloseAll(); !s.ok()) return s;
  if (absl::Status s = meter.AwaitDescriptors(loop, descriptors_before); !s.ok()) return s;
  if (absl::Status s = loop.Idle(Seconds(options.settle_s)); !s.ok()) return s;
  const ServerMemory after = meter.Memory();

  const auto peers = static_cast<double>(options.peers);
  report.Add("peers", "peers", peers, 0, "");
  report.Add("opened_per_s", "opened", peers / opening_s, 0, "/s");
  if (meter.watches()) {
    report.Add("server_bytes_per_peer", "server memory a peer (RSS)",
               static_cast<double>(open.rss - before.rss) / peers, 0, "bytes");
    report.Add("server_pss_per_peer", "server memory a peer (PSS)",
               static_cast<double>(open.pss - before.pss) / peers, 0, "bytes");
    report.Add("server_anonymous_per_peer", "server memory a peer (anonymous)",
               static_cast<double>(open.anonymous - before.anonymous) / peers, 0, "bytes");
    report.Add("server_rss_before", "server RSS before", static_cast<double>(before.rss) / 1024, 0,
               "KiB");
    report.Add("server_rss_open", "server RSS with all open", static_cast<double>(open.rss) / 1024,
               0, "KiB");
    report.Add("server_rss_after", "server RSS after all closed",
               static_cast<double>(after.rss) / 1024, 0, "KiB");
    report.Add("server_us_per_open", "server processor time an open",
               (cpu_open.on_cpu_s - cpu_before.on_cpu_s) * 1e6 / peers, 2, "µs");
    report.Add("server_idle_ms_per_s", "server processor time while idle",
               (idle_end.on_cpu_s - idle_start.on_cpu_s) * 1e3 / options.measure_s, 3, "ms/s");
    report.Add("server_descriptors_open", "server descriptors with all open",
               static_cast<double>(descriptors_open), 0, "");
    report.Add("server_threads", "server threads", static_cast<double>(meter.Threads()), 0, "");
  }
  return absl::OkStatus();
}

}  // namespace hookcast::bench

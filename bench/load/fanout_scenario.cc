#include <chrono>
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

// Messages are numbered from 0. A peer must get each once, in order; a message is complete when all
// peers have it, and as peers get them in order messages complete in order.
class FanoutScenario final : public Connection::Observer {
 public:
  FanoutScenario(Loop& loop, const FanoutOptions& options)
      : loop_(loop),
        options_(options),
        opcode_(options.binary ? kBinary : kText),
        maker_(options.bytes),
        publisher_observer_(*this),
        next_(options.peers),
        joined_(options.peers),
        slots_(options.in_flight) {}

  absl::Status Open(const Target& sub, const Target& pub) {
    if (absl::Status s = OpenPeers(loop_, sub, options_.peers, options_.concurrency, *this, peers_);
        !s.ok()) {
      return s;
    }
    return OpenPeers(loop_, pub, 1, 1, publisher_observer_, publisher_);
  }

  // An open connection need not be subscribed yet: sends probes until each peer has seen one.
  absl::Status AwaitJoined() {
    uint64_t probes = 0;
    Clock::time_point next_probe;
    return loop_.RunUntil(
        [&] {
          if (joined_count_ < options_.peers && Clock::now() >= next_probe) {
            publisher_[0]->SendFrame(opcode_, maker_.Make('P', probes++));
            next_probe = Clock::now() + std::chrono::milliseconds(200);
          }
          return joined_count_ == options_.peers;
        },
        absl::StrCat("the arrival of a probe at all ", options_.peers, " peers"));
  }

  // Sends `count` more messages and returns when all peers have them.
  absl::Status Publish(uint64_t count, const char* what) {
    const uint64_t first = sent_;
    const uint64_t end = sent_ + count;
    start_ = Clock::now();
    first_ = sent_;
    Progress progress(what, count);
    return loop_.RunUntil(
        [&] {
          Pump(end);
          progress.Update(completed_ - first);
          return completed_ == end;
        },
        "the arrival of all messages at all peers");
  }

  Latency& latency() { return latency_; }

  void OnOpen(Connection&) override {}
  void OnMessage(Connection& peer, uint8_t opcode, std::string_view payload) override {
    uint64_t& next = next_[peer.id()];
    Slot& slot = slots_[next % slots_.size()];
    // Where nothing is due the slot still holds an older number: a repetition would equal that.
    if (next < sent_ && payload == slot.payload && opcode == opcode_) {
      ++next;
      latency_.Add(Clock::now() - slot.sent_at);
      if (++slot.received == options_.peers) ++completed_;
      return;
    }
    // Probes come before the first message.
    if (next == 0 && opcode == opcode_ && !payload.empty() && maker_.IsProbe(payload)) {
      if (!joined_[peer.id()]) ++joined_count_;
      joined_[peer.id()] = true;
      return;
    }
    Fail(peer, opcode == opcode_ ? maker_.Explain(payload, next)
                                 : absl::StrCat("a message of opcode ", opcode, ", not ", opcode_));
  }
  void OnCloseFrame(Connection& peer, uint16_t code, std::string_view reason) override {
    Fail(peer, absl::StrCat("was sent Close ", code, " ", std::string(reason)));
  }
  void OnEnd(Connection& peer, const absl::Status& error) override {
    Fail(peer, absl::StrCat("lost its connection ", std::string(error.message())));
  }

 private:
  struct Slot {
    std::string payload;
    Clock::time_point sent_at;
    size_t received = 0;
  };

  // The publisher must hear nothing: it is not subscribed.
  class PublisherObserver final : public Connection::Observer {
   public:
    explicit PublisherObserver(FanoutScenario& scenario) : scenario_(scenario) {}
    void OnOpen(Connection&) override {}
    void OnMessage(Connection&, uint8_t, std::string_view payload) override {
      Fail(absl::StrCat("got a message: ", std::string(payload.substr(0, 64))));
    }
    void OnCloseFrame(Connection&, uint16_t code, std::string_view reason) override {
      Fail(absl::StrCat("was sent Close ", code, " ", std::string(reason)));
    }
    void OnEnd(Connection&, const absl::Status& error) override {
      Fail(absl::StrCat("lost its connection ", std::string(error.message())));
    }

   private:
    void Fail(const std::string& how) {
      scenario_.loop_.Fail(absl::DataLossError(absl::StrCat("the publisher ", how)));
    }
    FanoutScenario& scenario_;
  };

  // All that may be sent now, in one write.
  void Pump(uint64_t end) {
    outgoing_.clear();
    while (sent_ < end && sent_ - completed_ < options_.in_flight && IsDue()) {
      Slot& slot = slots_[sent_ % slots_.size()];
      slot.payload = maker_.Make('M', sent_);
      slot.received = 0;
      slot.sent_at = Clock::now();
      AppendMaskedFrame(outgoing_, opcode_, slot.payload,
                        static_cast<uint32_t>(sent_) * 2654435761u);
      ++sent_;
    }
    if (!outgoing_.empty()) publisher_[0]->SendRaw(outgoing_);
  }

  // Whether the rate allows the next message now; else the loop asks when it does.
  bool IsDue() {
    if (options_.rate <= 0) return true;
    const std::chrono::duration<double> after(static_cast<double>(sent_ - first_) / options_.rate);
    const auto due = start_ + std::chrono::duration_cast<Clock::duration>(after);
    if (Clock::now() >= due) return true;
    loop_.AskAt(due);
    return false;
  }

  void Fail(const Connection& peer, const std::string& how) {
    loop_.Fail(absl::DataLossError(absl::StrCat("peer ", peer.id() + 1, ": ", how)));
  }

  Loop& loop_;
  const FanoutOptions& options_;
  const uint8_t opcode_;
  const PayloadMaker maker_;
  PublisherObserver publisher_observer_;
  std::vector<uint64_t> next_;  // for each peer: the number it must get next
  std::vector<bool> joined_;
  size_t joined_count_ = 0;
  std::vector<Slot> slots_;  // message n is in slot n modulo their number while in flight
  Clock::time_point start_;  // of the messages from first_ on
  uint64_t first_ = 0;
  uint64_t sent_ = 0;
  uint64_t completed_ = 0;
  std::string outgoing_;
  Latency latency_;
  Peers peers_;
  Peers publisher_;
};

}  // namespace

absl::Status RunFanout(Loop& loop, const ServerMeter& meter, const FanoutOptions& options,
                       Report& report) {
  absl::StatusOr<Target> sub = Target::Parse(options.sub);
  if (!sub.ok()) return sub.status();
  absl::StatusOr<Target> pub = Target::ParseWebSocket(options.pub);
  if (!pub.ok()) return pub.status();
  if (options.binary && sub->protocol == Target::Protocol::kEvents) {
    return absl::InvalidArgumentError("events are text: leave --binary out for an http:// URL");
  }

  FanoutScenario scenario(loop, options);
  if (absl::Status s = scenario.Open(*sub, *pub); !s.ok()) return s;
  if (absl::Status s = scenario.AwaitJoined(); !s.ok()) return s;
  if (absl::Status s = scenario.Publish(options.warmup, "warm-up messages"); !s.ok()) return s;
  if (absl::Status s = meter.AwaitRest(loop); !s.ok()) return s;
  scenario.latency().Clear();

  RunCost cost(meter);
  if (absl::Status s = scenario.Publish(options.messages, "messages"); !s.ok()) return s;
  cost.StopClock();
  if (absl::Status s = meter.AwaitRest(loop); !s.ok()) return s;
  cost.StopServer();
  // Time for a message too many to show.
  if (absl::Status s = loop.Idle(std::chrono::milliseconds(100)); !s.ok()) return s;

  const double deliveries = static_cast<double>(options.messages * options.peers);
  report.Add("peers", "peers", static_cast<double>(options.peers), 0, "");
  report.Add("messages", "messages", static_cast<double>(options.messages), 0, "");
  report.Add("bytes", "payload", static_cast<double>(options.bytes), 0, "bytes");
  report.Add("in_flight", "in flight", static_cast<double>(options.in_flight), 0, "");
  report.Add("deliveries", "deliveries, each checked", deliveries, 0, "");
  report.Add("deliveries_per_s", "deliveries", deliveries / cost.seconds(), 0, "/s");
  cost.Report("delivery", deliveries, report);
  report.Add("latency_p50_us", "latency p50", scenario.latency().Quantile(0.5), 1, "µs");
  report.Add("latency_p99_us", "latency p99", scenario.latency().Quantile(0.99), 1, "µs");
  report.Add("latency_max_us", "latency max", scenario.latency().max_us(), 1, "µs");
  return absl::OkStatus();
}

}  // namespace hookcast::bench

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/load/connection.h"
#include "bench/load/latency.h"
#include "bench/load/open_peers.h"
#include "bench/load/progress.h"
#include "bench/load/run_cost.h"
#include "bench/load/scenarios.h"
#include "bench/wire/frame.h"
#include "bench/wire/process.h"

namespace hookcast::bench {
namespace {

// A slot for each connection under way; as soon as one is over its slot takes the next number.
class ConnectScenario final : public Connection::Observer {
 public:
  ConnectScenario(Loop& loop, const Target& target, const ConnectOptions& options)
      : loop_(loop),
        target_(target),
        end_(options.end),
        half_request_(Connection::Request(target)),
        slots_(options.concurrency) {
    half_request_.resize(half_request_.size() / 2);
    for (size_t id = 0; id < options.concurrency; ++id) {
      connections_.push_back(std::make_unique<Connection>(loop, *this, id));
    }
  }

  absl::Status Connect(uint64_t count, const char* what) {
    started_ = 0;
    finished_ = 0;
    total_ = count;
    for (const auto& connection : connections_) StartNext(*connection);
    Progress progress(what, count);
    return loop_.RunUntil(
        [&] {
          progress.Update(finished_);
          return finished_ == total_;
        },
        "the end of all connections");
  }

  Latency& latency() { return latency_; }

  bool OnConnected(Connection& connection) override {
    const Slot& slot = slots_[connection.id()];
    if (slot.end != ConnectEnd::kHandshake) return true;
    // Three ways to go: without a word, after half of it by FIN, and by RST.
    const uint64_t way = slot.number / 4 % 3;
    if (way > 0) connection.SendRaw(half_request_);
    if (way == 2) {
      connection.Reset();
    } else {
      connection.Close();
    }
    Finish(connection);
    return false;
  }

  void OnOpen(Connection& connection) override {
    latency_.Add(Clock::now() - connection.started());
    slots_[connection.id()].opened = true;
    switch (slots_[connection.id()].end) {
      case ConnectEnd::kClose:
        return connection.SendFrame(kClose, CloseBody(1000));
      case ConnectEnd::kFin:
        return connection.ShutdownWrite();
      default:
        connection.Reset();
        return Finish(connection);
    }
  }

  void OnMessage(Connection&, uint8_t, std::string_view payload) override {
    Fail(absl::StrCat("got a message that nobody sent: ", std::string(payload.substr(0, 64))));
  }

  void OnCloseFrame(Connection& connection, uint16_t code, std::string_view reason) override {
    Slot& slot = slots_[connection.id()];
    if (slot.end == ConnectEnd::kClose && code != 1000) {
      return Fail(absl::StrCat("was answered Close ", code, " ", std::string(reason),
                               " where it had sent 1000"));
    }
    slot.close_seen = true;
  }

  void OnEnd(Connection& connection, const absl::Status& error) override {
    const Slot& slot = slots_[connection.id()];
    // Once our FIN is out a server may let go in whichever way it likes.
    const bool right = slot.end == ConnectEnd::kClose ? slot.close_seen && error.ok() : slot.opened;
    if (!right) {
      return Fail(error.ok() ? "was closed without a Close frame"
                             : absl::StrCat("failed: ", std::string(error.message())));
    }
    Finish(connection);
  }

 private:
  struct Slot {
    uint64_t number = 0;
    ConnectEnd end = ConnectEnd::kClose;
    bool opened = false;
    bool close_seen = false;
  };

  void StartNext(Connection& connection) {
    if (started_ == total_ || loop_.failed()) return;
    constexpr ConnectEnd kTurns[] = {ConnectEnd::kClose, ConnectEnd::kFin, ConnectEnd::kRst,
                                     ConnectEnd::kHandshake};
    const uint64_t number = started_++;
    const ConnectEnd end = end_ == ConnectEnd::kMixed ? kTurns[number % 4] : end_;
    slots_[connection.id()] = Slot{number, end};
    connection.Start(target_, number, total_);
  }

  void Finish(Connection& connection) {
    ++finished_;
    StartNext(connection);
  }

  void Fail(const std::string& how) {
    loop_.Fail(
        absl::DataLossError(absl::StrCat("a connection, after ", finished_, " good ones, ", how)));
  }

  Loop& loop_;
  const Target& target_;
  const ConnectEnd end_;
  std::string half_request_;
  std::vector<Slot> slots_;
  uint64_t total_ = 0;
  uint64_t started_ = 0;
  uint64_t finished_ = 0;
  Latency latency_;  // from connect to the server's 101
  Peers connections_;
};

}  // namespace

absl::Status RunConnect(Loop& loop, const ServerMeter& meter, const ConnectOptions& options,
                        Report& report) {
  absl::StatusOr<Target> target = Target::ParseWebSocket(options.url);
  if (!target.ok()) return target.status();
  if (absl::Status s = AllowDescriptors(options.concurrency); !s.ok()) return s;
  ConnectScenario scenario(loop, *target, options);
  const int64_t descriptors_before = meter.Descriptors();
  if (absl::Status s = scenario.Connect(options.warmup, "warm-up connections"); !s.ok()) return s;
  if (absl::Status s = meter.AwaitDescriptors(loop, descriptors_before); !s.ok()) return s;
  if (absl::Status s = meter.AwaitRest(loop); !s.ok()) return s;
  scenario.latency().Clear();
  const ServerMemory memory_before = meter.Memory();

  RunCost cost(meter);
  if (absl::Status s = scenario.Connect(options.count, "connections"); !s.ok()) return s;
  cost.StopClock();
  if (absl::Status s = meter.AwaitDescriptors(loop, descriptors_before); !s.ok()) return s;
  if (absl::Status s = meter.AwaitRest(loop); !s.ok()) return s;
  cost.StopServer();

  const auto count = static_cast<double>(options.count);
  report.Add("connections", "connections, opened and ended", count, 0, "");
  report.Add("connections_per_s", "connections", count / cost.seconds(), 0, "/s");
  cost.Report("connection", count, report);
  if (const Latency& latency = scenario.latency(); !latency.empty()) {
    report.Add("latency_p50_us", "connect to 101, p50", latency.Quantile(0.5), 1, "µs");
    report.Add("latency_p99_us", "connect to 101, p99", latency.Quantile(0.99), 1, "µs");
  }
  if (meter.watches()) {
    report.Add("server_descriptors_before", "server descriptors before",
               static_cast<double>(descriptors_before), 0, "");
    report.Add("server_descriptors_after", "server descriptors after",
               static_cast<double>(meter.Descriptors()), 0, "");
    report.Add("server_rss_growth", "server RSS growth",
               static_cast<double>(meter.Memory().rss - memory_before.rss) / 1024, 0, "KiB");
  }
  return absl::OkStatus();
}

}  // namespace hookcast::bench

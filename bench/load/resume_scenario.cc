#include <chrono>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/load/latency.h"
#include "bench/load/open_peers.h"
#include "bench/load/payload.h"
#include "bench/load/progress.h"
#include "bench/load/scenarios.h"
#include "bench/wire/frame.h"

namespace hookcast::bench {
namespace {

// Messages are numbered from 0. A client leaves without a word, stays away, and comes back with the
// last id that it had; over all of its connections it must get each message once, in order.
class ResumeScenario final : public Connection::Observer {
 public:
  ResumeScenario(Loop& loop, const Target& sub, const ResumeOptions& options)
      : loop_(loop),
        sub_(sub),
        options_(options),
        maker_(options.bytes),
        publisher_observer_(*this),
        random_(options.seed),
        clients_(options.clients) {}

  absl::Status Open(const Target& pub) {
    if (absl::Status s =
            OpenPeers(loop_, sub_, options_.clients, options_.concurrency, *this, connections_);
        !s.ok()) {
      return s;
    }
    return OpenPeers(loop_, pub, 1, 1, publisher_observer_, publisher_);
  }

  // An open connection need not be subscribed yet: sends probes until each client has seen one, and
  // with it an id to come back with.
  absl::Status AwaitJoined() {
    uint64_t probes = 0;
    Clock::time_point next_probe;
    return loop_.RunUntil(
        [&] {
          if (joined_ < options_.clients && Clock::now() >= next_probe) {
            publisher_[0]->SendFrame(kText, maker_.Make('P', probes++));
            next_probe = Clock::now() + std::chrono::milliseconds(200);
          }
          return joined_ == options_.clients;
        },
        absl::StrCat("the arrival of a probe at all ", options_.clients, " clients"));
  }

  // Publishes all at the rate while clients come and go, then calls everybody back and returns when
  // all have all.
  absl::Status Run() {
    const Clock::time_point start = Clock::now();
    for (size_t client = 0; client < options_.clients; ++client) {
      moves_.emplace(start + Wait(options_.stay_s), client);
    }
    Progress progress("messages", options_.messages);
    return loop_.RunUntil(
        [&] {
          Publish(start);
          Move();
          progress.Update(payloads_.size());
          return complete_ == options_.clients;
        },
        "the arrival of all messages at all clients");
  }

  uint64_t leaves() const { return leaves_; }
  uint64_t early_leaves() const { return early_leaves_; }
  uint64_t missed() const { return missed_; }
  const Latency& catching_up() const { return catching_up_; }

  void OnOpen(Connection&) override {}
  void OnMessage(Connection& connection, uint8_t, std::string_view payload) override {
    Client& client = clients_[connection.id()];
    if (client.next == 0 && !payload.empty() && maker_.IsProbe(payload)) {
      if (connection.last_event_id().empty()) {
        return loop_.Fail(absl::FailedPreconditionError(
            absl::StrCat(sub_.url, " gives its messages no ids: its namespace needs a history")));
      }
      joined_ += client.joined ? 0 : 1;
      client.joined = true;
      return;
    }
    if (client.next >= payloads_.size() || payload != payloads_[client.next]) {
      return Fail(connection, maker_.Explain(payload, client.next));
    }
    ++client.next;
    if (client.next == client.behind_until) {
      catching_up_.Add(Clock::now() - connection.started());
    }
    if (client.next == options_.messages) ++complete_;
  }
  void OnCloseFrame(Connection& connection, uint16_t code, std::string_view reason) override {
    Fail(connection, absl::StrCat("was sent Close ", code, " ", std::string(reason)));
  }
  void OnEnd(Connection& connection, const absl::Status& error) override {
    Fail(connection, absl::StrCat("lost its connection ", std::string(error.message())));
  }

 private:
  struct Client {
    uint64_t next = 0;          // the number that it must get next
    uint64_t behind_until = 0;  // what had been sent when it came back
    bool joined = false;
  };

  // The publisher must hear nothing: it is not subscribed.
  class PublisherObserver final : public Connection::Observer {
   public:
    explicit PublisherObserver(ResumeScenario& scenario) : scenario_(scenario) {}
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
    ResumeScenario& scenario_;
  };

  // Most waits are short and a few are long, as with people.
  Clock::duration Wait(double mean_s) {
    std::exponential_distribution<double> wait(1 / mean_s);
    return std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(wait(random_)));
  }

  // What is due by now, in one write.
  void Publish(Clock::time_point start) {
    const double passed = std::chrono::duration<double>(Clock::now() - start).count();
    const double due = passed * options_.rate;
    std::string frames;
    while (payloads_.size() < options_.messages && static_cast<double>(payloads_.size()) < due) {
      const auto number = static_cast<uint32_t>(payloads_.size());
      payloads_.push_back(maker_.Make('M', number));
      AppendMaskedFrame(frames, kText, payloads_.back(), number * 2654435761u);
    }
    if (!frames.empty()) publisher_[0]->SendRaw(frames);
  }

  // Lets go, or brings back, those whose time has come; when all is published, only brings back.
  void Move() {
    const Clock::time_point now = Clock::now();
    const bool last = payloads_.size() == options_.messages;
    while (!moves_.empty() && (last || moves_.top().first <= now)) {
      const size_t client = moves_.top().second;
      moves_.pop();
      Connection& connection = *connections_[client];
      if (connection.state() == Connection::State::kIdle) {
        Return(connection);
        if (!last) moves_.emplace(now + Wait(options_.stay_s), client);
      } else if (!last) {
        Leave(connection);
        moves_.emplace(now + Wait(options_.away_s), client);
      }
    }
  }

  void Leave(Connection& connection) {
    if (connection.state() != Connection::State::kOpen) ++early_leaves_;
    // In turn as a process that ends and one that is killed; the server reads FIN or RST.
    if (++leaves_ % 2 == 0) {
      connection.Reset();
    } else {
      connection.Close();
    }
  }

  void Return(Connection& connection) {
    Client& client = clients_[connection.id()];
    client.behind_until = payloads_.size();
    missed_ += client.behind_until - client.next;
    connection.Start(sub_, connection.id(), options_.clients, connection.last_event_id());
  }

  void Fail(const Connection& connection, const std::string& how) {
    loop_.Fail(absl::DataLossError(absl::StrCat("client ", connection.id() + 1, ", ", leaves_,
                                                " departures of ", options_.clients,
                                                " clients into the run: ", how)));
  }

  Loop& loop_;
  const Target& sub_;
  const ResumeOptions& options_;
  const PayloadMaker maker_;
  PublisherObserver publisher_observer_;
  std::mt19937_64 random_;
  std::vector<Client> clients_;
  std::vector<std::string> payloads_;  // all that was published
  // When which client leaves, or comes back where it is away; the earliest on top.
  std::priority_queue<std::pair<Clock::time_point, size_t>,
                      std::vector<std::pair<Clock::time_point, size_t>>, std::greater<>>
      moves_;
  size_t joined_ = 0;
  size_t complete_ = 0;
  uint64_t leaves_ = 0;
  uint64_t early_leaves_ = 0;
  uint64_t missed_ = 0;
  Latency catching_up_;
  Peers connections_;
  Peers publisher_;
};

}  // namespace

absl::Status RunResume(Loop& loop, const ServerMeter& meter, const ResumeOptions& options,
                       Report& report) {
  absl::StatusOr<Target> sub = Target::Parse(options.sub);
  if (!sub.ok()) return sub.status();
  if (sub->protocol == Target::Protocol::kWebSocket) sub->protocol = Target::Protocol::kEnvelopes;
  absl::StatusOr<Target> pub = Target::ParseWebSocket(options.pub);
  if (!pub.ok()) return pub.status();

  ResumeScenario scenario(loop, *sub, options);
  if (absl::Status s = scenario.Open(*pub); !s.ok()) return s;
  if (absl::Status s = scenario.AwaitJoined(); !s.ok()) return s;
  const Clock::time_point start = Clock::now();
  const ServerCpu cpu_start = meter.Cpu();
  if (absl::Status s = scenario.Run(); !s.ok()) return s;
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const ServerCpu cpu_end = meter.Cpu();
  // Time for a message too many to show.
  if (absl::Status s = loop.Idle(std::chrono::milliseconds(100)); !s.ok()) return s;

  const auto deliveries = static_cast<double>(options.messages * options.clients);
  report.Add("clients", "clients", static_cast<double>(options.clients), 0, "");
  report.Add("messages", "messages", static_cast<double>(options.messages), 0, "");
  report.Add("deliveries", "deliveries, each checked", deliveries, 0, "");
  report.Add("seconds", "time", seconds, 3, "s");
  report.Add("leaves", "departures", static_cast<double>(scenario.leaves()), 0, "");
  report.Add("early_leaves", "of them before an answer",
             static_cast<double>(scenario.early_leaves()), 0, "");
  report.Add("missed", "missed while away, and got", static_cast<double>(scenario.missed()), 0,
             "messages");
  report.Add("catch_up_p50_us", "connect to caught up, p50", scenario.catching_up().Quantile(0.5),
             1, "µs");
  report.Add("catch_up_p99_us", "connect to caught up, p99", scenario.catching_up().Quantile(0.99),
             1, "µs");
  report.Add("catch_up_max_us", "connect to caught up, max", scenario.catching_up().max_us(), 1,
             "µs");
  if (meter.watches()) {
    report.Add("server_busy", "server's core busy",
               100 * (cpu_end.on_cpu_s - cpu_start.on_cpu_s) / seconds, 0, "%");
  }
  return absl::OkStatus();
}

}  // namespace hookcast::bench

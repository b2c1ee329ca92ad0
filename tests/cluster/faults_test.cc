// Three nodes, clients on each, messages on all, and one fault after the other: for each client,
// what is missing lies in gaps that it was told of, nothing comes twice or out of order, and
// everything flows again soon after the fault.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cluster/cluster.h"
#include "tests/cluster/listeners.h"
#include "tests/cluster/steady_publishers.h"
#include "tests/cluster/told_losses.h"
#include "tests/integration/client/ask_until.h"
#include "tests/integration/own_network.h"

namespace hookcast::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;

constexpr size_t kNodes = 3;
constexpr size_t kNamespaces = 20;
constexpr size_t kClientsOfEach = 5;  // at each node: 300 in all
constexpr milliseconds kPace{300};    // of 60 publishers: 200 messages a second
constexpr size_t kMarkers = 100;      // publishers of the test itself, at each node
constexpr milliseconds kCalm{1500};   // between faults
// What a machine that does other things meanwhile may need; 3 s is the promise on one that does
// not.
constexpr milliseconds kFlowsWithin{3000 * 5};

class ClusterFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    for (size_t i = 0; i < kNamespaces; ++i) namespaces_.push_back(absl::StrCat("/sub/", i));
    cluster_ = Cluster::Start(kNodes);
    ASSERT_NE(cluster_, nullptr);
    std::vector<std::string> targets;
    for (size_t i = 0; i < kClientsOfEach; ++i) {
      targets.insert(targets.end(), namespaces_.begin(), namespaces_.end());
    }
    for (size_t n = 0; n < kNodes; ++n) {
      listeners_.push_back(std::make_unique<Listeners>(cluster_->node(n).clients(), targets));
      control_.push_back(std::make_unique<BrokerCalls>(cluster_->node(n).control()));
    }
    // All are subscribed once they have got something from everywhere.
    ASSERT_TRUE(EverythingFlows(seconds(20)));
    for (size_t n = 0; n < kNodes; ++n) {
      publishers_.push_back(std::make_unique<SteadyPublishers>(cluster_->node(n).control(), n,
                                                               namespaces_, kPace, &ledger_));
    }
  }

  // Whether, within the time, a message from each node to each namespace reaches every client of
  // it. One that is lost or refused is followed by another.
  bool EverythingFlows(milliseconds within) {
    struct Awaited {
      size_t node;
      std::string ns;
      uint64_t number = 0;
    };
    std::vector<Awaited> awaited;
    for (size_t n = 0; n < kNodes; ++n) {
      for (const std::string& ns : namespaces_) awaited.push_back({n, ns});
    }
    const auto until = std::chrono::steady_clock::now() + within;
    while (!awaited.empty() && std::chrono::steady_clock::now() < until) {
      for (Awaited& a : awaited) {
        a.number = PublishNumbered(control_[a.node].get(), kMarkers + a.node, a.ns, &ledger_);
      }
      const auto missing = [&] {
        std::erase_if(awaited, [&](const Awaited& a) {
          return a.number != 0 && Arrived(a.node, a.ns, a.number);
        });
        return awaited.size();
      };
      AskUntil(
          missing, [](size_t left) { return left == 0; }, milliseconds(200));
    }
    for (const Awaited& a : awaited) {
      ADD_FAILURE() << "what node " << a.node << " publishes to " << a.ns
                    << " does not reach everybody";
    }
    return awaited.empty();
  }

  bool Arrived(size_t node, const std::string& ns, uint64_t number) {
    for (const auto& at : listeners_) {
      if (!at->AllHave(kMarkers + node, ns, number)) return false;
    }
    return true;
  }

  // The time in which messages flow undisturbed, or a fault lasts: it is the scenario's.
  static void Pass(milliseconds time) { std::this_thread::sleep_for(time); }

  void FaultEnds(const char* fault) {
    SCOPED_TRACE(fault);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(EverythingFlows(kFlowsWithin));
    const auto took = std::chrono::steady_clock::now() - start;
    std::cout << fault << ": everything flowed after "
              << std::chrono::duration_cast<milliseconds>(took).count() << " ms\n";
  }

  size_t GapsTold() const {
    size_t gaps = 0;
    for (const auto& at : listeners_) {
      for (size_t i = 0; i < at->size(); ++i) {
        for (const Line& line : at->lines(i)) gaps += line.is_gap() ? 1 : 0;
      }
    }
    return gaps;
  }

  void ExpectNothingLostInSilence() {
    publishers_.clear();  // waits for the last answers
    ASSERT_TRUE(EverythingFlows(kFlowsWithin));
    size_t missing_clients = 0;
    for (size_t n = 0; n < kNodes; ++n) {
      EXPECT_THAT(listeners_[n]->troubles(), IsEmpty());
      for (size_t i = 0; i < listeners_[n]->size(); ++i) {
        const auto faults =
            FindUntoldLosses(listeners_[n]->lines(i), ledger_.TakenIn(listeners_[n]->ns(i)));
        if (faults.empty()) continue;
        ++missing_clients;
        if (missing_clients <= 5) {
          ADD_FAILURE() << "client " << i << " of node " << n << ": " << faults.size()
                        << " faults, the first: " << faults[0];
        }
      }
    }
    EXPECT_EQ(missing_clients, 0u);
  }

  std::vector<std::string> namespaces_;
  Ledger ledger_;
  std::unique_ptr<Cluster> cluster_;
  std::vector<std::unique_ptr<Listeners>> listeners_;
  std::vector<std::unique_ptr<BrokerCalls>> control_;
  std::vector<std::unique_ptr<SteadyPublishers>> publishers_;
};

TEST_F(ClusterFaults, WithoutOneNothingIsLostAndNoGapTold) {
  Pass(seconds(3));
  ExpectNothingLostInSilence();
  EXPECT_EQ(GapsTold(), 0u);
  EXPECT_GT(ledger_.taken_count(), 400u);
}

TEST_F(ClusterFaults, WhatIsMissingWasToldAndEverythingFlowsAgain) {
  Pass(kCalm);
  cluster_->redis().Kill();
  Pass(seconds(1));
  cluster_->redis().Restart();
  FaultEnds("Redis restarted");
  EXPECT_GT(GapsTold(), 0u) << "nobody can know what was published while Redis was away";

  Pass(kCalm);
  cluster_->redis().Pause();
  Pass(seconds(5));
  cluster_->redis().Continue();
  FaultEnds("Redis stood still for 5 s");

  Pass(kCalm);
  for (const char* type : {"pubsub", "normal"}) {
    cluster_->redis().Call({"CLIENT", "KILL", "TYPE", type, "SKIPME", "yes"});
  }
  Pass(milliseconds(300));
  for (const char* type : {"pubsub", "normal"}) {
    cluster_->redis().Call({"CLIENT", "KILL", "TYPE", type, "SKIPME", "yes"});
  }
  FaultEnds("Redis' connections were killed twice");

  Pass(kCalm);
  cluster_->way(1).Swallow(true);
  EXPECT_TRUE(cluster_->AwaitNotReady(1));
  Pass(seconds(2));
  cluster_->way(1).Swallow(false);
  FaultEnds("a node's packets were dropped");

  Pass(kCalm);
  cluster_->way(2).Reset(true);
  EXPECT_TRUE(cluster_->AwaitNotReady(2));
  Pass(seconds(1));
  cluster_->way(2).Reset(false);
  FaultEnds("a node's connections were reset");

  ExpectNothingLostInSilence();
  for (size_t n = 0; n < kNodes; ++n) {
    EXPECT_GT(cluster_->node(n).Metric("hookcast_gaps_total{extent=\"unknown\"}"), 0) << n;
  }
}

// A node whose way to Redis is cut by rules of the network: packets, those of connections that are
// made already too, are dropped and later answered by resets.
class ClusterPartition : public ClusterFaults {
 protected:
  void SetUp() override {
    // Needs rights that not everybody has; scripts/test shows the line.
    if (const absl::Status status = OwnNetwork::Enter(); !status.ok()) {
      GTEST_SKIP() << "\nskipped: " << status;
    }
    ClusterFaults::SetUp();
  }
};

TEST_F(ClusterPartition, ANodeThatTheNetworkCutOffRejoinsAndWhatIsMissingWasTold) {
  Pass(kCalm);
  OwnNetwork::Drop(cluster_->way(1).port());
  EXPECT_TRUE(cluster_->AwaitNotReady(1));
  Pass(seconds(2));
  OwnNetwork::Refuse(cluster_->way(1).port());
  Pass(seconds(1));
  EXPECT_FALSE(cluster_->AwaitReady(1, milliseconds(0)));
  OwnNetwork::PassAll();
  FaultEnds("a node was cut off by the network");
  EXPECT_GT(GapsTold(), 0u);

  // Shorter than anybody notices: what was under way is sent again by the network.
  Pass(kCalm);
  OwnNetwork::Drop(cluster_->way(2).port());
  Pass(milliseconds(500));
  OwnNetwork::PassAll();
  FaultEnds("a node was cut off for half a second");
  ExpectNothingLostInSilence();
}

}  // namespace
}  // namespace hookcast::testing

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/cluster/told_losses.h"
#include "tests/integration/broker_calls.h"

namespace hookcast::testing {

// Publish to every namespace by one node's control port, each at a steady pace, and await each
// answer before the next of that namespace: what is one publisher in the ledger.
//
// Thread: the test's; a thread for each namespace of its own.
class SteadyPublishers {
 public:
  // `publisher` is its number in the ledger. `pace`: from one publish to the next of a namespace.
  SteadyPublishers(const std::string& control_address, size_t publisher,
                   std::vector<std::string> namespaces, std::chrono::milliseconds pace,
                   Ledger* ledger);
  // Ends them, once those under way are answered.
  ~SteadyPublishers();
  SteadyPublishers(const SteadyPublishers&) = delete;
  SteadyPublishers& operator=(const SteadyPublishers&) = delete;

  size_t refused() const { return refused_; }

 private:
  void Run(const std::string& ns);

  BrokerCalls calls_;
  const size_t publisher_;
  const std::chrono::milliseconds pace_;
  Ledger* const ledger_;
  std::atomic<bool> stop_{false};
  std::atomic<size_t> refused_{0};
  std::vector<std::thread> threads_;
};

// Publishes one message and enters it in the ledger; its number, or 0 where it was not taken.
uint64_t PublishNumbered(BrokerCalls* calls, size_t publisher, const std::string& ns,
                         Ledger* ledger);

}  // namespace hookcast::testing

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/cluster/told_losses.h"
#include "tests/integration/client/websocket_client.h"

namespace hookcast::testing {

// Clients of hookcast.v1.json on one node that write down what they get: payloads of the form
// "<publisher> <number>", and gaps.
//
// Thread: the test's; reads on one of its own.
class Listeners {
 public:
  // One client for each target, which is the namespace too. A failure of the test where one cannot
  // connect.
  Listeners(const std::string& address, std::vector<std::string> targets);
  // Stops reading.
  ~Listeners();
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  size_t size() const { return clients_.size(); }
  const std::string& ns(size_t client) const { return targets_[client]; }
  std::vector<Line> lines(size_t client) const;
  // Whether every client has got this number of the publisher, in its namespace.
  bool AllHave(size_t publisher, const std::string& ns, uint64_t number) const;
  // What ended, or came and was not understood; empty where all are well.
  std::vector<std::string> troubles() const;

 private:
  void Read();
  bool TakeAll(size_t client);
  void Take(size_t client, const std::string& payload);

  const std::vector<std::string> targets_;
  std::vector<std::unique_ptr<WebSocketClient>> clients_;
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  std::vector<std::vector<Line>> lines_;
  std::vector<std::string> troubles_;
  std::thread thread_;
};

}  // namespace hookcast::testing

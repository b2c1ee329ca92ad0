#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "broker/base/ids.h"
#include "broker/pubsub/backplane.h"

namespace hookcast::contract {

// Makes the backplanes of one test. What they need beside them, a server or a directory, is the
// factory's, and lives as long as it.
class BackplaneFactory {
 public:
  static constexpr std::string_view kKept = "kept:";
  static constexpr size_t kKeptMessages = 1000;

  virtual ~BackplaneFactory() = default;

  // The backplane of one node, not started. Namespaces whose names begin with kKept keep a history
  // of kKeptMessages, for longer than a test takes; others none. Of a backplane that keeps none,
  // history_contract.cc asks nothing: leave it out.
  virtual std::unique_ptr<pubsub::Backplane> Make(Incarnation incarnation) = 0;

  // Returns once the started backplane hears what it subscribed to, or after a time that would be
  // too long for that; its Health then tells the test.
  virtual void AwaitReady(pubsub::Backplane& backplane) = 0;
};

// One backplane under test. To add one, in a file of its own:
//
//   INSTANTIATE_TEST_SUITE_P(Redis, BackplaneContract, testing::Values(BackplaneCase{
//       "redis", [] { return std::make_unique<RedisFactory>(); }}), CaseName);
struct BackplaneCase {
  std::string name;
  std::function<std::unique_ptr<BackplaneFactory>()> factory;
};

inline std::ostream& operator<<(std::ostream& out, const BackplaneCase& c) { return out << c.name; }
inline std::string CaseName(const testing::TestParamInfo<BackplaneCase>& info) {
  return info.param.name;
}

// The guarantees of broker/pubsub/backplane.h, each a scenario, with one node and its own receiver.
class BackplaneContract : public testing::TestWithParam<BackplaneCase> {
 protected:
  BackplaneContract();

  // Starts the backplane, subscribes it to the namespaces and waits until it is ready.
  void Start(pubsub::Receiver* receiver, const std::vector<std::string>& namespaces);

  static constexpr Incarnation kNode{0x1122334455667788};

  const std::unique_ptr<BackplaneFactory> factory_;
  const std::unique_ptr<pubsub::Backplane> backplane_;
};

}  // namespace hookcast::contract

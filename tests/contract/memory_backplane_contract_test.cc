#include <memory>

#include "broker/backplane/memory/memory_backplane.h"
#include "tests/contract/backplane_contract.h"

namespace hookcast::contract {
namespace {

class MemoryFactory final : public BackplaneFactory {
 public:
  std::unique_ptr<pubsub::Backplane> Make(Incarnation) override {
    return std::make_unique<backplane::MemoryBackplane>(
        backplane::MemoryHistory::Settings{.limits_of = [](std::string_view ns) {
          return ns.starts_with(kKept)
                     ? pubsub::HistoryLimits{.size = kKeptMessages, .age = std::chrono::hours(1)}
                     : pubsub::HistoryLimits();
        }});
  }
  void AwaitReady(pubsub::Backplane&) override {}
};

INSTANTIATE_TEST_SUITE_P(Memory, BackplaneContract,
                         testing::Values(BackplaneCase{
                             "memory", [] { return std::make_unique<MemoryFactory>(); }}),
                         CaseName);

}  // namespace
}  // namespace hookcast::contract

#include <chrono>
#include <memory>

#include "broker/backplane/redis/redis_backplane.h"
#include "broker/metrics/catalogue.h"
#include "tests/contract/backplane_contract.h"
#include "tests/integration/client/ask_until.h"
#include "tests/integration/redis_process.h"

namespace hookcast::contract {
namespace {

// Namespaces keep no history there: guarantee 5 is not asked of it.
class RedisFactory final : public BackplaneFactory {
 public:
  std::unique_ptr<pubsub::Backplane> Make(Incarnation incarnation) override {
    backplane::RedisSettings settings;
    settings.port = static_cast<uint16_t>(redis_->port());
    return std::make_unique<backplane::RedisBackplane>(settings, incarnation, &metrics_);
  }
  void AwaitReady(pubsub::Backplane& backplane) override {
    testing::AskUntil([&] { return backplane.Health(); },
                      [](const absl::Status& said) { return said.ok(); }, std::chrono::seconds(10))
        .IgnoreError();
  }

 private:
  const std::unique_ptr<testing::RedisProcess> redis_ = testing::RedisProcess::Start();
  metrics::Catalogue metrics_;
};

INSTANTIATE_TEST_SUITE_P(Redis, BackplaneContract,
                         ::testing::Values(BackplaneCase{
                             "redis", [] { return std::make_unique<RedisFactory>(); }}),
                         CaseName);

}  // namespace
}  // namespace hookcast::contract

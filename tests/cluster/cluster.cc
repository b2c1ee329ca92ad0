#include "tests/cluster/cluster.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/integration/client/ask_until.h"
#include "tests/integration/client/http_client.h"

namespace hookcast::testing {

std::unique_ptr<Cluster> Cluster::Start(size_t nodes, std::string_view yaml,
                                        std::vector<std::string> redis_options) {
  std::unique_ptr<Cluster> cluster(new Cluster);
  cluster->yaml_ = yaml;
  cluster->redis_ = RedisProcess::Start(std::move(redis_options));
  if (cluster->redis_ == nullptr) return nullptr;
  for (size_t i = 0; i < nodes; ++i) {
    if (cluster->Add() != i) return nullptr;
    if (!cluster->AwaitReady(i)) {
      ADD_FAILURE() << "node " << i << " is not ready";
      return nullptr;
    }
  }
  return cluster;
}

size_t Cluster::Add(std::vector<std::string> arguments) {
  auto way = std::make_unique<TcpProxy>(redis_->port());
  arguments.insert(arguments.end(),
                   {"--set", "backplane.kind=redis", "--set",
                    absl::StrCat("backplane.url=redis://127.0.0.1:", way->port())});
  auto node = NodeProcess::Start(yaml_, std::move(arguments));
  if (node == nullptr) return nodes_.size() + 1;
  ways_.push_back(std::move(way));
  nodes_.push_back(std::move(node));
  return nodes_.size() - 1;
}

bool Cluster::AwaitReady(size_t i, std::chrono::milliseconds limit) {
  return AwaitStatus(i, 200, limit);
}

bool Cluster::AwaitNotReady(size_t i, std::chrono::milliseconds limit) {
  return AwaitStatus(i, 503, limit);
}

bool Cluster::AwaitStatus(size_t i, int status, std::chrono::milliseconds limit) {
  const auto answers_so = [status](const absl::StatusOr<HttpResponse>& response) {
    return response.ok() && response->status == status;
  };
  return answers_so(
      AskUntil([&] { return HttpGet(nodes_[i]->admin(), "/readyz"); }, answers_so, limit));
}

}  // namespace hookcast::testing

#include "tests/cluster/steady_publishers.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace hookcast::testing {

SteadyPublishers::SteadyPublishers(const std::string& control_address, size_t publisher,
                                   std::vector<std::string> namespaces,
                                   std::chrono::milliseconds pace, Ledger* ledger)
    : calls_(control_address), publisher_(publisher), pace_(pace), ledger_(ledger) {
  for (std::string& ns : namespaces) {
    threads_.emplace_back([this, ns = std::move(ns)] { Run(ns); });
  }
}

SteadyPublishers::~SteadyPublishers() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
}

// The pace is what is tested: it is kept by the clock, whatever the answers take.
void SteadyPublishers::Run(const std::string& ns) {
  auto next = std::chrono::steady_clock::now();
  while (!stop_) {
    std::this_thread::sleep_until(next);
    next = std::max(next + pace_, std::chrono::steady_clock::now());
    if (PublishNumbered(&calls_, publisher_, ns, ledger_) == 0) ++refused_;
  }
}

uint64_t PublishNumbered(BrokerCalls* calls, size_t publisher, const std::string& ns,
                         Ledger* ledger) {
  const uint64_t number = ledger->Begin(publisher, ns);
  v1::PublishResponse response;
  const grpc::Status status =
      calls->Publish(ns, "t", TextData(absl::StrCat(publisher, " ", number)), &response);
  if (!status.ok()) return 0;
  ledger->Taken(publisher, ns, number);
  return number;
}

}  // namespace hookcast::testing

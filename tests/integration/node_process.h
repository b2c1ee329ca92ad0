#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/client/child_process.h"
#include "tests/integration/client/websocket_client.h"

namespace hookcast::testing {

// A hookcastd of its own for one test, on ports that the system chose.
//
// Thread: one at a time; start it from the test's main thread.
class NodeProcess {
 public:
  // `yaml` is the configuration without listen addresses. The node has logged "listening".
  // A failure is the test's: it says what the node printed.
  static std::unique_ptr<NodeProcess> Start(std::string_view yaml,
                                            std::vector<std::string> arguments = {});

  const std::string& clients() const { return clients_; }
  const std::string& admin() const { return admin_; }
  const std::string& control() const { return control_; }
  ChildProcess& process() { return *process_; }

  // A client that connected, or a failure of the test and null.
  std::unique_ptr<WebSocketClient> Connect(const std::string& target,
                                           WebSocketClient::Options options = {});

  // A sample of /metrics by its whole name, labels included.
  double Metric(std::string_view sample);
  // Waits until the sample has this value, asking again as soon as it has been told another.
  bool MetricBecomes(std::string_view sample, double value,
                     std::chrono::milliseconds limit = std::chrono::seconds(10));
  // The same for at least this value.
  bool MetricReaches(std::string_view sample, double value,
                     std::chrono::milliseconds limit = std::chrono::seconds(10));

 private:
  NodeProcess() = default;
  bool AwaitMetric(std::string_view sample, const std::function<bool(double)>& good,
                   std::chrono::milliseconds limit);

  std::unique_ptr<ChildProcess> process_;
  std::string clients_;
  std::string admin_;
  std::string control_;
};

// The CLI, run to its end.
struct CliResult {
  int exit_code = -1;
  std::string output;  // both streams
};
CliResult RunCli(std::vector<std::string> arguments,
                 const std::map<std::string, std::string>& environment = {});

}  // namespace hookcast::testing

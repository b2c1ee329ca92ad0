#include "tests/integration/node_process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "tests/integration/client/ask_until.h"

namespace hookcast::testing {

std::unique_ptr<NodeProcess> NodeProcess::Start(std::string_view yaml,
                                                std::vector<std::string> arguments) {
  std::string path = ::testing::TempDir() + "hookcast-XXXXXX";
  const int fd = mkstemp(path.data());
  if (fd < 0) {
    ADD_FAILURE() << "no temporary file in " << ::testing::TempDir();
    return nullptr;
  }
  close(fd);
  std::ofstream(path) << yaml;

  std::vector<std::string> command = {HOOKCASTD,
                                      "--config",
                                      path,
                                      "--set",
                                      "listen=127.0.0.1:0",
                                      "--set",
                                      "admin.listen=127.0.0.1:0",
                                      "--set",
                                      "control.listen=127.0.0.1:0"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto started = ChildProcess::Start(command);
  std::unique_ptr<NodeProcess> node(new NodeProcess);
  if (!started.ok()) {
    ADD_FAILURE() << started.status();
    return nullptr;
  }
  node->process_ = *std::move(started);
  const auto line = node->process_->WaitForLine("\"msg\":\"listening\"");
  unlink(path.c_str());
  if (!line.ok()) {
    ADD_FAILURE() << "the node did not start: " << line.status();
    return nullptr;
  }
  node->clients_ = JsonField(*line, "clients").value_or("");
  node->admin_ = JsonField(*line, "admin").value_or("");
  node->control_ = JsonField(*line, "control").value_or("");
  return node;
}

std::unique_ptr<WebSocketClient> NodeProcess::Connect(const std::string& target,
                                                      WebSocketClient::Options options) {
  auto client = WebSocketClient::Connect(clients_, target, std::move(options));
  if (!client.ok()) {
    ADD_FAILURE() << "connecting to " << target << ": " << client.status();
    return nullptr;
  }
  return *std::move(client);
}

double NodeProcess::Metric(std::string_view sample) {
  const auto response = HttpGet(admin_, "/metrics");
  if (!response.ok()) {
    ADD_FAILURE() << response.status();
    return -1;
  }
  const std::string line_start = "\n" + std::string(sample) + " ";
  const size_t at = response->body.find(line_start);
  if (at == std::string::npos) {
    ADD_FAILURE() << "no metric " << sample;
    return -1;
  }
  return std::atof(response->body.c_str() + at + line_start.size());
}

bool NodeProcess::MetricBecomes(std::string_view sample, double value,
                                std::chrono::milliseconds limit) {
  if (AwaitMetric(
          sample, [value](double now) { return now == value; }, limit))
    return true;
  ADD_FAILURE() << sample << " is " << Metric(sample) << ", not " << value;
  return false;
}

bool NodeProcess::MetricReaches(std::string_view sample, double value,
                                std::chrono::milliseconds limit) {
  if (AwaitMetric(
          sample, [value](double now) { return now >= value; }, limit))
    return true;
  ADD_FAILURE() << sample << " is " << Metric(sample) << ", not yet " << value;
  return false;
}

bool NodeProcess::AwaitMetric(std::string_view sample, const std::function<bool(double)>& good,
                              std::chrono::milliseconds limit) {
  return good(AskUntil([&] { return Metric(sample); }, good, limit));
}

CliResult RunCli(std::vector<std::string> arguments,
                 const std::map<std::string, std::string>& environment) {
  arguments.insert(arguments.begin(), HOOKCAST_CLI);
  const auto process = ChildProcess::Start(arguments, environment);
  if (!process.ok()) {
    ADD_FAILURE() << process.status();
    return {};
  }
  const auto code = (*process)->WaitExit(std::chrono::seconds(30));
  EXPECT_TRUE(code.ok()) << code.status();
  return {code.value_or(-1), (*process)->output()};
}

}  // namespace hookcast::testing

#include "tests/cluster/listeners.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hookcast::testing {

Listeners::Listeners(const std::string& address, std::vector<std::string> targets)
    : targets_(std::move(targets)), lines_(targets_.size()) {
  for (const std::string& target : targets_) {
    auto client = WebSocketClient::Connect(address, target, {.subprotocols = {"hookcast.v1.json"}});
    EXPECT_TRUE(client.ok()) << client.status();
    if (client.ok()) clients_.push_back(*std::move(client));
  }
  if (clients_.size() == targets_.size()) thread_ = std::thread([this] { Read(); });
}

Listeners::~Listeners() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void Listeners::Read() {
  std::vector<pollfd> waiting;
  for (const auto& client : clients_) waiting.push_back({client->fd(), POLLIN, 0});
  while (!stop_) {
    if (poll(waiting.data(), waiting.size(), 20) <= 0) continue;
    for (size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents != 0 && !TakeAll(i)) waiting[i].fd = -1;
    }
  }
}

bool Listeners::TakeAll(size_t client) {
  for (;;) {
    const auto received = clients_[client]->ReceiveMessage(std::chrono::milliseconds(0));
    if (received.ok() && received->kind == WebSocketClient::Received::kText) {
      Take(client, received->payload);
      continue;
    }
    if (!received.ok() && received.status().code() == absl::StatusCode::kDeadlineExceeded) {
      return true;
    }
    const std::lock_guard lock(mutex_);
    troubles_.push_back(absl::StrCat("client ", client, " of ", targets_[client], ": ",
                                     received.ok()
                                         ? absl::StrCat("ended with code ", received->close_code)
                                         : received.status().ToString()));
    return false;
  }
}

void Listeners::Take(size_t client, const std::string& payload) {
  const auto envelope = nlohmann::json::parse(payload, nullptr, false);
  const std::string type = envelope.is_object() ? envelope.value("type", "") : "";
  const std::lock_guard lock(mutex_);
  if (type == "open") return;
  if (type == "gap") {
    const auto lost = envelope.find("lost");
    lines_[client].push_back(
        Line::Gap(lost == envelope.end() ? std::nullopt : std::optional<uint64_t>(*lost)));
    return;
  }
  size_t publisher = 0;
  unsigned long long number = 0;
  const std::string data = type == "message" ? envelope.value("data", "") : "";
  if (sscanf(data.c_str(), "%zu %llu", &publisher, &number) != 2) {
    troubles_.push_back(absl::StrCat("client ", client, " got ", payload));
    return;
  }
  lines_[client].push_back(Line::Message(publisher, number));
}

std::vector<Line> Listeners::lines(size_t client) const {
  const std::lock_guard lock(mutex_);
  return lines_[client];
}

bool Listeners::AllHave(size_t publisher, const std::string& ns, uint64_t number) const {
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < lines_.size(); ++i) {
    if (targets_[i] != ns) continue;
    const bool has = std::any_of(lines_[i].rbegin(), lines_[i].rend(), [&](const Line& line) {
      return line.publisher == publisher && line.number == number;
    });
    if (!has) return false;
  }
  return true;
}

std::vector<std::string> Listeners::troubles() const {
  const std::lock_guard lock(mutex_);
  return troubles_;
}

}  // namespace hookcast::testing

#include "broker/cluster/node_directory.h"

#include <algorithm>

#include "broker/base/log.h"

namespace hookcast::cluster {
namespace {

bool IsLater(const NodeRecord& a, const NodeRecord& b) {
  if (a.started_at != b.started_at) return a.started_at > b.started_at;
  return a.incarnation.value > b.incarnation.value;
}

}  // namespace

NodeDirectory::NodeDirectory(Incarnation self, bool alone, const Clock* clock,
                             metrics::Catalogue* metrics)
    : self_(self), alone_(alone), clock_(clock), metrics_(metrics) {}

NodeDirectory::Heard NodeDirectory::Hear(const Announcement& announcement) {
  const NodeRecord& node = announcement.node;
  const MutexLock lock(&mutex_);
  if (node.incarnation == self_) {
    HearOwn(announcement);
    return Heard::kOwn;
  }
  const auto found = nodes_.find(node.incarnation.value);
  if (announcement.kind == Announcement::Kind::kLeaving) {
    if (found == nodes_.end()) return Heard::kGone;
    nodes_.erase(found);
    log::Info("node left", {{"left", node.incarnation.ToString()},
                            {"control", node.control_address},
                            {"why", "it ends"}});
    return Heard::kGone;
  }
  if (found != nodes_.end() && IsAlive(found->second) &&
      found->second.node.control_address == node.control_address) {
    found->second = {node, clock_->Now()};
    return Heard::kKnown;
  }
  if (found != nodes_.end()) nodes_.erase(found);
  TakeAddress(node);
  if (!MakeSpace()) {
    metrics_->announcements.Add(metrics::Announced::kTooMany);
    return Heard::kIgnored;
  }
  nodes_.emplace(node.incarnation.value, Entry{node, clock_->Now()});
  log::Info("node joined", {{"joined", node.incarnation.ToString()},
                            {"control", node.control_address},
                            {"its_version", node.version}});
  return Heard::kNew;
}

// Where it may have missed something, only the hello that it says for that tells that all others
// are asked; a beat may have been under way before.
void NodeDirectory::HearOwn(const Announcement& own) {
  const TimePoint now = clock_->Now();
  const bool was_deaf = !own_ || now - own_heard_ > kDeaf;
  if (may_have_missed_ || was_deaf) {
    for (auto& [id, entry] : nodes_) {
      if (IsAlive(entry)) entry.heard = now;
    }
  }
  if (!may_have_missed_ || own.kind == Announcement::Kind::kHello) {
    if (may_have_missed_ || was_deaf) own_first_heard_ = now;
    may_have_missed_ = false;
  }
  own_ = own.node;
  own_heard_ = now;
}

void NodeDirectory::Answered(Incarnation incarnation) {
  const MutexLock lock(&mutex_);
  const auto found = nodes_.find(incarnation.value);
  if (found != nodes_.end() && IsAlive(found->second)) found->second.heard = clock_->Now();
}

std::vector<NodeRecord> NodeDirectory::Silent() const {
  std::vector<NodeRecord> silent;
  const MutexLock lock(&mutex_);
  if (!HearsItself()) return silent;
  const TimePoint now = clock_->Now();
  for (const auto& [id, entry] : nodes_) {
    if (IsAlive(entry) && now - entry.heard >= kSilent) silent.push_back(entry.node);
  }
  return silent;
}

void NodeDirectory::Sweep() {
  const MutexLock lock(&mutex_);
  absl::erase_if(nodes_, [this](const auto& known) {
    const Entry& entry = known.second;
    if (IsAlive(entry)) return false;
    log::Warn("node left", {{"left", entry.node.incarnation.ToString()},
                            {"control", entry.node.control_address},
                            {"why", "it is not heard, and does not answer"}});
    return true;
  });
}

void NodeDirectory::MayHaveMissed() {
  const MutexLock lock(&mutex_);
  may_have_missed_ = true;
}

void NodeDirectory::TakeAddress(const NodeRecord& node) {
  if (own_ && own_->control_address == node.control_address) WarnOfAddress(*own_, node);
  for (auto& [id, entry] : nodes_) {
    if (entry.node.control_address != node.control_address || !IsAlive(entry)) continue;
    if (IsLater(node, entry.node)) {
      entry.heard = std::min(entry.heard, Reference() - kDeadAfter + kSettles);
    } else {
      WarnOfAddress(entry.node, node);
    }
  }
}

void NodeDirectory::WarnOfAddress(const NodeRecord& one, const NodeRecord& other) {
  if (!same_address_.Pass(clock_->Now())) return;
  log::Warn(
      "two nodes tell the same control address, so that calls for their peers fail; set "
      "control.advertise on each",
      {{"control", one.control_address},
       {"one", one.incarnation.ToString()},
       {"other", other.incarnation.ToString()}});
}

bool NodeDirectory::MakeSpace() {
  if (nodes_.size() < kMost) return true;
  absl::erase_if(nodes_, [this](const auto& entry) { return !IsAlive(entry.second); });
  return nodes_.size() < kMost;
}

TimePoint NodeDirectory::Reference() const { return std::min(clock_->Now(), own_heard_ + kDeaf); }

bool NodeDirectory::IsAlive(const Entry& entry) const {
  return Reference() - entry.heard < kDeadAfter;
}

std::vector<NodeRecord> NodeDirectory::Others() const {
  std::vector<NodeRecord> others;
  {
    const MutexLock lock(&mutex_);
    for (const auto& [id, entry] : nodes_) {
      if (IsAlive(entry)) others.push_back(entry.node);
    }
  }
  std::sort(others.begin(), others.end(), [](const NodeRecord& a, const NodeRecord& b) {
    return a.incarnation.value < b.incarnation.value;
  });
  return others;
}

size_t NodeDirectory::known() const {
  const MutexLock lock(&mutex_);
  return nodes_.size();
}

std::optional<NodeRecord> NodeDirectory::Find(Incarnation incarnation) const {
  const MutexLock lock(&mutex_);
  const auto found = nodes_.find(incarnation.value);
  if (found == nodes_.end() || !IsAlive(found->second)) return std::nullopt;
  return found->second.node;
}

bool NodeDirectory::settled() const {
  if (alone_) return true;
  const MutexLock lock(&mutex_);
  return HearsItself() && clock_->Now() - own_first_heard_ >= kSettles;
}

bool NodeDirectory::hears_itself() const {
  const MutexLock lock(&mutex_);
  return HearsItself();
}

bool NodeDirectory::HearsItself() const {
  return own_ && !may_have_missed_ && clock_->Now() - own_heard_ <= kDeaf;
}

}  // namespace hookcast::cluster

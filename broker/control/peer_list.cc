#include "broker/control/peer_list.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "broker/control/peer_page.h"

namespace hookcast::control {
namespace {

constexpr PeerCursor kBehindAll{static_cast<ShardId>(UINT16_MAX),
                                std::numeric_limits<uint64_t>::max()};

PeerId EndOf(uint64_t incarnation) {
  return {{incarnation}, kBehindAll.shard, kBehindAll.sequence};
}

}  // namespace

std::string PeerListCursor::ToString() const { return last.ToString(); }

std::optional<PeerListCursor> PeerListCursor::Parse(std::string_view text) {
  if (text.empty()) return PeerListCursor{};
  const std::optional<PeerId> last = PeerId::Parse(text);
  if (!last) return std::nullopt;
  return PeerListCursor{*last};
}

PeerListPlan::PeerListPlan(std::vector<uint64_t> nodes, PeerListCursor cursor, uint32_t limit)
    : cursor_(cursor), limit_(limit) {
  for (const uint64_t node : nodes) nodes_.push_back({node});
  const auto first = std::lower_bound(nodes.begin(), nodes.end(), cursor.last.incarnation.value);
  first_ = static_cast<size_t>(first - nodes.begin());
}

std::vector<PeerListPlan::Question> PeerListPlan::First() const {
  std::vector<Question> questions;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (i != first_) {
      questions.push_back({i, kBehindAll.ToString(), 1, /*for_total=*/true});
      continue;
    }
    const bool inside = nodes_[i].incarnation == cursor_.last.incarnation.value;
    const PeerCursor from{cursor_.last.shard, cursor_.last.sequence};
    questions.push_back({i, inside ? from.ToString() : "", limit_});
  }
  return questions;
}

std::vector<PeerListPlan::Question> PeerListPlan::Second() const {
  std::vector<Question> questions;
  if (first_ >= nodes_.size() || !nodes_[first_].page.next_cursor().empty()) return questions;
  uint64_t have = static_cast<uint64_t>(nodes_[first_].page.peers_size());
  for (size_t i = first_ + 1; i < nodes_.size() && have < limit_; ++i) {
    if (nodes_[i].total == 0) continue;
    questions.push_back({i, "", static_cast<uint32_t>(limit_ - have)});
    have += nodes_[i].total;
  }
  return questions;
}

void PeerListPlan::Take(const Question& question, v1::ListPeersResponse response) {
  Node& node = nodes_[question.node];
  node.asked |= !question.for_total;
  if (response.total() != 0) node.total = response.total();
  if (node.asked) node.page = std::move(response);
}

v1::ListPeersResponse PeerListPlan::Finish() {
  v1::ListPeersResponse response;
  PeerId last = cursor_.last;
  size_t bytes = 0;
  bool full = false;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    response.set_total(response.total() + node.total);
    if (i < first_ || full) continue;
    if (!node.asked) {
      full = node.total != 0;
      continue;
    }
    for (v1::PeerInfo& peer : *node.page.mutable_peers()) {
      bytes += peer.ByteSizeLong();
      full = static_cast<uint64_t>(response.peers_size()) == limit_ ||
             (bytes > kPageBytes && response.peers_size() > 0);
      if (full) break;
      last = PeerId::Parse(peer.peer().id()).value_or(last);
      *response.add_peers() = std::move(peer);
    }
    full = full || !node.page.next_cursor().empty();
    if (!full) last = EndOf(node.incarnation);
  }
  if (full) response.set_next_cursor(PeerListCursor{last}.ToString());
  return response;
}

}  // namespace hookcast::control

#include "broker/control/peer_page.h"

#include <algorithm>
#include <charconv>
#include <queue>
#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/control/peer_info.h"

namespace hookcast::control {
namespace {

template <typename Number>
bool ReadDecimal(std::string_view text, Number* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

std::string PeerCursor::ToString() const {
  return absl::StrCat(static_cast<uint16_t>(shard), ".", sequence);
}

std::optional<PeerCursor> PeerCursor::Parse(std::string_view text) {
  if (text.empty()) return PeerCursor{};
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  uint16_t shard = 0;
  PeerCursor cursor;
  if (!ReadDecimal(text.substr(0, dot), &shard) ||
      !ReadDecimal(text.substr(dot + 1), &cursor.sequence)) {
    return std::nullopt;
  }
  cursor.shard = static_cast<ShardId>(shard);
  return cursor;
}

ShardPage TakePage(const pubsub::Hub& hub, const PeerFilter& filter, const PeerCursor& after,
                   size_t limit, const std::string& node) {
  ShardPage page;
  const bool passed = hub.shard() < after.shard;
  const uint64_t seen = hub.shard() == after.shard ? after.sequence : 0;
  // The least `limit` sequences, their greatest on top.
  std::priority_queue<std::pair<uint64_t, const pubsub::Peer*>> least;
  filter.Visit(hub, [&](const pubsub::Peer* peer) {
    ++page.total;
    const uint64_t sequence = peer->id().sequence;
    if (passed || sequence <= seen) return;
    if (least.size() == limit) {
      page.more = true;
      if (sequence > least.top().first) return;
      least.pop();
    }
    least.emplace(sequence, peer);
  });
  std::vector<std::pair<uint64_t, const pubsub::Peer*>> taken;
  for (; !least.empty(); least.pop()) taken.push_back(least.top());
  std::reverse(taken.begin(), taken.end());

  size_t bytes = 0;
  for (const auto& [sequence, peer] : taken) {
    v1::PeerInfo info = Describe(*peer, node);
    bytes += info.ByteSizeLong();
    if (bytes > kPageBytes && !page.peers.empty()) {
      page.more = true;
      break;
    }
    page.peers.push_back(std::move(info));
    page.sequences.push_back(sequence);
  }
  return page;
}

v1::ListPeersResponse MergePages(std::vector<ShardPage> pages, size_t limit) {
  v1::ListPeersResponse response;
  PeerCursor last;
  size_t bytes = 0;
  bool full = false;
  for (size_t shard = 0; shard < pages.size(); ++shard) {
    ShardPage& page = pages[shard];
    response.set_total(response.total() + page.total);
    for (size_t i = 0; i < page.peers.size() && !full; ++i) {
      bytes += page.peers[i].ByteSizeLong();
      full = static_cast<size_t>(response.peers_size()) == limit ||
             (bytes > kPageBytes && response.peers_size() > 0);
      if (full) break;
      *response.add_peers() = std::move(page.peers[i]);
      last = {static_cast<ShardId>(shard), page.sequences[i]};
    }
    // Peers that this shard left out come before the next shard's.
    full = full || page.more;
  }
  if (full) response.set_next_cursor(last.ToString());
  return response;
}

}  // namespace hookcast::control

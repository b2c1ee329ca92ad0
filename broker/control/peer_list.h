#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/base/ids.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::control {

// A place in the list of all nodes' peers, which is ordered by incarnation and, in it, as
// PeerCursor has it. It names the last peer seen, or where it would be.
struct PeerListCursor {
  PeerId last;  // all zero: the start

  std::string ToString() const;
  // The empty text is the start of the list; nullopt for anything else that ToString does not
  // write.
  static std::optional<PeerListCursor> Parse(std::string_view text);
};

// Which nodes to ask what for one page of that list, and how it comes together. Pure.
//
// In this order: First, Take for each of its questions, Second, Take, Finish.
class PeerListPlan {
 public:
  // What a node, by its place in the list of nodes, is to be asked.
  struct Question {
    size_t node;
    std::string cursor;  // as PeerCursor writes it
    uint32_t limit;
    bool for_total = false;  // alone: what it lists is of no interest
  };

  // `nodes` are incarnations, ascending.
  PeerListPlan(std::vector<uint64_t> nodes, PeerListCursor cursor, uint32_t limit);

  // All nodes: the first at or behind the cursor for its peers, the others for how many match.
  std::vector<Question> First() const;
  // As many of the nodes behind it as are needed to fill the page.
  std::vector<Question> Second() const;
  // What a node answered; an empty response where it did not.
  void Take(const Question& question, v1::ListPeersResponse response);
  v1::ListPeersResponse Finish();

 private:
  struct Node {
    uint64_t incarnation;
    uint64_t total = 0;
    bool asked = false;  // for its peers
    v1::ListPeersResponse page;
  };

  std::vector<Node> nodes_;
  const PeerListCursor cursor_;
  const uint32_t limit_;
  size_t first_;  // the first node at or behind the cursor
};

}  // namespace hookcast::control

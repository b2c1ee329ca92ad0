#include "broker/config/route_table.h"

#include <algorithm>
#include <utility>

namespace hookcast::config {

// The routes that share their first segments. At each node the children are tried from the most
// specific on, which is the order of PathPattern::MoreSpecificThan.
struct RouteTable::Node {
  StringMap<std::unique_ptr<Node>> literals;
  std::unique_ptr<Node> param;
  std::vector<std::pair<std::string, size_t>> rests;  // text before `*`, longest first
  std::optional<size_t> leaf;                         // the route that ends here
};

RouteTable::RouteTable(std::vector<Route> routes)
    : routes_(std::move(routes)), root_(std::make_unique<Node>()) {
  patterns_.reserve(routes_.size());
  for (size_t index = 0; index < routes_.size(); ++index) {
    absl::StatusOr<PathPattern> pattern = PathPattern::Parse(routes_[index].path);
    if (!pattern.ok()) {
      patterns_.push_back(std::nullopt);
      continue;
    }
    if (pattern->IsExact()) {
      exact_.emplace(pattern->text(), index);
    } else {
      Insert(*pattern, index);
    }
    patterns_.push_back(*std::move(pattern));
  }
}

RouteTable::~RouteTable() = default;

void RouteTable::Insert(const PathPattern& pattern, size_t index) {
  using Kind = PathPattern::Segment::Kind;
  Node* node = root_.get();
  for (const PathPattern::Segment& segment : pattern.segments()) {
    if (segment.kind == Kind::kRest) {
      const auto longer = [](const auto& a, const auto& b) {
        return a.first.size() > b.first.size();
      };
      std::pair<std::string, size_t> rest(segment.text, index);
      const auto place = std::upper_bound(node->rests.begin(), node->rests.end(), rest, longer);
      node->rests.insert(place, std::move(rest));
      return;
    }
    std::unique_ptr<Node>& child =
        segment.kind == Kind::kParam ? node->param : node->literals[segment.text];
    if (child == nullptr) child = std::make_unique<Node>();
    node = child.get();
  }
  if (!node->leaf) node->leaf = index;
}

// `rest` is empty where the path ends, else the '/' and what follows it.
const size_t* RouteTable::Find(const Node& node, std::string_view rest) {
  if (rest.empty()) return node.leaf ? &*node.leaf : nullptr;
  rest.remove_prefix(1);
  const std::string_view segment = rest.substr(0, rest.find('/'));
  const std::string_view tail = rest.substr(segment.size());
  if (const auto child = node.literals.find(segment); child != node.literals.end()) {
    if (const size_t* found = Find(*child->second, tail)) return found;
  }
  if (node.param != nullptr && !segment.empty()) {
    if (const size_t* found = Find(*node.param, tail)) return found;
  }
  for (const auto& [before, index] : node.rests) {
    if (rest.starts_with(before)) return &index;
  }
  return nullptr;
}

const Route* RouteTable::Match(std::string_view raw_path, Params* params) const {
  if (params != nullptr) params->clear();
  if (raw_path.empty() || raw_path.front() != '/') return nullptr;
  if (const auto exact = exact_.find(raw_path); exact != exact_.end()) {
    return &routes_[exact->second];
  }
  const size_t* index = Find(*root_, raw_path);
  if (index == nullptr) return nullptr;
  if (params != nullptr) patterns_[*index]->Match(raw_path, params);
  return &routes_[*index];
}

}  // namespace hookcast::config

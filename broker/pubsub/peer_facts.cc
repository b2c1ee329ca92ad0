#include "broker/pubsub/peer_facts.h"

namespace hookcast::pubsub {

void HeaderBlock::Add(std::string_view name, std::string_view value) {
  bytes_.append(name).push_back('\0');
  bytes_.append(value).push_back('\0');
}

void HeaderBlock::ForEach(
    absl::FunctionRef<void(std::string_view name, std::string_view value)> visit) const {
  std::string_view rest = bytes_;
  const auto take = [&rest] {
    const size_t end = rest.find('\0');
    const std::string_view field = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return field;
  };
  while (!rest.empty()) {
    const std::string_view name = take();
    visit(name, take());
  }
}

std::string_view PeerFacts::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view PeerFacts::query() const {
  const size_t mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

}  // namespace hookcast::pubsub

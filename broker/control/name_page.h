#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "broker/pubsub/hub.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::control {

// A namespace, or a topic of one, as it stands in a list: its topic is empty exactly where it is a
// namespace. Lists are ordered by name, so that one that was there and stays is seen once, whatever
// comes and goes meanwhile.
struct Name {
  std::string ns;
  std::string topic;

  friend auto operator<=>(const Name&, const Name&) = default;

  // The cursor of a list whose last entry this was.
  std::string ToCursor() const;
};

// Where a page begins: behind this name, or, without one, at the start.
using NameCursor = std::optional<Name>;

// The empty text is the start of the list. False for anything else that ToCursor does not write.
bool ReadNameCursor(std::string_view text, NameCursor* cursor);

// What one shard tells of a name.
struct NameEntry {
  Name name;
  uint64_t peers = 0;
  // Hashes of a namespace's topics, the same on every node: a topic may be on several shards, and
  // counts once.
  std::vector<uint64_t> topics;
};

// What one shard adds to a page, in the order of the names.
struct NamePage {
  std::vector<NameEntry> entries;
  bool more = false;  // there are others behind them
};

// The shard's first `limit` namespaces, or topics (of one namespace, or of all), behind the cursor.
// Holds memory for those alone, and ends before it grows beyond kPageBytes if it has one. On the
// hub's shard.
NamePage TakeNamespaces(const pubsub::Hub& hub, const NameCursor& after, size_t limit);
NamePage TakeTopics(const pubsub::Hub& hub, const std::optional<std::string>& ns,
                    const NameCursor& after, size_t limit);

// One page out of what each shard gave for the same cursor and limit. Names that more than one has
// are summed; `with_hashes` tells their topics' too, for another node to sum.
v1::ListNamespacesResponse MergeNamespaces(const std::vector<NamePage>& pages, size_t limit,
                                           bool with_hashes = false);
v1::ListTopicsResponse MergeTopics(const std::vector<NamePage>& pages, size_t limit);

// What another node adds to a page, out of what it gave for the same cursor and limit.
NamePage PageOf(const v1::ListNamespacesResponse& list);
NamePage PageOf(const v1::ListTopicsResponse& list);

}  // namespace hookcast::control

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "broker/base/clock.h"
#include "broker/base/string_map.h"
#include "broker/pubsub/message.h"
#include "broker/pubsub/position.h"

namespace hookcast::pubsub {

// What a namespace keeps of past messages.
struct HistoryLimits {
  size_t size = 0;  // the latest so many messages; 0: no history
  Duration age{0};  // and of those none that is older

  bool kept() const { return size != 0; }
  bool operator==(const HistoryLimits&) const = default;
};

// The limits of a namespace, by its name alone: the same at every node, for as long as it runs.
// Thread: any.
using HistoryLimitsOf = std::function<HistoryLimits(std::string_view ns)>;

using TopicSet = absl::flat_hash_set<std::string, StringHash, std::equal_to<>>;

// What is to be read of a namespace's history.
struct HistoryQuery {
  std::string ns;
  std::optional<Position> after;           // exclusive; absent: from the first that is held
  std::optional<uint64_t> until;           // a sequence, inclusive; absent: to the head
  std::shared_ptr<const TopicSet> topics;  // null: all
  size_t limit = 256;                      // messages
  size_t bytes = SIZE_MAX;                 // of payload; one message more may come
};

struct HistoryPage {
  std::vector<MessageRef> messages;  // in their order
  Position head;       // of the latest message, held or not; sequence 0 before the first
  uint64_t first = 1;  // the sequence of the oldest that is held; behind the head where none is
  // Messages behind `after` are not held any more, or `after` is of another epoch or above the
  // head: the page begins with the oldest that is held.
  bool gap = false;
  // All up to here was looked at: the next page's `after`. It may be short of the head though the
  // page holds fewer than `limit`, since a page looks at a bounded number of messages.
  Position scanned;
};

// FAILED_PRECONDITION where the namespace keeps no history, UNAVAILABLE where it cannot be reached.
using HistoryCallback = absl::AnyInvocable<void(absl::StatusOr<HistoryPage>)>;
using HeadCallback = absl::AnyInvocable<void(absl::StatusOr<Position>)>;

}  // namespace hookcast::pubsub

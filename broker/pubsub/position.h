#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hookcast::pubsub {

// A place in a namespace's history, where that is kept. Says where, never what: a message has one,
// and a client's position is that of the last one it has, or need not have.
//
// Sequences of one epoch run from 1 without holes. Another epoch is another history: nothing can be
// said of what lies between.
struct Position {
  uint64_t epoch = 0;
  uint64_t sequence = 0;

  // Epochs only ever grow.
  auto operator<=>(const Position&) const = default;
};

// What clients hold, and come back with: "<8 hex>.<epoch>.<sequence>", the first part of which is
// the namespace's, so that a client that changed its namespace is found out. The same at every node
// and in every version.
//
// `owes`: something of before that position is still owed to the client, which cannot be told where
// that begins; "!" follows. One that comes back with it has missed what it does not know of.
std::string ResumeId(std::string_view ns, Position position, bool owes = false);

// A position as a client names it.
struct ResumePoint {
  uint32_t ns_hash = 0;
  Position position;
  bool owes = false;

  bool IsOf(std::string_view ns) const;
};

// What ResumeId wrote; an application's own id may follow behind a semicolon. Null for anything
// else.
std::optional<ResumePoint> ParseResumeId(std::string_view text);

}  // namespace hookcast::pubsub

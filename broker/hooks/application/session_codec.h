#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "broker/hooks/hook_event.h"
#include "broker/hooks/upgrade_verdict.h"
#include "hookcast/v1/hooks.pb.h"

namespace hookcast::hooks {

// What one event was answered with.
using HookAnswer = absl::StatusOr<std::variant<UpgradeVerdict, HookReply>>;

// The application's side of a Session call, read.
struct Welcome {
  size_t credit_events = 0;
  size_t credit_bytes = 0;
};
struct Answers {
  std::vector<std::pair<std::string, HookAnswer>> by_event;
};
struct Ping {
  uint64_t number = 0;
};
struct Pong {
  uint64_t number = 0;
};
struct GoAway {
  std::string reason;  // cut to what a log line bears
};
using SessionNews = std::variant<Welcome, Answers, Ping, Pong, GoAway>;

inline constexpr size_t kDefaultCreditEvents = 1024;
inline constexpr size_t kDefaultCreditBytes = 4 << 20;

// Reads one message of an application. An answer that makes no sense is an error of its event
// alone; INVALID_ARGUMENT is for what leaves the whole stream in doubt. Pure; thread: any.
absl::StatusOr<SessionNews> ReadSessionReply(const v1::SessionReply& reply);

// A message that protobuf could not read whole (text that is not UTF-8, or more than 100 levels of
// messages in each other), read again with each answer by itself: one that cannot be read is an
// INVALID_ARGUMENT of its event. Errors: INVALID_ARGUMENT where that does not help, as these are no
// replies, or an answer names no event. Pure; thread: any.
absl::StatusOr<v1::SessionReply> ReadAnswersApart(const std::string& bytes);

// More answers in one message than this leave the stream in doubt.
inline constexpr int kMostAnswers = 16'384;

// Hooks that somebody waits for, or that end something: a part of all room is kept for them.
inline bool IsUrgent(Hook hook) { return hook == Hook::kUpgrade || hook == Hook::kClose; }

// The hook that an event is of, and its id. REQUIRES: it is set.
Hook HookOf(const v1::SessionEvent& event);
const std::string& EventIdOf(const v1::SessionEvent& event);

}  // namespace hookcast::hooks

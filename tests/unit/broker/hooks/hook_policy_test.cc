#include "broker/hooks/hook_policy.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>

#include "broker/hooks/hook_failure.h"

namespace hookcast::hooks {
namespace {

using absl::StatusCode;
using std::chrono::milliseconds;

config::Route RouteWithApplication() {
  config::Route route;
  route.path = "/r";
  route.application = "127.0.0.1:50051";
  return route;
}

TEST(HookPolicyTest, ARouteSendsTheHooksItLists) {
  config::Route route = RouteWithApplication();
  route.hooks = {.upgrade = false, .open = true, .message = false, .close = true, .error = false};
  const HookPolicy policy(route);
  EXPECT_FALSE(policy.Wants(Hook::kUpgrade));
  EXPECT_TRUE(policy.Wants(Hook::kOpen));
  EXPECT_FALSE(policy.Wants(Hook::kMessage));
  EXPECT_TRUE(policy.Wants(Hook::kClose));
  EXPECT_FALSE(policy.Wants(Hook::kError));
}

TEST(HookPolicyTest, EachHookHasItsDeadline) {
  config::Route route = RouteWithApplication();
  route.deadlines = {milliseconds(1), milliseconds(2), milliseconds(3), milliseconds(4),
                     milliseconds(5)};
  const HookPolicy policy(route);
  EXPECT_EQ(policy.deadline(Hook::kUpgrade), milliseconds(1));
  EXPECT_EQ(policy.deadline(Hook::kOpen), milliseconds(2));
  EXPECT_EQ(policy.deadline(Hook::kMessage), milliseconds(3));
  EXPECT_EQ(policy.deadline(Hook::kClose), milliseconds(4));
  EXPECT_EQ(policy.deadline(Hook::kError), milliseconds(5));
}

TEST(HookPolicyTest, StaticRulesAreAskedOnlyForWhatTheyDo) {
  config::Route route;
  route.path = "/r";
  route.static_rules.emplace();
  for (int hook = 0; hook < 5; ++hook) {
    EXPECT_FALSE(HookPolicy(route).Wants(static_cast<Hook>(hook))) << hook;
  }
  route.static_rules->subscribe = {"t"};
  EXPECT_TRUE(HookPolicy(route).Wants(Hook::kOpen));
  EXPECT_FALSE(HookPolicy(route).Wants(Hook::kMessage));
  route.static_rules->on_message = config::OnMessage::kEcho;
  EXPECT_TRUE(HookPolicy(route).Wants(Hook::kMessage));
  EXPECT_FALSE(HookPolicy(route).Wants(Hook::kClose));
  EXPECT_FALSE(HookPolicy(route).Wants(Hook::kUpgrade));
  route.static_rules->subscribe.clear();
  route.static_rules->query_topics = {"t"};
  EXPECT_TRUE(HookPolicy(route).Wants(Hook::kUpgrade));
  EXPECT_TRUE(HookPolicy(route).Wants(Hook::kOpen));
}

TEST(HookPolicyTest, OnlyUnavailableIsTriedAgainAndAsOftenAsTheRouteSays) {
  config::Route route = RouteWithApplication();
  route.hook_retries = 2;
  const HookPolicy policy(route);
  for (const Hook hook : {Hook::kOpen, Hook::kMessage, Hook::kError}) {
    EXPECT_TRUE(policy.RetryAfter(hook, absl::UnavailableError(""), 1, 0));
    EXPECT_TRUE(policy.RetryAfter(hook, absl::UnavailableError(""), 2, 0));
    EXPECT_FALSE(policy.RetryAfter(hook, absl::UnavailableError(""), 3, 0));
    for (const StatusCode code :
         {StatusCode::kDeadlineExceeded, StatusCode::kUnimplemented, StatusCode::kInternal,
          StatusCode::kResourceExhausted, StatusCode::kUnknown, StatusCode::kCancelled}) {
      EXPECT_FALSE(policy.RetryAfter(hook, absl::Status(code, ""), 1, 0));
    }
  }
  route.hook_retries = 0;
  EXPECT_FALSE(HookPolicy(route).RetryAfter(Hook::kOpen, absl::UnavailableError(""), 1, 0));
}

TEST(HookPolicyTest, ACloseIsTriedUntilItIsAnsweredWhateverTheRouteSays) {
  config::Route route = RouteWithApplication();
  route.hook_retries = 0;
  const HookPolicy policy(route);
  for (const StatusCode code : {StatusCode::kUnavailable, StatusCode::kDeadlineExceeded}) {
    for (const uint32_t attempt : {1u, 10u, 1'000u, UINT32_MAX}) {
      const auto wait =
          policy.RetryAfter(Hook::kClose, absl::Status(code, ""), attempt, UINT64_MAX);
      ASSERT_TRUE(wait) << attempt;
      EXPECT_LE(*wait, std::chrono::seconds(15));
      if (attempt > 9) {
        EXPECT_GE(*wait, std::chrono::seconds(7));
      }
    }
  }
  EXPECT_FALSE(policy.RetryAfter(Hook::kClose, absl::InternalError(""), 1, 0));
}

TEST(HookPolicyTest, WithoutRedeliverAMessageIsTriedAgainOnlyWhereItSurelyNeverArrived) {
  config::Route route = RouteWithApplication();
  route.redeliver = false;
  const HookPolicy policy(route);
  EXPECT_FALSE(
      policy.RetryAfter(Hook::kMessage, absl::UnavailableError("the answer is lost"), 1, 0));
  EXPECT_TRUE(policy.RetryAfter(Hook::kMessage, NeverSent("nobody is there"), 1, 0));
  // The other hooks are not messages.
  EXPECT_TRUE(policy.RetryAfter(Hook::kOpen, absl::UnavailableError("the answer is lost"), 1, 0));
  EXPECT_TRUE(policy.RetryAfter(Hook::kClose, absl::UnavailableError("the answer is lost"), 1, 0));
}

TEST(HookPolicyTest, AFailedMessageClosesItsPeerWhereTheRouteSaysSo) {
  config::Route route = RouteWithApplication();
  EXPECT_FALSE(HookPolicy(route).CloseOnMessageError());
  route.on_message_error = config::OnMessageError::kClose;
  EXPECT_TRUE(HookPolicy(route).CloseOnMessageError());
}

TEST(HookPolicyTest, AnUpgradeIsNeverTriedAgain) {
  EXPECT_EQ(HookPolicy(RouteWithApplication())
                .RetryAfter(Hook::kUpgrade, absl::UnavailableError(""), 1, 0),
            std::nullopt);
}

TEST(HookPolicyTest, TheWaitGrowsIsSpreadAndHasABound) {
  config::Route route = RouteWithApplication();
  route.hook_retries = 100;
  const HookPolicy policy(route);
  const auto wait = [&](uint32_t attempt, uint64_t random) {
    return *policy.RetryAfter(Hook::kMessage, absl::UnavailableError(""), attempt, random);
  };
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  EXPECT_GT(wait(1, 0), milliseconds(0));
  EXPECT_LT(wait(1, kMost), wait(4, kMost));
  EXPECT_NE(wait(3, 0), wait(3, 12'345));
  for (uint32_t attempt = 1; attempt <= 100; ++attempt) {
    EXPECT_LE(wait(attempt, kMost), milliseconds(2'000)) << attempt;
  }
}

TEST(HookPolicyTest, ResultsAreCountedByWhatTheStatusSays) {
  using metrics::HookResult;
  EXPECT_EQ(ResultOf(absl::OkStatus()), HookResult::kOk);
  EXPECT_EQ(ResultOf(absl::UnimplementedError("")), HookResult::kSkipped);
  EXPECT_EQ(ResultOf(absl::DeadlineExceededError("")), HookResult::kDeadline);
  EXPECT_EQ(ResultOf(absl::UnavailableError("")), HookResult::kUnavailable);
  EXPECT_EQ(ResultOf(absl::InternalError("")), HookResult::kFailed);
  EXPECT_EQ(ResultOf(absl::InvalidArgumentError("")), HookResult::kFailed);
}

}  // namespace
}  // namespace hookcast::hooks

#include "broker/metrics/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "tests/unit/broker/metrics/exposition.h"

namespace hookcast::metrics {
namespace {

using testing::ElementsAre;
using testing::Pair;

void ReadAll(Catalogue* catalogue) {
  catalogue->start_time_seconds.ReadFrom([] { return 1764190000.125; });
  catalogue->open_descriptors.ReadFrom([] { return 17; });
  catalogue->most_descriptors.ReadFrom([] { return 1024; });
  catalogue->resident_bytes.ReadFrom([] { return 123456789; });
  catalogue->uptime_seconds.ReadFrom([] { return 1.5; });
  catalogue->ready.ReadFrom([] { return 1; });
  catalogue->nodes.ReadFrom([] { return 3; });
  for (Levels* levels : {&catalogue->application_in_flight, &catalogue->application_waiting,
                         &catalogue->application_breaker_open, &catalogue->backplane_link_up,
                         &catalogue->build_info}) {
    levels->At("dns:///chat")->Add(2);
  }
}

std::map<std::string, ExposedFamily> Exposed(const Catalogue& catalogue) {
  auto families = ReadExposition(catalogue.Expose());
  EXPECT_TRUE(families.ok()) << families.status();
  return families.ok() ? *families : std::map<std::string, ExposedFamily>();
}

TEST(Catalogue, ExposesEveryMetricThatItDeclaresOnce) {
  std::ifstream file(HOOKCAST_CATALOGUE_HEADER);
  std::stringstream header;
  header << file.rdbuf();
  const std::string text = header.str();
  std::multiset<std::string> declared;
  // The others are those that Prometheus' own clients have.
  for (const char* quoted_prefix : {"\"hookcast_", "\"process_"}) {
    for (size_t at = text.find(quoted_prefix); at != std::string::npos;
         at = text.find(quoted_prefix, at)) {
      const size_t end = text.find('"', ++at);
      declared.insert(text.substr(at, end - at));
    }
  }
  ASSERT_GT(declared.size(), 20);

  Catalogue catalogue;
  ReadAll(&catalogue);
  std::multiset<std::string> exposed;
  for (const auto& [family, _] : Exposed(catalogue)) exposed.insert(family);
  EXPECT_EQ(exposed, declared);
}

TEST(Catalogue, FollowsPrometheusRulesOfNaming) {
  Catalogue catalogue;
  ReadAll(&catalogue);
  for (const auto& [name, family] : Exposed(catalogue)) {
    EXPECT_EQ(family.type == "counter", name.ends_with("_total")) << name;
    EXPECT_TRUE(family.help.ends_with(".")) << name;
    EXPECT_FALSE(family.samples.empty()) << name;
  }
}

TEST(Catalogue, NamesEveryValueOfItsEnumerations) {
  Catalogue catalogue;
  catalogue.refused.Add(Refusal::kMalformed, 1);
  catalogue.refused.Add(Refusal::kTooLarge, 2);
  catalogue.refused.Add(Refusal::kNoRoute, 3);
  catalogue.refused.Add(Refusal::kByApplication, 4);
  catalogue.refused.Add(Refusal::kHookFailed, 5);
  catalogue.refused.Add(Refusal::kTimeout, 6);
  catalogue.refused.Add(Refusal::kGone, 7);
  catalogue.refused.Add(Refusal::kShutdown, 8);
  catalogue.refused.Add(Refusal::kOrigin, 9);
  catalogue.refused.Add(Refusal::kConnections, 10);
  catalogue.refused.Add(Refusal::kConnectionsPerAddress, 11);
  catalogue.refused.Add(Refusal::kConnectRate, 12);
  catalogue.refused.Add(Refusal::kConnectRatePerAddress, 13);
  catalogue.over_limit.Add(PeerLimit::kMessagesPerSecond, 1);
  catalogue.over_limit.Add(PeerLimit::kBytesPerSecond, 2);
  catalogue.auth_refused.Add(AuthRefusal::kToken, 1);
  catalogue.auth_refused.Add(AuthRefusal::kScope, 2);
  catalogue.auth_refused.Add(AuthRefusal::kClusterToken, 3);
  catalogue.backplane_published.Add(BackplanePublish::kTaken, 1);
  catalogue.backplane_published.Add(BackplanePublish::kRefused, 2);
  catalogue.backplane_published.Add(BackplanePublish::kNotSent, 3);
  catalogue.backplane_published.Add(BackplanePublish::kUnknown, 4);
  catalogue.backplane_skipped.Add(BackplaneSkip::kOwn, 1);
  catalogue.backplane_skipped.Add(BackplaneSkip::kOld, 2);
  catalogue.backplane_skipped.Add(BackplaneSkip::kKey, 3);
  catalogue.backplane_skipped.Add(BackplaneSkip::kVersion, 4);
  catalogue.backplane_skipped.Add(BackplaneSkip::kMalformed, 5);
  catalogue.backplane_skipped.Add(BackplaneSkip::kNamespace, 6);
  catalogue.backplane_gaps.Add(Gap::kKnown, 1);
  catalogue.backplane_gaps.Add(Gap::kUnknown, 2);
  catalogue.dropped.Add(Drop::kSlowPeer, 1);
  catalogue.dropped.Add(Drop::kSlowPeerOldest, 2);
  catalogue.dropped.Add(Drop::kSlowPeerConflated, 3);
  catalogue.dropped.Add(Drop::kSlowPeerGap, 4);
  catalogue.dropped.Add(Drop::kPeerClosing, 5);
  catalogue.dropped.Add(Drop::kNotOpened, 6);
  catalogue.dropped.Add(Drop::kHookGivenUp, 7);
  catalogue.dropped.Add(Drop::kAction, 8);
  catalogue.dropped.Add(Drop::kBinaryEvent, 9);
  catalogue.dropped.Add(Drop::kInboxFull, 10);
  catalogue.hooks_sent.Add(Hook::kUpgrade, 1);
  catalogue.hooks_sent.Add(Hook::kOpen, 2);
  catalogue.hooks_sent.Add(Hook::kMessage, 3);
  catalogue.hooks_sent.Add(Hook::kClose, 4);
  catalogue.hooks_sent.Add(Hook::kError, 5);
  catalogue.hooks_sent.Add(Hook::kDrain, 6);
  catalogue.hooks_sent.Add(Hook::kResume, 7);
  catalogue.resumes.Add(Resume::kResumed, 1);
  catalogue.resumes.Add(Resume::kGap, 2);
  catalogue.resumes.Add(Resume::kTopicGap, 3);
  catalogue.gaps.Add(Gap::kKnown, 1);
  catalogue.gaps.Add(Gap::kUnknown, 2);
  catalogue.hook_results.Add(HookResult::kOk, 1);
  catalogue.hook_results.Add(HookResult::kSkipped, 2);
  catalogue.hook_results.Add(HookResult::kDeadline, 3);
  catalogue.hook_results.Add(HookResult::kUnavailable, 4);
  catalogue.hook_results.Add(HookResult::kFailed, 5);

  const auto exposed = Exposed(catalogue);
  const auto samples = [&](const std::string& family, const std::string& label,
                           const std::vector<std::string>& values) {
    std::map<std::string, double> expected;
    for (size_t i = 0; i < values.size(); ++i) {
      expected[family + "{" + label + "=\"" + values[i] + "\"}"] = static_cast<double>(i + 1);
    }
    EXPECT_EQ(exposed.at(family).samples, expected);
  };
  samples("hookcast_connections_refused_total", "cause",
          {"malformed", "too_large", "no_route", "by_application", "hook_failed", "timeout", "gone",
           "shutdown", "origin", "connections", "connections_per_address", "connect_rate",
           "connect_rate_per_address"});
  samples("hookcast_peers_over_limit_total", "limit", {"messages_per_second", "bytes_per_second"});
  samples("hookcast_auth_refused_total", "cause", {"token", "scope", "cluster_token"});
  samples("hookcast_backplane_published_total", "result",
          {"taken", "refused", "not_sent", "unknown"});
  samples("hookcast_backplane_skipped_total", "cause",
          {"own", "old", "key", "version", "malformed", "namespace"});
  samples("hookcast_backplane_gaps_total", "extent", {"known", "unknown"});
  samples("hookcast_dropped_total", "cause",
          {"slow_peer", "slow_peer_oldest", "slow_peer_conflated", "slow_peer_gap", "peer_closing",
           "not_opened", "hook_given_up", "action", "binary_event", "inbox_full"});
  samples("hookcast_gaps_total", "extent", {"known", "unknown"});
  samples("hookcast_hooks_sent_total", "hook",
          {"upgrade", "open", "message", "close", "error", "drain", "resume"});
  samples("hookcast_resumes_total", "result", {"resumed", "gap", "topic_gap"});
  samples("hookcast_hook_results_total", "result",
          {"ok", "skipped", "deadline", "unavailable", "failed"});
}

TEST(Catalogue, ExposesWhatWasCounted) {
  Catalogue catalogue;
  ReadAll(&catalogue);
  catalogue.peers.Add(3);
  catalogue.delivered.Add(1000000007);
  const auto exposed = Exposed(catalogue);
  EXPECT_THAT(exposed.at("hookcast_peers").samples, ElementsAre(Pair("hookcast_peers", 3)));
  EXPECT_THAT(exposed.at("hookcast_delivered_total").samples,
              ElementsAre(Pair("hookcast_delivered_total", 1000000007)));
  EXPECT_THAT(exposed.at("hookcast_resident_memory_bytes").samples,
              ElementsAre(Pair("hookcast_resident_memory_bytes", 123456789)));
  EXPECT_THAT(exposed.at("hookcast_ready").samples, ElementsAre(Pair("hookcast_ready", 1)));
}

}  // namespace
}  // namespace hookcast::metrics

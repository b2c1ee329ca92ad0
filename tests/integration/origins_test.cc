// Which pages may open a connection: each route's own list, before any hook.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

class OriginsTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(application_.Start());
    const auto route = [&](const std::string& path, const std::string& origins) {
      return "  - { path: " + path + ", allowed_origins: [" + origins +
             "], application: \"dns:///" + application_.address() + "\" }\n";
    };
    const std::string app = route("/app", "\"https://app.example\", \"http://localhost:3000\"");
    const std::string partner = route("/partner", "\"https://*.partner.example\", \"null\"");
    node_ =
        NodeProcess::Start("shards: 2\nroutes:\n" + (GetParam() ? app + partner : partner + app));
    ASSERT_NE(node_, nullptr);
  }

  // The status of a handshake with these Origin lines.
  int StatusFor(const std::string& path, const std::vector<std::string>& origins) {
    WebSocketClient::Options options;
    for (const std::string& origin : origins) options.headers.emplace_back("Origin", origin);
    const auto response = WebSocketClient::TryUpgrade(node_->clients(), path, options);
    if (!response.ok()) {
      ADD_FAILURE() << response.status();
      return 0;
    }
    if (response->status == 403) {
      EXPECT_NE(response->body.find("Origin"), std::string::npos);
      for (const std::string& origin : origins) {
        if (!origin.empty()) {
          EXPECT_EQ(response->raw.find(origin), std::string::npos) << "reflected: " << origin;
        }
      }
    }
    return response->status;
  }

  size_t Upgrades() const {
    const auto entries = application_.entries();
    return static_cast<size_t>(std::count_if(
        entries.begin(), entries.end(), [](const auto& entry) { return entry.hook == "upgrade"; }));
  }

  ScriptedApplication application_;
  std::unique_ptr<NodeProcess> node_;
};

INSTANTIATE_TEST_SUITE_P(Order, OriginsTest, ::testing::Bool(), [](const auto& first) {
  return first.param ? "AppFirst" : "PartnerFirst";
});

TEST_P(OriginsTest, B38SchemeHostAndPortOfTheRoutesOwnListOr403BeforeAnyHook) {
  struct Case {
    std::vector<std::string> origins;
    int app, partner;
  };
  const std::vector<Case> cases = {
      {{}, 101, 101},  // no browser
      {{"https://app.example"}, 101, 403},
      {{"https://app.example:443"}, 101, 403},
      {{"HTTPS://APP.Example"}, 101, 403},
      {{"http://localhost:3000"}, 101, 403},
      {{"https://a.partner.example"}, 403, 101},
      {{"https://a.b.partner.example"}, 403, 101},
      {{"null"}, 403, 101},
      {{"https://partner.example"}, 403, 403},
      {{"https://evilpartner.example"}, 403, 403},
      {{"https://a.partner.example.evil"}, 403, 403},
      {{"http://app.example"}, 403, 403},
      {{"https://app.example:8443"}, 403, 403},
      {{"http://localhost:3001"}, 403, 403},
      {{"https://evil.app.example"}, 403, 403},
      {{"https://app.example.evil"}, 403, 403},
      {{"https://app.example."}, 403, 403},
      {{"https://app.example/"}, 403, 403},
      {{"https://app.example@evil.example"}, 403, 403},
      {{"https://evil.example#.partner.example"}, 403, 403},
      {{"https://app.example, https://app.example"}, 403, 403},
      {{"https://app.example", "https://app.example"}, 403, 403},
      {{""}, 403, 403},
  };
  size_t accepted = 0;
  double refused = 0;
  for (const bool app_first : {true, false}) {
    for (const Case& each : cases) {
      const std::string what = each.origins.empty() ? "none" : each.origins[0];
      for (const bool app : {app_first, !app_first}) {
        const int expected = app ? each.app : each.partner;
        EXPECT_EQ(StatusFor(app ? "/app" : "/partner", each.origins), expected) << what;
        if (expected == 101) ++accepted;
        if (expected == 403) ++refused;
      }
    }
  }
  EXPECT_EQ(Upgrades(), accepted) << "no hook for those that were refused";
  EXPECT_EQ(node_->Metric("hookcast_connections_refused_total{cause=\"origin\"}"), refused);
}

}  // namespace
}  // namespace hookcast::testing

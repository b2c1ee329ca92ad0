// Which pages may open a connection: each route's own list, before any hook.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/integration/client/event_stream_client.h"
#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

class OriginsTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(application_.Start());
    const auto route = [&](const std::string& path, const std::string& origins) {
      return "  - { path: " + path + ", transports: [websocket, sse], allowed_origins: [" +
             origins + "], application: \"dns:///" + application_.address() + "\" }\n";
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

  // The same for an event stream. What the response says of origins goes into `*response`.
  int StreamStatusFor(const std::string& path, const std::vector<std::string>& origins,
                      HttpResponse* response) {
    HttpHeaders headers;
    for (const std::string& origin : origins) headers.emplace_back("Origin", origin);
    const auto client = EventStreamClient::Connect(node_->clients(), path, {.headers = headers});
    if (client.ok()) {
      *response = (*client)->response();
      return response->status;
    }
    headers.emplace_back("Accept", "text/event-stream");
    const auto refusal = HttpGet(node_->clients(), path, headers);
    if (!refusal.ok()) {
      ADD_FAILURE() << refusal.status();
      return 0;
    }
    *response = *refusal;
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

struct Case {
  std::vector<std::string> origins;
  // Whether it may connect.
  bool app, partner;
};

const std::vector<Case>& Cases() {
  static const auto* const cases = new std::vector<Case>{
      {{}, true, true},  // no browser
      {{"https://app.example"}, true, false},
      {{"https://app.example:443"}, true, false},
      {{"HTTPS://APP.Example"}, true, false},
      {{"http://localhost:3000"}, true, false},
      {{"https://a.partner.example"}, false, true},
      {{"https://a.b.partner.example"}, false, true},
      {{"null"}, false, true},
      {{"https://partner.example"}, false, false},
      {{"https://evilpartner.example"}, false, false},
      {{"https://a.partner.example.evil"}, false, false},
      {{"http://app.example"}, false, false},
      {{"https://app.example:8443"}, false, false},
      {{"http://localhost:3001"}, false, false},
      {{"https://evil.app.example"}, false, false},
      {{"https://app.example.evil"}, false, false},
      {{"https://app.example."}, false, false},
      {{"https://app.example/"}, false, false},
      {{"https://app.example@evil.example"}, false, false},
      {{"https://evil.example#.partner.example"}, false, false},
      {{"https://app.example, https://app.example"}, false, false},
      {{"https://app.example", "https://app.example"}, false, false},
      {{""}, false, false},
  };
  return *cases;
}

TEST_P(OriginsTest, B38SchemeHostAndPortOfTheRoutesOwnListOr403BeforeAnyHook) {
  size_t accepted = 0;
  double refused = 0;
  for (const bool app_first : {true, false}) {
    for (const Case& each : Cases()) {
      const std::string what = each.origins.empty() ? "none" : each.origins[0];
      for (const bool app : {app_first, !app_first}) {
        const int expected = (app ? each.app : each.partner) ? 101 : 403;
        EXPECT_EQ(StatusFor(app ? "/app" : "/partner", each.origins), expected) << what;
        if (expected == 101) ++accepted;
        if (expected == 403) ++refused;
      }
    }
  }
  EXPECT_EQ(Upgrades(), accepted) << "no hook for those that were refused";
  EXPECT_EQ(node_->Metric("hookcast_connections_refused_total{cause=\"origin\"}"), refused);
}

TEST_P(OriginsTest, B38TheSameForEventStreamsAndOnlyAListedPageMayReadThem) {
  size_t accepted = 0;
  double refused = 0;
  for (const bool app_first : {true, false}) {
    for (const Case& each : Cases()) {
      const std::string what = each.origins.empty() ? "none" : each.origins[0];
      for (const bool app : {app_first, !app_first}) {
        const bool may = app ? each.app : each.partner;
        HttpResponse response;
        EXPECT_EQ(StreamStatusFor(app ? "/app" : "/partner", each.origins, &response),
                  may ? 200 : 403)
            << what;
        accepted += may ? 1 : 0;
        refused += may ? 0 : 2;  // asked twice
        const bool named = may && !each.origins.empty();
        EXPECT_EQ(response.header("Access-Control-Allow-Origin"), named ? what : "") << what;
        EXPECT_EQ(response.HasHeader("Access-Control-Allow-Credentials"), named && what != "null")
            << what;
        EXPECT_EQ(response.header("Vary"), may ? "Origin" : "") << what;
        if (!may && !what.empty()) {
          EXPECT_EQ(response.raw.find(what), std::string::npos) << "reflected: " << what;
        }
      }
    }
  }
  EXPECT_EQ(Upgrades(), accepted) << "no hook for those that were refused";
  EXPECT_EQ(node_->Metric("hookcast_connections_refused_total{cause=\"origin\"}"), refused);
}

// Whatever the application says: cookies and any page do not go together.
TEST(AnyOriginTest, B38WhereAnyPageMayReadItIsNeverNamedAndNeverSentWithCredentials) {
  auto node = NodeProcess::Start(
      "routes:\n"
      "  - { path: /unsaid, transports: [sse], static: {} }\n"
      "  - { path: /any, transports: [sse], allowed_origins: [\"*\"], static: {} }\n");
  ASSERT_NE(node, nullptr);
  for (const char* path : {"/unsaid", "/any"}) {
    for (const char* origin : {"https://evil.example", "null", "file://", ""}) {
      const auto client = EventStreamClient::Connect(
          node->clients(), path, {.headers = {{"Origin", origin}, {"Cookie", "session=1"}}});
      ASSERT_TRUE(client.ok()) << client.status();
      const HttpResponse& response = (*client)->response();
      EXPECT_EQ(response.HeaderValues("Access-Control-Allow-Origin"),
                (std::vector<std::string>{"*"}));
      EXPECT_FALSE(response.HasHeader("Access-Control-Allow-Credentials"));
    }
  }
}

}  // namespace
}  // namespace hookcast::testing

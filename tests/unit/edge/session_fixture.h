#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/session.h"
#include "tests/unit/edge/test_shard.h"

namespace hookcast::edge {

inline constexpr hooks::CloseDetails kLost{1006, "", hooks::ClosedBy::kNetwork, false};

inline hooks::Action Subscribe(std::string topic) {
  return hooks::SubscribeAction{std::move(topic)};
}
inline hooks::Action SendText(std::string_view text) { return hooks::SendAction{TextData(text)}; }
inline hooks::Action PublishText(std::string topic, std::string_view text,
                                 bool include_self = false) {
  return hooks::PublishAction{std::move(topic), TextData(text), include_self};
}

// Sessions of one shard whose application is scripted.
class SessionFixture : public testing::Test {
 protected:
  // A node whose one route is "/r" with an application, changed by `change`.
  void Start(std::function<void(config::Route&)> change = nullptr) {
    config::Route route = TestShard::RouteAt("/r");
    if (change) change(route);
    node_.emplace(TestShard::ConfigOf({route}));
  }

  // Opens a peer whose open hook has been answered.
  TestShard::Opened OpenAnswered(std::string ns = "/r", std::vector<hooks::Action> actions = {}) {
    TestShard::Opened opened = node_->Open(std::move(ns));
    application().AnswerWith(std::move(actions));
    return opened;
  }

  // The client's message; what the session answered.
  static bool Say(const TestShard::Opened& peer, std::string_view text) {
    return peer.session->OnMessage(pubsub::DataKind::kText, text);
  }

  // The connection is over, and its socket gone.
  static void Leave(const TestShard::Opened& peer, hooks::CloseDetails details = kLost) {
    peer.session->OnClosed(std::move(details));
    peer.session->OnReleased();
  }

  void ExpectNothingLeft() {
    node_->RunReady();
    EXPECT_EQ(node_->shard().session_count(), 0);
    EXPECT_EQ(node_->GaugesLeft(), "");
  }

  fakes::ScriptedHookClient& application() { return node_->application(); }
  metrics::Catalogue& metrics() { return node_->metrics(); }

  std::optional<TestShard> node_;
};

}  // namespace hookcast::edge

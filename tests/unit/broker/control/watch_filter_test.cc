#include "broker/control/watch_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hookcast::control {
namespace {

using ::testing::HasSubstr;

struct Sent {
  explicit Sent(const std::string& ns, const std::string& topic) {
    message.ns = ns;
    message.topic = topic;
  }
  pubsub::Message message;
};

bool Passes(const v1::WatchRequest& request, const std::string& ns, const std::string& topic) {
  return WatchFilter::Read(request)->Passes(Sent(ns, topic).message);
}

TEST(WatchFilter, NamespaceAndTopicNarrowWhatPasses) {
  v1::WatchRequest request;
  EXPECT_TRUE(Passes(request, "/a", "t"));
  request.set_namespace_("/a");
  EXPECT_TRUE(Passes(request, "/a", "t"));
  EXPECT_FALSE(Passes(request, "/a/", "t"));
  request.set_topic("t");
  EXPECT_TRUE(Passes(request, "/a", "t"));
  EXPECT_FALSE(Passes(request, "/a", "u"));
  EXPECT_TRUE(WatchFilter::Read(request)->Passes(std::string_view("/a")));
  EXPECT_FALSE(WatchFilter::Read(request)->Passes(std::string_view("/b")));
  // The empty namespace is one like any other.
  request.set_namespace_("");
  EXPECT_TRUE(Passes(request, "", "t"));
  EXPECT_FALSE(Passes(request, "/a", "t"));
}

TEST(WatchFilter, NeitherMessagesNorPeersMeansBoth) {
  v1::WatchRequest request;
  EXPECT_TRUE(WatchFilter::Read(request)->wants().messages);
  EXPECT_TRUE(WatchFilter::Read(request)->wants().peers);
  request.set_messages(true);
  EXPECT_TRUE(WatchFilter::Read(request)->wants().messages);
  EXPECT_FALSE(WatchFilter::Read(request)->wants().peers);
  request.set_messages(false);
  request.set_peers(true);
  EXPECT_FALSE(WatchFilter::Read(request)->wants().messages);
  EXPECT_TRUE(WatchFilter::Read(request)->wants().peers);
}

TEST(WatchFilter, RefusesNamesAgainstTheLimits) {
  v1::WatchRequest request;
  request.set_namespace_(std::string(1025, 'n'));
  EXPECT_THAT(std::string(WatchFilter::Read(request).status().message()), HasSubstr("1025 bytes"));
  request.clear_namespace_();
  request.set_topic(std::string(256, 't'));
  EXPECT_EQ(WatchFilter::Read(request).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace hookcast::control

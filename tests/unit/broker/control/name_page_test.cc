#include "broker/control/name_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "broker/control/peer_page.h"
#include "tests/unit/broker/control/node_under_test.h"

namespace hookcast::control {
namespace {

using ::testing::ElementsAreArray;

TEST(NameCursor, ReadsWhatItWrites) {
  const Name names[] = {{"", ""},
                        {"", "t"},
                        {"/a", ""},
                        {"12.", "34."},
                        {std::string("\0n", 2), std::string("t\0", 2)},
                        {std::string(1024, 'n'), std::string(255, 't')}};
  for (const Name& name : names) {
    NameCursor read;
    ASSERT_TRUE(ReadNameCursor(name.ToCursor(), &read)) << name.ToCursor();
    EXPECT_EQ(read, name);
  }
  NameCursor start = Name{"x", ""};
  EXPECT_TRUE(ReadNameCursor("", &start));
  EXPECT_FALSE(start.has_value());
}

TEST(NameCursor, RefusesAnythingElse) {
  for (const char* text :
       {".", "1", "x.YQ", "-1.YQ", "2.YQ", "1.?", "1 .YQ", " 1.YQ", "18446744073709551616.YQ"}) {
    NameCursor read;
    EXPECT_FALSE(ReadNameCursor(text, &read)) << text;
  }
}

class NamePageTest : public ::testing::Test {
 protected:
  static constexpr size_t kShards = 3;

  v1::ListTopicsResponse Topics(size_t limit, const std::string& cursor,
                                std::optional<std::string> ns = std::nullopt) {
    NameCursor after;
    EXPECT_TRUE(ReadNameCursor(cursor, &after));
    std::vector<NamePage> pages;
    for (size_t shard = 0; shard < kShards; ++shard) {
      node_.OnShard(shard,
                    [&](pubsub::Hub& hub) { pages.push_back(TakeTopics(hub, ns, after, limit)); });
    }
    return MergeTopics(pages, limit);
  }

  v1::ListNamespacesResponse Namespaces(size_t limit, const std::string& cursor) {
    NameCursor after;
    EXPECT_TRUE(ReadNameCursor(cursor, &after));
    std::vector<NamePage> pages;
    for (size_t shard = 0; shard < kShards; ++shard) {
      node_.OnShard(shard,
                    [&](pubsub::Hub& hub) { pages.push_back(TakeNamespaces(hub, after, limit)); });
    }
    return MergeNamespaces(pages, limit);
  }

  // "namespace topic peers" of all, by following cursors.
  std::vector<std::string> WalkTopics(size_t limit, std::optional<std::string> ns = std::nullopt) {
    std::vector<std::string> all;
    std::string cursor;
    do {
      const v1::ListTopicsResponse page = Topics(limit, cursor, ns);
      EXPECT_LE(static_cast<size_t>(page.topics_size()), limit);
      for (const v1::TopicInfo& info : page.topics()) {
        all.push_back(info.namespace_() + " " + info.topic() + " " + std::to_string(info.peers()));
      }
      cursor = page.next_cursor();
      if (page.topics_size() == 0) break;
    } while (!cursor.empty());
    EXPECT_EQ(cursor, "");
    return all;
  }

  std::vector<std::string> WalkNamespaces(size_t limit) {
    std::vector<std::string> all;
    std::string cursor;
    do {
      const v1::ListNamespacesResponse page = Namespaces(limit, cursor);
      EXPECT_LE(static_cast<size_t>(page.namespaces_size()), limit);
      for (const v1::NamespaceInfo& info : page.namespaces()) {
        all.push_back(info.namespace_() + " " + std::to_string(info.peers()) + " " +
                      std::to_string(info.topics()));
      }
      cursor = page.next_cursor();
      if (page.namespaces_size() == 0) break;
    } while (!cursor.empty());
    EXPECT_EQ(cursor, "");
    return all;
  }

  NodeUnderTest node_{kShards};
};

TEST_F(NamePageTest, WhateverTheLimitEachNameComesOnceInOrderWithTheSumOfAllShards) {
  node_.AddPeer(0, "/b", {"t", "v"});
  node_.AddPeer(1, "/b", {"t"});
  node_.AddPeer(2, "/b", {"s", "t"});
  node_.AddPeer(2, "/a", {"z"});
  node_.AddPeer(1, "/c", {"a"});
  node_.AddPeer(0, "/quiet");
  node_.AddPeer(1, "", {"e"});
  for (size_t limit = 1; limit <= 8; ++limit) {
    EXPECT_THAT(WalkTopics(limit),
                ElementsAreArray({" e 1", "/a z 1", "/b s 1", "/b t 3", "/b v 1", "/c a 1"}))
        << limit;
    EXPECT_THAT(WalkTopics(limit, "/b"), ElementsAreArray({"/b s 1", "/b t 3", "/b v 1"}));
    EXPECT_THAT(WalkTopics(limit, "/none"), ElementsAreArray(std::vector<std::string>{}));
    EXPECT_THAT(WalkNamespaces(limit),
                ElementsAreArray({" 1 1", "/a 1 1", "/b 3 3", "/c 1 1", "/quiet 1 0"}))
        << limit;
  }
}

TEST_F(NamePageTest, WhatStaysIsSeenOnceWhateverComesAndGoesBetweenPages) {
  fakes::RecordingPeer* const gone = node_.AddPeer(0, "/a", {"1"});
  node_.AddPeer(1, "/a", {"2"});
  node_.AddPeer(2, "/a", {"4"});
  const v1::ListTopicsResponse first = Topics(2, "");
  ASSERT_EQ(first.topics_size(), 2);
  node_.OnShard(0, [&](pubsub::Hub& hub) { hub.Remove(gone); });
  node_.AddPeer(0, "/a", {"0", "3"});
  const v1::ListTopicsResponse second = Topics(2, first.next_cursor());
  ASSERT_EQ(second.topics_size(), 2);
  EXPECT_EQ(second.topics(0).topic(), "3");
  EXPECT_EQ(second.topics(1).topic(), "4");
  EXPECT_EQ(second.next_cursor(), "");
}

TEST_F(NamePageTest, APageOfLongNamesEndsBeforeItIsTooLarge) {
  constexpr int kNamespaces = 1500;
  for (int i = 0; i < kNamespaces; ++i) {
    std::string ns = std::to_string(10'000 + i);
    ns.resize(1000, 'n');
    node_.AddPeer(static_cast<size_t>(i) % kShards, ns, {"t"});
  }
  size_t seen = 0;
  std::string cursor;
  int pages = 0;
  do {
    const v1::ListNamespacesResponse page = Namespaces(2000, cursor);
    EXPECT_LE(page.ByteSizeLong(), kPageBytes + 5000);
    ASSERT_GT(page.namespaces_size(), 0);
    seen += static_cast<size_t>(page.namespaces_size());
    cursor = page.next_cursor();
    ++pages;
  } while (!cursor.empty());
  EXPECT_EQ(seen, static_cast<size_t>(kNamespaces));
  EXPECT_GT(pages, 1);
}

}  // namespace
}  // namespace hookcast::control

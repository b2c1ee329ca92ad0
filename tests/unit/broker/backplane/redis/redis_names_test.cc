#include "broker/backplane/redis/redis_names.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace hookcast::backplane {
namespace {

constexpr Incarnation kNode{0x1234};

TEST(RedisNames, BeginWithThePrefix) {
  const RedisNames names("hc", kNode);
  EXPECT_EQ(names.OfNamespace("/rooms/a"), "hc:ns:/rooms/a");
  EXPECT_EQ(names.announcements(), "hc:nodes");
  EXPECT_EQ(names.own(), "hc:node:0000000000001234");
}

TEST(RedisNames, EscapeWhatIsAHashTagOrAControlCharacter) {
  const RedisNames names("p", kNode);
  EXPECT_EQ(names.OfNamespace("{a}%"), "p:ns:%7Ba%7D%25");
  EXPECT_EQ(names.OfNamespace(std::string("a\0b\r\n\x7f", 6)), "p:ns:a%00b%0D%0A%7F");
  EXPECT_EQ(names.OfNamespace("*?[a]\\ \xc3\xa4"), "p:ns:*?[a]\\ \xc3\xa4");
  EXPECT_EQ(names.OfNamespace(""), "p:ns:%");
}

TEST(RedisNames, TellTwoNamespacesApartWhateverTheyHold) {
  const RedisNames names("p", kNode);
  std::set<std::string> seen;
  for (const std::string ns : {"", "%", "%25", "%7B", "{", "%7b", ":", "a", "A"}) {
    const std::string name = names.OfNamespace(ns);
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_EQ(names.NamespaceOf(name), ns);
  }
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  EXPECT_EQ(names.NamespaceOf(names.OfNamespace(all)), all);
}

TEST(RedisNames, ReadNothingThatTheyDidNotWrite) {
  const RedisNames names("p", kNode);
  for (const char* name : {"p:ns:", "p:ns:%7", "p:ns:%7b", "p:ns:%41", "p:ns:{", "p:ns:a%",
                           "p:ns:%GG", "q:ns:a", "p:nodes", "p:ns", ""}) {
    EXPECT_EQ(names.NamespaceOf(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace hookcast::backplane

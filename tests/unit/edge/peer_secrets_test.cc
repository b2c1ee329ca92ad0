#include "edge/peer_secrets.h"

#include <gtest/gtest.h>

#include <string>

namespace hookcast::edge {
namespace {

constexpr PeerId kPeer{Incarnation{7}, ShardId{1}, 3};

TEST(PeerSecrets, APeersSecretIs128BitsAndItsOwn) {
  const PeerSecrets secrets;
  const std::string secret = secrets.Of(kPeer);
  EXPECT_EQ(secret.size(), 32);
  EXPECT_EQ(secret, secrets.Of(kPeer));
  EXPECT_TRUE(secrets.Matches(kPeer, secret));
  PeerId other = kPeer;
  other.sequence = 4;
  EXPECT_NE(secrets.Of(other), secret);
  EXPECT_FALSE(secrets.Matches(other, secret));
}

TEST(PeerSecrets, NothingElseMatches) {
  const PeerSecrets secrets;
  const std::string secret = secrets.Of(kPeer);
  EXPECT_FALSE(secrets.Matches(kPeer, ""));
  EXPECT_FALSE(secrets.Matches(kPeer, secret.substr(1)));
  EXPECT_FALSE(secrets.Matches(kPeer, secret + "0"));
  std::string changed = secret;
  changed.back() = changed.back() == '0' ? '1' : '0';
  EXPECT_FALSE(secrets.Matches(kPeer, changed));
}

TEST(PeerSecrets, AnotherNodeHasOthers) {
  EXPECT_NE(PeerSecrets().Of(kPeer), PeerSecrets().Of(kPeer));
}

}  // namespace
}  // namespace hookcast::edge

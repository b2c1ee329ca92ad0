#include "edge/proxy_rules.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace hookcast::edge {
namespace {

using config::ProxyHeader;

constexpr std::string_view kProxy = "10.0.0.1:5000";

class ProxyRulesTest : public testing::Test {
 protected:
  void Trust(std::vector<std::string> networks, ProxyHeader header = ProxyHeader::kXForwardedFor) {
    proxies_ = {std::move(networks), 0, header};
  }
  void TrustHops(int hops, ProxyHeader header = ProxyHeader::kXForwardedFor) {
    proxies_ = {{}, hops, header};
  }

  // The address, and " tls" behind it where a proxy said so.
  std::string Resolve(std::string_view socket, const HttpHeaders& headers) const {
    const ClientAddress client = ProxyRules(proxies_).Resolve(socket, headers);
    return absl::StrCat(client.text, client.tls ? " tls" : "");
  }
  std::string ByXff(const std::string& value, std::string_view socket = kProxy) const {
    return Resolve(socket, {{"X-Forwarded-For", value}});
  }
  std::string ByForwarded(const std::string& value) const {
    return Resolve(kProxy, {{"Forwarded", value}});
  }

  config::ProxiesConfig proxies_;
};

TEST_F(ProxyRulesTest, NobodyIsTrustedUnlessConfigured) {
  EXPECT_EQ(Resolve("203.0.113.7:40312", {{"X-Forwarded-For", "192.0.2.1"},
                                          {"Forwarded", "for=192.0.2.1;proto=https"},
                                          {"X-Forwarded-Proto", "https"}}),
            "203.0.113.7:40312");
  EXPECT_EQ(Resolve("[2001:db8::1]:40312", {}), "[2001:db8::1]:40312");
}

TEST_F(ProxyRulesTest, WhoIsNoProxyIsNotBelieved) {
  Trust({"10.0.0.0/8"});
  EXPECT_EQ(Resolve("203.0.113.7:40312",
                    {{"X-Forwarded-For", "192.0.2.1"}, {"X-Forwarded-Proto", "https"}}),
            "203.0.113.7:40312");
}

TEST_F(ProxyRulesTest, TheFirstThatIsNoProxyFromTheRightIsTheClient) {
  Trust({"10.0.0.0/8", "2001:db8:1::/48"});
  EXPECT_EQ(ByXff("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(ByXff("192.0.2.1, 10.0.0.9,2001:db8:1::5 ,\t10.0.0.2"), "192.0.2.1");
  EXPECT_EQ(ByXff("198.51.100.1, 192.0.2.1, 10.0.0.9"), "192.0.2.1") << "what it made up is left";
  EXPECT_EQ(ByXff("10.0.0.7, 192.0.2.1"), "192.0.2.1") << "even an address of a proxy";
  EXPECT_EQ(ByXff("10.0.0.7, 10.0.0.8"), "10.0.0.7") << "a client inside";
  EXPECT_EQ(ByXff("192.0.2.1", "[::ffff:10.0.0.1]:5000"), "192.0.2.1");
}

TEST_F(ProxyRulesTest, SeveralLinesAreOneList) {
  Trust({"10.0.0.0/8"});
  EXPECT_EQ(Resolve(kProxy, {{"X-Forwarded-For", "198.51.100.1"},
                             {"x-forwarded-for", "192.0.2.1, 10.0.0.3"},
                             {"X-FORWARDED-FOR", "10.0.0.2"}}),
            "192.0.2.1");
}

TEST_F(ProxyRulesTest, PortsAndBracketsAreUnderstood) {
  Trust({"10.0.0.0/8"});
  EXPECT_EQ(ByXff("192.0.2.1:4711"), "192.0.2.1:4711");
  EXPECT_EQ(ByXff("[2001:db8::1]:4711, 10.0.0.2:80"), "[2001:db8::1]:4711");
  EXPECT_EQ(ByXff("[2001:db8::1]"), "2001:db8::1");
  EXPECT_EQ(ByXff("2001:DB8::1"), "2001:db8::1");
}

TEST_F(ProxyRulesTest, WhatIsNoAddressEndsTheWalkAtTheLastThatWasOne) {
  Trust({"10.0.0.0/8"});
  for (const char* garbage :
       {"unknown", "evil.example", "192.0.2.1:99999", "\"", "<b>", "192.0.2"}) {
    EXPECT_EQ(ByXff(absl::StrCat("192.0.2.1, ", garbage, ", 10.0.0.2")), "10.0.0.2") << garbage;
    EXPECT_EQ(ByXff(garbage), kProxy) << garbage;
  }
  EXPECT_EQ(ByXff(""), kProxy);
  EXPECT_EQ(ByXff(" , ,"), kProxy);
  EXPECT_EQ(Resolve(kProxy, {}), kProxy);
}

TEST_F(ProxyRulesTest, WithHopsSoManyAreWalkedPastWhateverTheirAddress) {
  TrustHops(1);
  EXPECT_EQ(ByXff("198.51.100.1, 192.0.2.1", "203.0.113.7:1"), "192.0.2.1");
  TrustHops(2);
  EXPECT_EQ(ByXff("198.51.100.1, 192.0.2.1, 203.0.113.8", "203.0.113.7:1"), "192.0.2.1");
  EXPECT_EQ(ByXff("192.0.2.1", "203.0.113.7:1"), "192.0.2.1") << "one proxy was left out";
  EXPECT_EQ(ByXff("192.0.2.1, nonsense", "203.0.113.7:1"), "203.0.113.7:1");
  EXPECT_EQ(Resolve("203.0.113.7:1", {}), "203.0.113.7:1");
}

TEST_F(ProxyRulesTest, ForwardedIsReadAsRfc7239HasIt) {
  Trust({"10.0.0.0/8"}, ProxyHeader::kForwarded);
  EXPECT_EQ(ByForwarded("for=192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(ByForwarded("For=\"[2001:db8::1]:4711\";by=10.0.0.1"), "[2001:db8::1]:4711");
  EXPECT_EQ(ByForwarded("for=198.51.100.1, for=192.0.2.1, for=10.0.0.2;by=10.0.0.1"), "192.0.2.1");
  EXPECT_EQ(ByForwarded("for=\"192.0.2.1:_port\""), "192.0.2.1");
  EXPECT_EQ(Resolve(kProxy, {{"Forwarded", "for=192.0.2.1"}, {"forwarded", "for=10.0.0.2"}}),
            "192.0.2.1");
  for (const char* hidden : {"for=unknown", "for=_hidden", "by=10.0.0.1", "for=", "192.0.2.1",
                             "for=\"192.0.2.1", "for=192.0.2.1;for=192.0.2.2"}) {
    EXPECT_EQ(ByForwarded(hidden), kProxy) << hidden;
    EXPECT_EQ(ByForwarded(absl::StrCat("for=192.0.2.1, ", hidden, ", for=10.0.0.2")), "10.0.0.2")
        << hidden;
  }
}

TEST_F(ProxyRulesTest, WhatAClientBeganToQuoteIsNoConcernOfTheProxys) {
  Trust({"10.0.0.0/8"}, ProxyHeader::kForwarded);
  EXPECT_EQ(ByForwarded("for=\"evil, for=192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(ByForwarded("for=198.51.100.1;by=\", for=\"[2001:db8::1]\""), "2001:db8::1");
}

TEST_F(ProxyRulesTest, TheOtherHeaderIsNotLookedAt) {
  const HttpHeaders both = {{"X-Forwarded-For", "192.0.2.1"}, {"Forwarded", "for=198.51.100.1"}};
  Trust({"10.0.0.0/8"});
  EXPECT_EQ(Resolve(kProxy, both), "192.0.2.1");
  Trust({"10.0.0.0/8"}, ProxyHeader::kForwarded);
  EXPECT_EQ(Resolve(kProxy, both), "198.51.100.1");
}

TEST_F(ProxyRulesTest, ATrustedProxySaysWhetherTheClientHasTls) {
  Trust({"10.0.0.0/8"});
  const auto by = [&](const std::string& xff, const std::string& proto) {
    return Resolve(kProxy, {{"X-Forwarded-For", xff}, {"X-Forwarded-Proto", proto}});
  };
  EXPECT_EQ(by("192.0.2.1", "https"), "192.0.2.1 tls");
  EXPECT_EQ(by("192.0.2.1", "HTTPS"), "192.0.2.1 tls");
  EXPECT_EQ(by("192.0.2.1", "wss"), "192.0.2.1 tls") << "as some proxies call it";
  EXPECT_EQ(by("192.0.2.1", "http"), "192.0.2.1");
  EXPECT_EQ(by("192.0.2.1", "https, http"), "192.0.2.1") << "the first was made up";
  EXPECT_EQ(by("192.0.2.1, 10.0.0.2", "https, http"), "192.0.2.1 tls");
  EXPECT_EQ(by("192.0.2.1, 10.0.0.2", "http, https"), "192.0.2.1");
  EXPECT_EQ(by("192.0.2.1, 10.0.0.2", "https"), "192.0.2.1 tls") << "one proxy set it";
  EXPECT_EQ(by("nonsense", "https"), absl::StrCat(kProxy.data(), " tls"));
  EXPECT_EQ(Resolve(kProxy, {{"X-Forwarded-Proto", "https"}}), absl::StrCat(kProxy.data(), " tls"));
}

TEST_F(ProxyRulesTest, InForwardedTlsIsSaidWithTheAddress) {
  Trust({"10.0.0.0/8"}, ProxyHeader::kForwarded);
  EXPECT_EQ(ByForwarded("for=192.0.2.1;proto=https"), "192.0.2.1 tls");
  EXPECT_EQ(ByForwarded("for=192.0.2.1;proto=https, for=10.0.0.2;proto=http"), "192.0.2.1 tls");
  EXPECT_EQ(ByForwarded("for=192.0.2.1, for=10.0.0.2;proto=https"), "192.0.2.1");
  EXPECT_EQ(ByForwarded("for=198.51.100.1;proto=https, for=192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(ByForwarded("for=unknown;proto=https"), absl::StrCat(kProxy.data(), " tls"));
  EXPECT_EQ(Resolve(kProxy, {{"Forwarded", "for=192.0.2.1"}, {"X-Forwarded-Proto", "https"}}),
            "192.0.2.1");
}

}  // namespace
}  // namespace hookcast::edge

#include "broker/hooks/grpc/target.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hookcast::hooks {
namespace {

// "host|port|server|authority".
std::string Name(std::string_view text) {
  const Target target = ParseTarget(text);
  const auto* const name = std::get_if<DnsName>(&target.what);
  if (name == nullptr) return "fixed";
  return name->host + "|" + std::to_string(name->port) + "|" + name->server + "|" +
         target.authority;
}

// "address address|authority".
std::string Addresses(std::string_view text) {
  const Target target = ParseTarget(text);
  const auto* const fixed = std::get_if<FixedAddresses>(&target.what);
  if (fixed == nullptr) return "name";
  std::string list;
  for (const std::string& address : fixed->addresses) {
    if (!list.empty()) list += " ";
    list += address;
  }
  return list + "|" + target.authority;
}

TEST(Target, ANameHasAHostAndAPort) {
  EXPECT_EQ(Name("app:1234"), "app|1234||app:1234");
  EXPECT_EQ(Name("app"), "app|50051||app:50051");
  EXPECT_EQ(Name("app:"), "app|50051||app:50051");
  EXPECT_EQ(Name("127.0.0.1:80"), "127.0.0.1|80||127.0.0.1:80");
  EXPECT_EQ(Name("dns:app:1"), "app|1||app:1");
  EXPECT_EQ(Name("dns:///app:65535"), "app|65535||app:65535");
  EXPECT_EQ(Name("dns:///app"), "app|50051||app:50051");
  EXPECT_EQ(Name("dns://app:7"), "app|7||app:7");
}

TEST(Target, ANameMayHaveItsServer) {
  EXPECT_EQ(Name("dns://192.0.2.1:53/app:7"), "app|7|192.0.2.1:53|app:7");
  EXPECT_EQ(Name("dns://192.0.2.1/app"), "app|50051|192.0.2.1|app:50051");
}

TEST(Target, Ipv6IsInBracketsWhereAPortFollows) {
  EXPECT_EQ(Name("[::1]:7"), "::1|7||[::1]:7");
  EXPECT_EQ(Name("[::1]"), "::1|50051||[::1]:50051");
  EXPECT_EQ(Name("::1"), "::1|50051||[::1]:50051");
  EXPECT_EQ(Name("dns:///[2001:db8::1]:7"), "2001:db8::1|7||[2001:db8::1]:7");
}

TEST(Target, APortThatIsNoneStaysWithTheNameWhichNobodyHas) {
  for (const std::string text : {"app:0", "app:65536", "app:-1", "app:80x", "app:https", "app: 1",
                                 "[::1]:99999", "[::1]x"}) {
    const Target target = ParseTarget(text);
    EXPECT_EQ(std::get<DnsName>(target.what).host, text);
  }
}

TEST(Target, FixedAddressesAreTakenApart) {
  EXPECT_EQ(Addresses("ipv4:192.0.2.1:7"), "ipv4:192.0.2.1:7|192.0.2.1:7");
  EXPECT_EQ(Addresses("ipv4:192.0.2.1:7,192.0.2.2:8"),
            "ipv4:192.0.2.1:7 ipv4:192.0.2.2:8|192.0.2.1:7");
  EXPECT_EQ(Addresses("ipv6:[2001:db8::1]:7,[::1]:8"),
            "ipv6:[2001:db8::1]:7 ipv6:[::1]:8|[2001:db8::1]:7");
  EXPECT_EQ(Addresses("ipv4:"), "|");
  EXPECT_EQ(Addresses("unix:/run/app.sock"), "unix:/run/app.sock|");
  EXPECT_EQ(Addresses("unix:///run/a,b.sock"), "unix:///run/a,b.sock|");
  EXPECT_EQ(Addresses("unix-abstract:app"), "unix-abstract:app|");
}

TEST(Target, AnythingCanBeTakenApart) {
  for (const std::string text : {"", ":", "::", "dns:", "dns://", "dns:///", "[", "]",
                                 "[]:", "http", "https://app:443", "ipv6:", "dns:///:7", "[::1"}) {
    ParseTarget(text);
  }
  EXPECT_EQ(Name("https://app:443"), "https://app:443|50051||[https://app:443]:50051");
}

TEST(Target, AnAddressIsATargetOfItsOwn) {
  EXPECT_EQ(AddressTarget("192.0.2.1", 7), "ipv4:192.0.2.1:7");
  EXPECT_EQ(AddressTarget("2001:db8::1", 7), "ipv6:[2001:db8::1]:7");
}

}  // namespace
}  // namespace hookcast::hooks

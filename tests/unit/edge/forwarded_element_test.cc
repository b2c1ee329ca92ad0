#include "edge/forwarded_element.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace hookcast::edge {
namespace {

// "for|proto".
std::string Read(std::string_view text) {
  ForwardedElement element;
  return ForwardedElement::Parse(text, &element) ? absl::StrCat(element.from, "|", element.proto)
                                                 : "none";
}

// The examples of RFC 7239, section 4, and more.
TEST(ForwardedElementTest, ForAndProtoAreFoundAmongTheOthers) {
  EXPECT_EQ(Read("for=\"_gazonk\""), "_gazonk|");
  EXPECT_EQ(Read("For=\"[2001:db8:cafe::17]:4711\""), "[2001:db8:cafe::17]:4711|");
  EXPECT_EQ(Read("for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60|http");
  EXPECT_EQ(Read("by=1.2.3.4; HOST=\"a;b=c\" ;PROTO=\"https\";for=unknown"), "unknown|https");
  EXPECT_EQ(Read("proto=https"), "|https");
  EXPECT_EQ(Read(""), "|");
  EXPECT_EQ(Read(";;for=a;"), "a|");
}

TEST(ForwardedElementTest, QuotedTextIsUnquoted) {
  EXPECT_EQ(Read(R"(for="a\"b\\c")"), R"(a"b\c|)");
  EXPECT_EQ(Read(R"(for="")"), "|");
}

TEST(ForwardedElementTest, ProxiesThatLeaveOutQuotesAreUnderstood) {
  EXPECT_EQ(Read("for=192.0.2.1:80"), "192.0.2.1:80|");
  EXPECT_EQ(Read("for=[2001:db8::1]:80;proto=https"), "[2001:db8::1]:80|https");
}

TEST(ForwardedElementTest, WhatBreaksTheGrammarIsNone) {
  for (const char* text :
       {"192.0.2.1", "for", "for=", "=a", "for =a", "for= a b", "f or=a", "for=\"a", "for=\"a\\",
        "for=\"a\\\"", "for=\"a\"b", "for=a\"b\"", "for=a=b", "for=a;for=b", "for=a;FOR=b",
        "proto=http;proto=https", "for=a;b"}) {
    EXPECT_EQ(Read(text), "none") << text;
  }
}

}  // namespace
}  // namespace hookcast::edge

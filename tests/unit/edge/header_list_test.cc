#include "edge/header_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hookcast::edge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> FromEnd(const std::vector<std::string>& lines) {
  HttpHeaders headers;
  for (const std::string& line : lines) {
    headers.emplace_back("x-LIST", line);
    headers.emplace_back("X-Other", "other");
  }
  HeaderListFromEnd list(headers, "X-List");
  std::vector<std::string> elements;
  while (const auto element = list.Next()) elements.emplace_back(*element);
  return elements;
}

TEST(HeaderListFromEndTest, ElementsComeFromTheLastToTheFirst) {
  EXPECT_THAT(FromEnd({"a, b,c"}), ElementsAre("c", "b", "a"));
  EXPECT_THAT(FromEnd({"a, b", "c", "d,e"}), ElementsAre("e", "d", "c", "b", "a"));
  EXPECT_THAT(FromEnd({}), IsEmpty());
}

TEST(HeaderListFromEndTest, SpacesAndEmptyElementsAreLeftOut) {
  EXPECT_THAT(FromEnd({" , a ,, \tb\t , ", "", ","}), ElementsAre("b", "a"));
  EXPECT_THAT(FromEnd({"a b"}), ElementsAre("a b"));
}

TEST(HeaderListFromEndTest, CommasInQuotedStringsDivideNothing) {
  EXPECT_THAT(FromEnd({R"(for="a,b", for=c)"}), ElementsAre("for=c", R"(for="a,b")"));
  EXPECT_THAT(FromEnd({R"(for="a\",b";x="\\", for=c)"}),
              ElementsAre("for=c", R"(for="a\",b";x="\\")"));
}

TEST(HeaderListFromEndTest, WhatAClientBeganToQuoteDoesNotSwallowWhatAProxyAdded) {
  EXPECT_THAT(FromEnd({R"(for="evil, for=192.0.2.1, for="[2001:db8::1]:1")"}).front(),
              R"(for="[2001:db8::1]:1")");
  EXPECT_THAT(FromEnd({R"(for="evil, for=192.0.2.1)"}).front(), "for=192.0.2.1");
  EXPECT_THAT(FromEnd({R"(for="evil\, for="[2001:db8::1]", for=192.0.2.1)"}).front(),
              "for=192.0.2.1");
  EXPECT_THAT(FromEnd({R"(evil="\)", "for=192.0.2.1"}).front(), "for=192.0.2.1");
}

}  // namespace
}  // namespace hookcast::edge

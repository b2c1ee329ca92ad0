#include "edge/websocket/http_grammar.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hookcast::websocket {
namespace {

TEST(HttpGrammarTest, TokensAreOfTheirCharactersAlone) {
  // RFC 9110, section 5.6.2.
  const std::string_view signs = "!#$%&'*+-.^_`|~";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool expected = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || signs.find(c) != std::string_view::npos;
    EXPECT_EQ(IsToken(std::string_view(&c, 1)), expected) << byte;
    EXPECT_EQ(IsToken(std::string("a") + c + "b"), expected) << byte;
  }
  EXPECT_FALSE(IsToken(""));
}

TEST(HttpGrammarTest, ListsGiveTheirElementsTrimmedAndSkipEmptyOnes) {
  struct Case {
    std::string_view list;
    std::vector<std::string_view> elements;
  };
  for (const Case& c : std::initializer_list<Case>{{"", {}},
                                                   {" ", {}},
                                                   {",", {}},
                                                   {" , ,\t,", {}},
                                                   {"a", {"a"}},
                                                   {" a ", {"a"}},
                                                   {"a,b", {"a", "b"}},
                                                   {"a ,\tb", {"a", "b"}},
                                                   {",a,,b,", {"a", "b"}},
                                                   {"a b, c", {"a b", "c"}}}) {
    std::string_view list = c.list;
    std::string_view element;
    std::vector<std::string_view> elements;
    while (NextListElement(&list, &element)) elements.push_back(element);
    EXPECT_EQ(elements, c.elements) << '\'' << c.list << '\'';
  }
}

TEST(HttpGrammarTest, ComparesAsciiLettersInEitherCase) {
  EXPECT_TRUE(EqualsIgnoringCase("WebSocket", "wEBsOCKET"));
  EXPECT_TRUE(EqualsIgnoringCase("", ""));
  EXPECT_FALSE(EqualsIgnoringCase("websocket", "websockets"));
  EXPECT_FALSE(EqualsIgnoringCase("websocket", "websocke"));
  EXPECT_FALSE(EqualsIgnoringCase("[", "{"));
  EXPECT_FALSE(EqualsIgnoringCase("@", "`"));
  EXPECT_FALSE(EqualsIgnoringCase("\xC3\x89", "\xC3\xA9"));
  EXPECT_FALSE(EqualsIgnoringCase("k", "\xE2\x84\xAA"));  // the Kelvin sign
}

TEST(HttpGrammarTest, HostsAreANameOrAnAddressWithOrWithoutAPort) {
  // RFC 9110, section 7.2; RFC 3986, section 3.2.2.
  for (const std::string_view host :
       {"example.com", "example.com:8080", "localhost:", "127.0.0.1:80", "[::1]", "[::1]:8080",
        "a_b-c.example", "xn--bcher-kva.example", "a%20b", "a!$&'()*+,;=b", "EXAMPLE.COM."}) {
    EXPECT_TRUE(IsHost(host)) << host;
  }
  for (const std::string_view host :
       {"",        ":80",    "a b",   "a:b",      "a:80:80", "user@host",
        "a/b",     "a?b",    "a#b",   "http://a", "[::1",    "[]",
        "[::1]80", "[::1]x", "::1",   "a%2",      "a%zz",    "\xC3\xA9.example",
        "a\x01",   "a\"b",   "[a/b]", "a:80 ",    "a, b"}) {
    EXPECT_FALSE(IsHost(host)) << host;
  }
}

TEST(HttpGrammarTest, TargetsAreAPathOrAnHttpUrlWithoutFragment) {
  // RFC 6455, sections 3 and 4.2.1.
  for (const std::string_view target :
       {"/", "/chat", "/chat?a=b&c", "/a%20b", "/%", "//a", "/a{b}|c", "http://example.com",
        "http://example.com/", "http://example.com?q", "HTTPS://example.com:443/chat?a=b",
        "http://[::1]:8080/"}) {
    EXPECT_TRUE(IsHandshakeTarget(target)) << target;
  }
  for (const std::string_view target : {"",
                                        "*",
                                        "chat",
                                        "?a",
                                        "example.com:80",
                                        "/a#b",
                                        "/#",
                                        "/a b",
                                        "/\x7F",
                                        "/\x01",
                                        "/\xC3\xA9",
                                        "http://",
                                        "http:///",
                                        "http:/a",
                                        "http://user@example.com/",
                                        "http://a b/",
                                        "http://a/#f",
                                        "ftp://example.com/",
                                        "ws://example.com/",
                                        "http"}) {
    EXPECT_FALSE(IsHandshakeTarget(target)) << target;
  }
}

TEST(HttpGrammarTest, ExtensionsFollowSection91) {
  struct Case {
    std::string_view line;
    int extensions;  // -1: malformed
  };
  for (const Case& c : std::initializer_list<Case>{
           {"", 0},
           {" ", 0},
           {",", 0},
           {"permessage-deflate", 1},
           {"permessage-deflate; client_max_window_bits", 1},
           {"permessage-deflate;client_max_window_bits=15;server_no_context_takeover", 1},
           {"permessage-deflate ; client_max_window_bits = 15", 1},
           {"permessage-deflate; client_max_window_bits=\"15\"", 1},
           {"permessage-deflate; a=\"\\1\\5\"", 1},
           {"foo, bar; baz=2", 2},
           {"foo; a, foo; b", 2},
           {",foo,, bar,", 2},
           {"x-webkit-deflate-frame", 1},
           {"foo bar", -1},
           {"foo;", -1},
           {"foo;;a", -1},
           {"foo; =1", -1},
           {"foo; a=", -1},
           {"foo; a=1 2", -1},
           {"foo; a=\"", -1},
           {"foo; a=\"1", -1},
           {"foo; a=\"\"", -1},
           {"foo; a=\"1 2\"", -1},
           {"foo; a=\"1,2\"", -1},
           {"foo; a=\" 1\"", -1},
           {"foo; a=\"1\"2", -1},
           {"foo; a=\"1\\", -1},
           {"foo; a=\"\\\"\"", -1},
           {"=foo", -1},
           {"foo=bar", -1},
           {"\"foo\"", -1},
           {"foo; a=b=c", -1},
           {"foo, bar baz", -1},
           {"foo\x01", -1},
           {"f\xC3\xB6o", -1},
           {"; a", -1},
           {"(foo)", -1}}) {
    size_t extensions = 0;
    const bool good = ReadExtensions(c.line, [&](const Extension&) { ++extensions; });
    EXPECT_EQ(good, c.extensions >= 0) << c.line;
    if (good) {
      EXPECT_EQ(extensions, static_cast<size_t>(c.extensions)) << c.line;
    }
  }
}

TEST(HttpGrammarTest, ExtensionsAreToldWithTheirParameters) {
  std::string told;
  EXPECT_TRUE(ReadExtensions("a; b ;c = 1; c=\"2\\3\", ,d;\te=f", [&](const Extension& extension) {
    told.append("<").append(extension.name);
    for (const auto& [name, value] : extension.parameters) {
      told.append(" ").append(name);
      if (value) told.append("=").append(*value);
    }
    told.append(">");
  }));
  EXPECT_EQ(told, "<a b c=1 c=23><d e=f>");
}

TEST(HttpGrammarTest, ExtensionsBeforeAFaultAreTold) {
  std::string told;
  EXPECT_FALSE(ReadExtensions("a, b c, d",
                              [&](const Extension& extension) { told.append(extension.name); }));
  EXPECT_EQ(told, "a");
}

}  // namespace
}  // namespace hookcast::websocket

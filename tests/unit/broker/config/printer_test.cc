#include "broker/config/printer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "broker/config/keys.h"
#include "tests/unit/broker/config/load_yaml.h"

namespace hookcast::config {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(PrinterTest, TheDefaultsAreAllPrinted) {
  EXPECT_EQ(PrintConfig(Config()),
            "listen: 127.0.0.1:8080\n"
            "shards: 0\n"
            "insecure: false\n"
            "admin:\n"
            "  listen: 127.0.0.1:8081\n"
            "  hosts: []\n"
            "control:\n"
            "  listen: 127.0.0.1:8082\n"
            "  advertise: \"\"\n"
            "auth:\n"
            "  tokens: []\n"
            "cluster:\n"
            "  token: \"\"\n"
            "  token_file: \"\"\n"
            "backplane:\n"
            "  kind: memory\n"
            "  url: \"\"\n"
            "  username: \"\"\n"
            "  password: \"\"\n"
            "  password_file: \"\"\n"
            "  database: 0\n"
            "  prefix: hookcast\n"
            "log:\n"
            "  level: info\n"
            "  format: auto\n"
            "websocket:\n"
            "  ping_interval: 25s\n"
            "  pong_timeout: 10s\n"
            "  close_timeout: 5s\n"
            "sse:\n"
            "  keepalive: 15s\n"
            "  retry: 2s\n"
            "  max_age: 0s\n"
            "http:\n"
            "  header_timeout: 10s\n"
            "  max_header_bytes: 16KiB\n"
            "  max_headers: 100\n"
            "  max_target_bytes: 8KiB\n"
            "proxies:\n"
            "  trusted: []\n"
            "  hops: 0\n"
            "  header: x-forwarded-for\n"
            "shutdown:\n"
            "  timeout: 20s\n"
            "  ready_delay: 0s\n"
            "  drain: 10s\n"
            "history:\n"
            "  memory: 256MiB\n"
            "namespaces: []\n"
            "routes: []\n");
}

TEST(PrinterTest, WhatIsPrintedLoadsBack) {
  Config config;
  config.listen = {"::", 0};
  config.shards = 256;
  config.insecure = true;
  config.admin = {{"0.0.0.0", 1}, {"node", "admin.example"}};
  config.auth.tokens = {{"/run/a b", {Scope::kRead}}, {"c", {Scope::kPublish, Scope::kManage}}};
  config.backplane.url = "redis://h:6379/0";
  config.log = {LogLevel::kWarn, LogFormat::kJson};
  config.websocket = {milliseconds(0), milliseconds(1), milliseconds(90'000)};
  config.http = {milliseconds(1500), 1000, 5, 1536};
  config.proxies = {{"10.0.0.0/8", "::1"}, 0, ProxyHeader::kForwarded};
  Route application;
  application.path = "/a/{x}/*";
  application.application = "unix:/run/a";
  application.allowed_origins = {"https://*.example.com", "null", "http://[::1]:3000"};
  application.namespace_template = "{x}";
  application.hooks = {false, true, false, true, false};
  application.deadlines.open = milliseconds(7);
  application.hook_retries = 0;
  application.hook_window = {2, 3};
  application.limits = {1025, 9, 2048, 0, 65536, 1, 2, 3, 4, 5, 6144};
  Route rules;
  rules.path = "/b";
  rules.hooks = {false, false, false, false, false};
  rules.static_rules = StaticRules{{"t", "u"}, OnMessage::kPublish, "v", {"q", "r-*", "*"}};
  config.routes = {application, rules};
  EXPECT_EQ(ConfigOf(PrintConfig(config)), config);
}

TEST(PrinterTest, TextThatYamlWouldReadAsSomethingElseLoadsBack) {
  for (const char* text : {"null",
                           "~",
                           "true",
                           "5",
                           "a: b",
                           "- a",
                           "#a",
                           "a #b",
                           "[a]",
                           "*a",
                           "&a",
                           "!a",
                           "%a",
                           "@a",
                           "`a",
                           "'a",
                           "\"a\"",
                           "a\nb",
                           " a ",
                           "a\tb",
                           "\\n",
                           "|",
                           ">",
                           "?",
                           "---",
                           "\x01",
                           "\x7f",
                           "caf\xc3\xa9",
                           "\xf0\x9f\x98\x80",
                           "\xe2\x80\xa8",
                           "\xef\xbb\xbf",
                           "a,b",
                           "=",
                           "<<"}) {
    Config config;
    Route route;
    route.path = "/b";
    route.namespace_template = text;
    route.hooks = {false, false, false, false, false};
    route.static_rules = StaticRules{{text}, OnMessage::kPublish, text, {}};
    config.routes = {route};
    EXPECT_EQ(ConfigOf(PrintConfig(config)), config) << PrintConfig(config);
  }
}

TEST(PrinterTest, FiveThousandRoutesLoadBack) {
  Config config;
  for (int i = 0; i < 5000; ++i) {
    Route& route = config.routes.emplace_back();
    route.path = absl::StrCat("/r", i, "/{x}");
    route.application = "h:1";
  }
  EXPECT_EQ(ConfigOf(PrintConfig(config)), config);
}

TEST(PrinterTest, ThePasswordOfTheBackplaneIsHidden) {
  Config config;
  for (const char* secret : {"s3cr3t", "s3cr3t%40x", "s3cr3t@x", "s3cr3t/x?y#z", "s3cr3t\nx"}) {
    config.backplane.url = absl::StrCat("redis://user:", secret, "@host:6379");
    EXPECT_THAT(PrintConfig(config), Not(HasSubstr("s3cr3t")));
    EXPECT_THAT(PrintConfig(config), HasSubstr("redis://user:***@host:6379"));
  }
  config.backplane.password = "s3cr3t";
  EXPECT_THAT(PrintConfig(config), Not(HasSubstr("s3cr3t")));
  EXPECT_THAT(PrintConfig(config), HasSubstr("  password: \"***\"\n"));
  // All else loads back.
  Config expected = config;
  expected.backplane.password = "***";
  expected.backplane.url = "redis://user:***@host:6379";
  EXPECT_EQ(ConfigOf(PrintConfig(config)), expected);
}

TEST(PrinterTest, TheReferenceHasARowOfFiveCellsForEachKey) {
  const std::string reference = ConfigReference();
  EXPECT_THAT(reference,
              HasSubstr("| `websocket.ping_interval` | duration, 0s to 1h | `25s` | ms, s, "
                        "m or h | How long a peer may be silent until it is pinged. 0: "
                        "never. |\n"));
  EXPECT_THAT(reference,
              HasSubstr("| `routes[].limits.topics` | integer, 0 to 100000 | `128` | topics "
                        "| Most topics"));
  size_t rows = 0;
  for (size_t at = 0; at < reference.size(); ++rows) {
    const size_t end = reference.find('\n', at);
    const std::string row = reference.substr(at, end - at);
    EXPECT_EQ(std::count(row.begin(), row.end(), '|'), 6) << row;
    at = end + 1;
  }
  EXPECT_EQ(rows, AllKeys().size() + 2);
}

}  // namespace
}  // namespace hookcast::config

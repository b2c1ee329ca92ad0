#include "broker/config/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "tests/unit/broker/config/load_yaml.h"

namespace hookcast::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

CommandLine Sets(std::vector<std::string> sets) { return CommandLine{.sets = std::move(sets)}; }

std::string ErrorsWithoutFile(const Environment& environment,
                              const CommandLine& command_line = {}) {
  return std::string(LoadConfig(command_line, environment).status().message());
}

// ---- what loads -------------------------------------------------------------------------------

TEST(LoaderTest, NoFileAndAnEmptyFileGiveTheDefaults) {
  EXPECT_EQ(*LoadConfig({}, {}), Config());
  for (const char* yaml : {"", "\n", "# nothing\n", "---\n", "{}\n"}) {
    EXPECT_EQ(ConfigOf(yaml), Config()) << yaml;
  }
  EXPECT_EQ(Config().listen.ToString(), "127.0.0.1:8080");
  EXPECT_EQ(Config().admin.listen.ToString(), "127.0.0.1:8081");
  EXPECT_EQ(Config().control.listen.ToString(), "127.0.0.1:8082");
}

TEST(LoaderTest, TheExampleOfTheManualLoads) {
  const Config config = ConfigOf(R"(
listen: 127.0.0.1:8080
shards: 0                                  # 0: one for each core
admin:     { listen: 127.0.0.1:8081 }
control:   { listen: 127.0.0.1:8082 }
backplane: { kind: memory }                # or { kind: redis, url: redis://127.0.0.1:6379 }
routes:
  - { path: /echo, static: { on_message: echo } }
  - { path: /sub, namespace: bench, static: { subscribe: [bench] } }
  - { path: /pub, namespace: bench, static: { on_message: publish, topic: bench } }
  - { path: "/rooms/{room}", application: "dns:///127.0.0.1:50051" }
)");
  ASSERT_EQ(config.routes.size(), 4u);
  EXPECT_EQ(config.routes[0].path, "/echo");
  EXPECT_EQ(config.routes[0].static_rules->on_message, OnMessage::kEcho);
  EXPECT_EQ(config.routes[0].hooks, (HookSet{false, false, false, false, false}));
  EXPECT_EQ(config.routes[1].namespace_template, "bench");
  EXPECT_THAT(config.routes[1].static_rules->subscribe, ElementsAre("bench"));
  EXPECT_EQ(config.routes[1].static_rules->on_message, OnMessage::kIgnore);
  EXPECT_EQ(config.routes[2].static_rules->on_message, OnMessage::kPublish);
  EXPECT_EQ(config.routes[2].static_rules->topic, "bench");
  EXPECT_EQ(config.routes[3].application, "dns:///127.0.0.1:50051");
  EXPECT_EQ(config.routes[3].hooks, HookSet());
  EXPECT_FALSE(config.routes[3].static_rules);
}

TEST(LoaderTest, EveryKeyCanBeSet) {
  const Config config = ConfigOf(R"(
listen: 0.0.0.0:1
shards: 3
insecure: true
admin: { listen: "[::]:2", hosts: [admin.example, node] }
control: { listen: 0.0.0.0:3 }
auth: { tokens: [{ file: /run/a, scopes: [publish, read] }, { file: b, scopes: [manage] }] }
backplane: { kind: memory, url: redis://h }
log: { level: debug, format: text }
websocket: { ping_interval: 0, pong_timeout: 250ms, close_timeout: 1m }
http: { header_timeout: 1s, max_header_bytes: 1KiB, max_headers: 7, max_target_bytes: 100 }
shutdown: { timeout: 1h }
routes:
  - path: /a/{x}/*
    transports: [websocket]
    application: unix:/run/a
    namespace: n-{x}{path}
    hooks: [message, close]
    deadlines: { upgrade: 1s, open: 2s, message: 3s, close: 4s, error: 5ms }
    hook_retries: 0
    hook_window: { messages: 1, bytes: 2 }
    limits: { message: 1, fragments: 2, queue: 3, topics: 0, context: 0 }
)");
  Config expected;
  expected.listen = {"0.0.0.0", 1};
  expected.shards = 3;
  expected.insecure = true;
  expected.admin = {{"::", 2}, {"admin.example", "node"}};
  expected.auth.tokens = {{"/run/a", {Scope::kPublish, Scope::kRead}}, {"b", {Scope::kManage}}};
  expected.control.listen = {"0.0.0.0", 3};
  expected.backplane.url = "redis://h";
  expected.log = {LogLevel::kDebug, LogFormat::kText};
  expected.websocket = {milliseconds(0), milliseconds(250), seconds(60)};
  expected.http = {seconds(1), 1024, 7, 100};
  expected.shutdown.timeout = std::chrono::hours(1);
  Route& route = expected.routes.emplace_back();
  route.path = "/a/{x}/*";
  route.application = "unix:/run/a";
  route.namespace_template = "n-{x}{path}";
  route.hooks = {false, false, true, true, false};
  route.deadlines = {seconds(1), seconds(2), seconds(3), seconds(4), milliseconds(5)};
  route.hook_retries = 0;
  route.hook_window = {1, 2};
  route.limits = {1, 2, 3, 0, 0};
  EXPECT_EQ(config, expected);
}

TEST(LoaderTest, EmptyGroupsAndListsAreDefaults) {
  EXPECT_EQ(ConfigOf("log:\nwebsocket: {}\nroutes:\n"), Config());
  EXPECT_EQ(ConfigOf("routes: [{path: /a, static: {}}]").routes[0].static_rules, StaticRules());
  EXPECT_EQ(ConfigOf("routes: [{path: /a, static: }]").routes[0].static_rules, StaticRules());
}

TEST(LoaderTest, AnchorsShareValuesBetweenRoutes) {
  const Config config = ConfigOf(
      "routes:\n"
      "  - {path: /a, application: x, deadlines: &d {open: 1s}}\n"
      "  - {path: /b, application: x, deadlines: *d}\n");
  EXPECT_EQ(config.routes[1].deadlines.open, seconds(1));
}

TEST(LoaderTest, FiveThousandRoutesLoad) {
  std::string yaml = "routes:\n";
  for (int i = 0; i < 5000; ++i) {
    absl::StrAppend(&yaml, "  - {path: '/r", i, "/{x}', namespace: 'n-{x}', application: 'h:1', ",
                    "deadlines: {open: 1s}, limits: {topics: 3}}\n");
  }
  EXPECT_EQ(ConfigOf(yaml).routes.size(), 5000u);
}

// ---- priority ---------------------------------------------------------------------------------

TEST(LoaderTest, TheEnvironmentGoesBeforeTheFileAndFlagsBeforeBoth) {
  const std::string yaml = "shards: 1\nlog: {level: warn, format: json}\nhttp: {max_headers: 50}\n";
  const Environment environment{{"HOOKCAST_SHARDS", "2"}, {"HOOKCAST_LOG_LEVEL", "error"}};
  const Config config = ConfigOf(yaml, environment, Sets({"shards=3"}));
  EXPECT_EQ(config.shards, 3);
  EXPECT_EQ(config.log.level, LogLevel::kError);
  EXPECT_EQ(config.log.format, LogFormat::kJson);
  EXPECT_EQ(config.http.max_headers, 50);
}

TEST(LoaderTest, OfTwoSetsOfOneKeyTheLastCounts) {
  EXPECT_EQ(LoadConfig(Sets({"shards=1", "shards=2"}), {})->shards, 2);
}

TEST(LoaderTest, TheConfigFlagGoesBeforeItsVariable) {
  const TemporaryFile file("shards: 5\n");
  EXPECT_EQ(LoadConfig({}, {{"HOOKCAST_CONFIG", file.path()}})->shards, 5);
  EXPECT_EQ(ConfigOf("shards: 6\n", {{"HOOKCAST_CONFIG", file.path()}}).shards, 6);
}

TEST(LoaderTest, RoutesAreReplacedWhole) {
  const std::string yaml = "routes: [{path: /a, static: {}}, {path: /b, static: {}}]\n";
  const Environment environment{
      {"HOOKCAST_ROUTES", R"([{"path": "/c", "static": {"on_message": "echo"}}])"}};
  EXPECT_EQ(ConfigOf(yaml, environment).routes.size(), 1u);
  EXPECT_EQ(ConfigOf(yaml, environment).routes[0].path, "/c");
  const Config set =
      ConfigOf(yaml, environment, Sets({"routes=[{path: /x, static: {on_message: echo}}]"}));
  ASSERT_EQ(set.routes.size(), 1u);
  EXPECT_EQ(set.routes[0].path, "/x");
  EXPECT_THAT(ConfigOf(yaml, {}, Sets({"routes=[]"})).routes, IsEmpty());
}

TEST(LoaderTest, ChecksBetweenKeysSeeTheReplacedRoutesOnly) {
  // The file's second route has no answerer; the flag's single route does.
  EXPECT_EQ(ErrorsOf("routes: [{path: /a, static: {}}, {path: /b}]", {},
                     Sets({"routes=[{path: /x, static: {}}]"})),
            "");
}

TEST(LoaderTest, ASetMayNameAGroup) {
  const Config config = *LoadConfig(Sets({"log={level: debug, format: json}"}), {});
  EXPECT_EQ(config.log, (LogConfig{LogLevel::kDebug, LogFormat::kJson}));
}

TEST(LoaderTest, ASetOfOneWordNeedsNoYamlQuotes) {
  EXPECT_EQ(LoadConfig(Sets({"listen=[::1]:80"}), {})->listen, (ListenAddress{"::1", 80}));
  EXPECT_EQ(LoadConfig(Sets({"listen='[::1]:80'"}), {})->listen, (ListenAddress{"::1", 80}));
  EXPECT_EQ(
      LoadConfig(Sets({"backplane.url=redis://u:a=b@h", "backplane.url="}), {})->backplane.url, "");
}

TEST(LoaderTest, AVariableOfOneWordIsTakenAsItIs) {
  const Config config = *LoadConfig({}, {{"HOOKCAST_BACKPLANE_URL", "redis://u:*&!%: #x@h"}});
  EXPECT_EQ(config.backplane.url, "redis://u:*&!%: #x@h");
}

TEST(LoaderTest, TheInsecureFlagIsTheKey) {
  CommandLine command_line = Sets({"insecure=false"});
  command_line.insecure = true;
  EXPECT_TRUE(LoadConfig(command_line, {})->insecure);
}

TEST(LoaderTest, VariablesOfOthersAreLeftAlone) {
  EXPECT_EQ(*LoadConfig({}, {{"PATH", "/bin"},
                             {"HOOKCAST", "x"},
                             {"hookcast_listen", "x"},
                             {"HOOKCAST_SERVER", "h:1"},
                             {"HOOKCAST_TOKEN", "t"},
                             {"HOOKCAST_TOKEN_FILE", "/run/t"},
                             {"HOOKCAST_OUTPUT", "json"}}),
            Config());
}

TEST(LoaderTest, WhatKubernetesSetsForServicesIsLeftAlone) {
  EXPECT_EQ(*LoadConfig({}, {{"HOOKCAST_SERVICE_HOST", "10.0.0.1"},
                             {"HOOKCAST_SERVICE_PORT", "8080"},
                             {"HOOKCAST_SERVICE_PORT_CLIENTS", "8080"},
                             {"HOOKCAST_PORT", "tcp://10.0.0.1:8080"},
                             {"HOOKCAST_PORT_8080_TCP", "tcp://10.0.0.1:8080"},
                             {"HOOKCAST_PORT_8080_TCP_PROTO", "tcp"},
                             {"HOOKCAST_ADMIN_PORT_8081_TCP_ADDR", "10.0.0.1"},
                             {"HOOKCAST_ADMIN_SERVICE_HOST", "10.0.0.1"}}),
            Config());
  EXPECT_THAT(ErrorsWithoutFile({{"HOOKCAST_PORT", "8080"}}), HasSubstr("unknown variable"));
}

TEST(LoaderTest, ReadsTheEnvironmentOfTheProcess) {
  ASSERT_EQ(setenv("HOOKCAST_LOG_LEVEL", "a=b", 1), 0);
  EXPECT_EQ(ProcessEnvironment()["HOOKCAST_LOG_LEVEL"], "a=b");
  ASSERT_EQ(unsetenv("HOOKCAST_LOG_LEVEL"), 0);
}

// ---- mistakes ---------------------------------------------------------------------------------

TEST(LoaderTest, AnUnknownKeyNamesItsPlaceAndTheNearestKey) {
  EXPECT_EQ(ErrorsOf("shards: 1\nlistn: 127.0.0.1:1\n"),
            "node.yaml:2:1: listn: unknown key; did you mean listen?");
  EXPECT_EQ(ErrorsOf("routes:\n"
                     "  - {path: /a, static: {}}\n"
                     "  - {path: /b, static: {}}\n"
                     "  - path: /c\n"
                     "    static:\n"
                     "      on_mesage: echo\n"),
            "node.yaml:6:7: routes[2].static.on_mesage: unknown key; did you mean on_message?");
}

TEST(LoaderTest, AKeyInTheWrongGroupNamesTheRightOne) {
  EXPECT_EQ(ErrorsOf("ping_interval: 5s\n"),
            "node.yaml:1:1: ping_interval: unknown key; did you mean websocket.ping_interval?");
  EXPECT_EQ(ErrorsOf("routes: [{path: /a, static: {}, fragments: 5}]\n"),
            "node.yaml:1:33: routes[0].fragments: unknown key; did you mean limits.fragments?");
  EXPECT_EQ(ErrorsOf("routes: [{path: /a, static: {}, subscribe: [a]}]\n"),
            "node.yaml:1:33: routes[0].subscribe: unknown key; did you mean "
            "routes[].static.subscribe?");
}

TEST(LoaderTest, AKeyLikeNoOtherIsToldWhichThereAre) {
  EXPECT_EQ(ErrorsOf("log: {colour: red}\n"),
            "node.yaml:1:7: log.colour: unknown key; known here: level, format");
}

TEST(LoaderTest, KeysOfLaterVersionsAreUnknown) {
  EXPECT_THAT(ErrorsOf("routes: [{path: /a, static: {}, registry: on}]\n"),
              HasSubstr("node.yaml:1:33: routes[0].registry: unknown key"));
}

TEST(LoaderTest, ADottedKeyIsToldToNest) {
  EXPECT_EQ(ErrorsOf("log.level: debug\n"),
            "node.yaml:1:1: log.level: is not a key; keys with dots are written nested, as in { "
            "log: { ... } }");
}

TEST(LoaderTest, AKeyThatIsGivenTwiceNamesBothPlaces) {
  EXPECT_EQ(ErrorsOf("shards: 1\nlog: {level: info}\nshards: 2\n"),
            "node.yaml:3:1: shards: is given twice, first at node.yaml:1:1; keep one of them");
  EXPECT_EQ(ErrorsOf("log: {level: info}\nlog: {format: json}\n"),
            "node.yaml:2:1: log: is given twice, first at node.yaml:1:1; keep one of them");
}

TEST(LoaderTest, AKeyMustBeAWord) {
  EXPECT_EQ(ErrorsOf("? [a, b]\n: 1\n"), "node.yaml:1:3: a key is a list; write a name");
  EXPECT_EQ(ErrorsOf("~: 1\n"), "node.yaml:1:1: a key is empty; write a name");
}

TEST(LoaderTest, AKeyThatWouldBreakTheLineIsEscaped) {
  EXPECT_THAT(ErrorsOf("\"a\\nb\": 1\n"), HasSubstr("node.yaml:1:1: a\\nb: unknown key"));
}

TEST(LoaderTest, AWrongKindNamesTheRightOne) {
  EXPECT_EQ(ErrorsOf("- a\n"), "node.yaml:1:1: is a list; write a mapping of keys to values");
  EXPECT_EQ(ErrorsOf("hello\n"), "node.yaml:1:1: is text; write a mapping of keys to values");
  EXPECT_EQ(ErrorsOf("log: debug\n"),
            "node.yaml:1:6: log: is text; write a mapping of keys to values");
  EXPECT_EQ(ErrorsOf("shards: [1]\n"),
            "node.yaml:1:9: shards: is a list; write: integer, 0 to 256");
  EXPECT_EQ(ErrorsOf("insecure: {}\n"),
            "node.yaml:1:11: insecure: is a mapping; write: true or false");
  EXPECT_EQ(ErrorsOf("shards:\nlisten: 127.0.0.1:1\n"),
            "node.yaml:1:1: shards: is empty; write: integer, 0 to 256");
  EXPECT_EQ(ErrorsOf("routes: 5\n"),
            "node.yaml:1:9: routes: is text; write a list of routes, such as "
            "[{path: /echo, static: {on_message: echo}}]");
  EXPECT_EQ(ErrorsOf("routes: [5]\n"),
            "node.yaml:1:10: routes[0]: is text; write a mapping of keys to values");
  EXPECT_EQ(ErrorsOf("routes: [{path: /a, static: {subscribe: a}}]\n"),
            "node.yaml:1:41: routes[0].static.subscribe: is text; write a list in brackets of: "
            "topic");
}

TEST(LoaderTest, AValueThatIsNoneOfTheKnownNamesTheNearest) {
  EXPECT_EQ(
      ErrorsOf("log: {level: inof}\n"),
      "node.yaml:1:14: log.level: \"inof\" is not known; write debug, info, warn or error; did "
      "you mean info?");
  EXPECT_EQ(ErrorsOf("log: {format: xml}\n"),
            "node.yaml:1:15: log.format: \"xml\" is not known; write auto, json or text");
  EXPECT_EQ(ErrorsOf("routes: [{path: /a, application: x, hooks: [open, massage]}]\n"),
            "node.yaml:1:51: routes[0].hooks[1]: \"massage\" is not known; write upgrade, open, "
            "message, close, error, drain or resume; did you mean message?");
}

TEST(LoaderTest, AValueOutOfRangeNamesTheRange) {
  EXPECT_EQ(ErrorsOf("shards: 257\n"),
            "node.yaml:1:9: shards: \"257\" is out of range; write 0 to 256");
  EXPECT_EQ(ErrorsOf("shards: -1\n"),
            "node.yaml:1:9: shards: \"-1\" is out of range; write 0 to 256");
  EXPECT_EQ(ErrorsOf("shards: 99999999999999999999\n"),
            "node.yaml:1:9: shards: \"99999999999999999999\" is out of range; write 0 to 256");
  EXPECT_EQ(ErrorsOf("websocket: {close_timeout: 2h}\n"),
            "node.yaml:1:28: websocket.close_timeout: \"2h\" is out of range; write 1ms to 10m");
  EXPECT_EQ(ErrorsOf("http: {max_header_bytes: 1GiB}\n"),
            "node.yaml:1:26: http.max_header_bytes: \"1GiB\" is out of range; write 256 to 1MiB");
}

TEST(LoaderTest, AWrongValueSaysWhatWouldBeRight) {
  EXPECT_EQ(ErrorsOf("shards: many\n"),
            "node.yaml:1:9: shards: \"many\" is not a whole number; write one such as 4");
  EXPECT_EQ(ErrorsOf("insecure: yes\n"),
            "node.yaml:1:11: insecure: \"yes\" is neither true nor false; write one of them");
  EXPECT_EQ(ErrorsOf("websocket: {ping_interval: 25}\n"),
            "node.yaml:1:28: websocket.ping_interval: \"25\" has no unit; write 25ms, 25s or 25m");
  EXPECT_EQ(ErrorsOf("routes: [{path: \"\", static: {}}]\n"),
            "node.yaml:1:17: routes[0].path: is empty; write a path");
}

TEST(LoaderTest, AnEntryThatIsNamedTwiceIsAMistake) {
  EXPECT_EQ(ErrorsOf("routes: [{path: /a, application: x, hooks: [open, open]}]\n"),
            "node.yaml:1:51: routes[0].hooks[1]: \"open\" is named twice; name it once");
  EXPECT_EQ(ErrorsOf("routes: [{path: /a, static: {subscribe: [t, u, t]}}]\n"),
            "node.yaml:1:48: routes[0].static.subscribe[2]: \"t\" is named twice; name it once");
  EXPECT_EQ(ErrorsOf("routes: [{path: /a, static: {query_topics: [t, 't-*', t]}}]\n"),
            "node.yaml:1:55: routes[0].static.query_topics[2]: \"t\" is named twice; name it once");
}

TEST(LoaderTest, TopicsThatQueriesMayNameAreExactOrEndWithAStar) {
  EXPECT_THAT(ConfigOf("routes: [{path: /a, static: {query_topics: [news, prices-*, '*']}}]")
                  .routes[0]
                  .static_rules->query_topics,
              ElementsAre("news", "prices-*", "*"));
  EXPECT_EQ(ErrorsOf("routes: [{path: /a, static: {query_topics: ['']}}]\n"),
            "node.yaml:1:45: routes[0].static.query_topics[0]: is empty; write a topic such as "
            "news, or prices-* for all that begin so");
  EXPECT_EQ(ErrorsOf("routes: [{path: /a, static: {query_topics: [a*b]}}]\n"),
            "node.yaml:1:45: routes[0].static.query_topics[0]: \"a*b\" holds a '*' that is not at "
            "its end; write a topic as it is, or end what it begins with by '*'");
}

TEST(LoaderTest, AllMistakesAreToldEachOnItsLine) {
  EXPECT_EQ(
      ErrorsOf("shards: x\nlog: {levl: info}\nadmin: {listen: 0.0.0.0:1}\n",
               {{"HOOKCAST_LOG_LEVEL", "loud"}, {"HOOKCAST_ADMIN_LISTN", "1"}},
               Sets({"http.max_headers=1"})),
      "node.yaml:1:9: shards: \"x\" is not a whole number; write one such as 4\n"
      "node.yaml:2:7: log.levl: unknown key; did you mean level?\n"
      "HOOKCAST_ADMIN_LISTN: unknown variable; did you mean HOOKCAST_ADMIN_LISTEN?\n"
      "HOOKCAST_LOG_LEVEL: log.level: \"loud\" is not known; write debug, info, warn or error\n"
      "--set: http.max_headers: \"1\" is out of range; write 5 to 10000\n"
      "node.yaml:3:17: admin.listen: 0.0.0.0:1 can be reached from other machines, and nobody "
      "who connects there is asked who they are; write 127.0.0.1:1, set auth.tokens, or allow it "
      "with "
      "insecure: true or --insecure");
}

TEST(LoaderTest, AMistakeInAnOverriddenValueIsToldAllTheSame) {
  EXPECT_EQ(ErrorsOf("shards: x\n", {}, Sets({"shards=1"})),
            "node.yaml:1:9: shards: \"x\" is not a whole number; write one such as 4");
}

TEST(LoaderTest, AnUnknownVariableNamesTheNearest) {
  EXPECT_EQ(ErrorsWithoutFile({{"HOOKCAST_LOG_LEVL", "info"}}),
            "HOOKCAST_LOG_LEVL: unknown variable; did you mean HOOKCAST_LOG_LEVEL?");
  EXPECT_THAT(
      ErrorsWithoutFile({{"HOOKCAST_QQQQQQQQQQQ", "1"}}),
      HasSubstr("HOOKCAST_QQQQQQQQQQQ: unknown variable; the nearest known one is HOOKCAST_"));
}

TEST(LoaderTest, AnEmptyVariableIsAValueNotNothing) {
  EXPECT_EQ(ErrorsWithoutFile({{"HOOKCAST_SHARDS", ""}}),
            "HOOKCAST_SHARDS: shards: \"\" is not a whole number; write one such as 4");
  EXPECT_EQ(ErrorsWithoutFile({{"HOOKCAST_CONFIG", ""}}),
            "HOOKCAST_CONFIG: is empty; write the path of a file, or leave it out");
}

TEST(LoaderTest, AVariableThatIsNotUtf8IsRefused) {
  EXPECT_EQ(ErrorsWithoutFile({{"HOOKCAST_BACKPLANE_URL", "redis://\xff"}}),
            "HOOKCAST_BACKPLANE_URL: backplane.url: is not UTF-8; write it in that encoding");
}

TEST(LoaderTest, WrongSetsAreTold) {
  const auto errors = [](const char* set) { return ErrorsWithoutFile({}, Sets({set})); };
  EXPECT_EQ(errors("log.level"),
            "--set: log.level: is not key=value; write one such as --set log.level=debug");
  EXPECT_EQ(errors("=5"), "--set: is not key=value; write one such as --set log.level=debug");
  EXPECT_EQ(errors("log.levl=info"), "--set: log.levl: unknown key; did you mean log.level?");
  EXPECT_EQ(errors("logg.level=info"), "--set: logg: unknown key; did you mean log?");
  EXPECT_EQ(errors("log=info"), "--set: log: is text; write a mapping of keys to values");
  EXPECT_EQ(errors("routes=[{path: /x"),
            "--set: routes: not YAML at its character 1: end of map flow not found");
  EXPECT_EQ(errors("routes=[{path: /x, statc: {}}]"),
            "--set: routes[0].statc: unknown key; did you mean routes[0].static?");
  EXPECT_THAT(errors("routes[0].path=/x"), HasSubstr("--set: routes[0]: unknown key"));
  EXPECT_EQ(errors("a.b.c.d.e.f.g.h.i.j=1"),
            "--set: a.b.c.d.e.f.g.h.i.j: unknown key; see hookcastd --help for all");
}

TEST(LoaderTest, ASyntaxErrorNamesLineAndColumnAndHidesWhatItWouldCauseElsewhere) {
  EXPECT_EQ(ErrorsOf("shards: 1\nlog: {level: info\nroutes: []\n", {},
                     Sets({"admin.listen=0.0.0.0:1", "log.level=x"})),
            "node.yaml:3:7: not YAML: end of map flow not found\n"
            "--set: log.level: \"x\" is not known; write debug, info, warn or error");
}

TEST(LoaderTest, AFileThatCannotBeReadIsToldWithTheRest) {
  EXPECT_EQ(LoadConfig({.file = "/nonexistent/node.yaml", .sets = {"x=1"}}, {}).status(),
            absl::InvalidArgumentError(
                "/nonexistent/node.yaml: cannot be opened: No such file or directory\n"
                "--set: x: unknown key; known here: listen, shards, insecure, admin, control, "
                "auth, cluster, backplane, log, websocket, sse, http, proxies, shutdown, history, "
                "namespaces, "
                "routes"));
  EXPECT_EQ(LoadConfig({.file = "/"}, {}).status().message(), "/: cannot be read: Is a directory");
  EXPECT_EQ(LoadConfig({.file = ""}, {}).status().message(),
            "--config: is empty; write the path of a file, or leave it out");
}

TEST(LoaderTest, AFileIsAtMostFourMebibytes) {
  EXPECT_EQ(ErrorsOf(std::string(kMaxConfigFileBytes, '\n')), "");
  EXPECT_EQ(ErrorsOf(std::string(kMaxConfigFileBytes + 1, '\n')),
            "node.yaml: is larger than 8 MiB; a configuration file may have no more");
  EXPECT_EQ(LoadConfig({.file = "/dev/zero"}, {}).status().message(),
            "/dev/zero: is larger than 8 MiB; a configuration file may have no more");
}

TEST(LoaderTest, AHostileFileOfUnknownKeysIsToldInTime) {
  std::string yaml;
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&yaml, "key", i, ": 1\n");
  EXPECT_THAT(ErrorsOf(yaml), HasSubstr("and 99000 more mistakes"));
}

TEST(LoaderTest, NoMistakeShowsAPassword) {
  const std::string url = "redis://user:s3cr3t@host";
  for (const std::string& errors :
       {ErrorsOf("backplane: " + url + "\n"),
        ErrorsOf("backplane: {kind: redis, url: \"" + url + ":x\"}"),
        ErrorsOf("backplane: {kind: redis, password: s3cr3t, password_file: f}"),
        ErrorsOf("backplane: {url: 'http://u:s3cr3t@h'}"), ErrorsOf("listen: " + url + "\n"),
        ErrorsOf("backplane: {kind: " + url + "}"), ErrorsOf("shards: " + url + "\n"),
        ErrorsOf("routes: [{path: " + url + "}]"),
        ErrorsOf("routes: [{path: /a, application: 'http://u:s3cr3t@h'}]"),
        ErrorsOf("", {{"HOOKCAST_BACKPLANE_KIND", url}}),
        ErrorsOf("", {}, Sets({"backplane.kind=" + url})),
        ErrorsOf("", {}, Sets({"backplane=" + url})),
        ErrorsOf("", {}, Sets({"backplane={" + url}))}) {
    EXPECT_NE(errors, "");
    EXPECT_THAT(errors, Not(HasSubstr("s3cr3t")));
  }
}

}  // namespace
}  // namespace hookcast::config

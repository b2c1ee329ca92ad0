#include "broker/config/validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/broker/config/load_yaml.h"

namespace hookcast::config {
namespace {

using ::testing::HasSubstr;

// The mistakes of a file whose second line is one route in braces.
std::string RouteErrors(const std::string& route) {
  return ErrorsOf("routes:\n  - {" + route + "}\n");
}

TEST(ValidatorTest, AConfigOfDefaultsIsSound) {
  Mistakes mistakes;
  Validate(Config(), Origins(), &mistakes);
  EXPECT_TRUE(mistakes.empty());
}

TEST(ValidatorTest, AdminAndControlListenOnLoopbackUnlessToldOtherwise) {
  EXPECT_EQ(
      ErrorsOf("admin: {listen: 0.0.0.0:81}\ncontrol: {listen: '[::]:82'}\n"),
      "node.yaml:1:17: admin.listen: 0.0.0.0:81 can be reached from other machines, and nobody "
      "who connects there is asked who they are; write 127.0.0.1:81, set auth.tokens, or allow it "
      "with "
      "insecure: true or --insecure\n"
      "node.yaml:2:19: control.listen: [::]:82 can be reached from other machines, and nobody "
      "who connects there is asked who they are; write 127.0.0.1:82, set auth.tokens, or allow it "
      "with "
      "insecure: true or --insecure");
  EXPECT_EQ(ErrorsOf("insecure: true\nadmin: {listen: 0.0.0.0:81}\n"), "");
  EXPECT_EQ(ErrorsOf("admin: {listen: 0.0.0.0:81}\n", {}, {.insecure = true}), "");
  EXPECT_EQ(ErrorsOf("admin: {listen: 0.0.0.0:81}\n", {{"HOOKCAST_INSECURE", "true"}}), "");
  EXPECT_EQ(ErrorsOf("admin: {listen: '[::1]:81'}\ncontrol: {listen: localhost:82}\n"), "");
  EXPECT_EQ(ErrorsOf("listen: 0.0.0.0:80\n"), "");
  EXPECT_EQ(ErrorsOf("admin: {listen: 0.0.0.0:81}\nauth: {tokens: [{file: f, scopes: [read]}]}\n"),
            "");
}

TEST(ValidatorTest, AnAdminHostIsANameAsAHostHeaderHasIt) {
  EXPECT_EQ(ErrorsOf("admin: {hosts: [a, a.example, A-1_b.c, 10.0.0.1]}\n"), "");
  EXPECT_EQ(ErrorsOf("admin: {hosts: ['admin.example:8081']}\n"),
            "node.yaml:1:17: admin.hosts[0]: \"admin.example:8081\" is no host name; write it "
            "without scheme, port and path, such as admin.example; addresses need not be named");
  for (const char* host : {"https://a.b/c", "a b", "'*.example'", "'[::1]'", "a/b", "ä", "''"}) {
    EXPECT_THAT(ErrorsOf(absl::StrCat("admin: {hosts: [", host, "]}\n")),
                HasSubstr("admin.hosts[0]: "))
        << host;
  }
  EXPECT_THAT(ErrorsOf("admin: {hosts: ['https://a.b/c']}\n"), HasSubstr("such as a.b;"));
}

TEST(ValidatorTest, ATokenHasAFileOfItsOwnAndIsGoodForSomething) {
  EXPECT_EQ(ErrorsOf("auth: {tokens: [{scopes: [read]}]}\n"),
            "node.yaml:1:17: auth.tokens[0].file: is missing; name the file that holds the token, "
            "such as /run/secrets/hookcast");
  EXPECT_EQ(
      ErrorsOf("auth: {tokens: [{file: a, scopes: []}]}\n"),
      "node.yaml:1:35: auth.tokens[0].scopes: names nothing that the token is good for; write "
      "one or more of publish, manage, read and metrics, such as [publish, read]");
  EXPECT_EQ(
      ErrorsOf("auth: {tokens: [{file: a, scopes: [read]}, {file: a, scopes: [manage]}]}\n"),
      "node.yaml:1:51: auth.tokens[1].file: \"a\" is the file of auth.tokens[0] too; give one "
      "token all of its scopes");
  EXPECT_EQ(
      ErrorsOf("auth: {tokens: [{file: a, scopes: [reed]}]}\n"),
      "node.yaml:1:36: auth.tokens[0].scopes[0]: \"reed\" is not known; write publish, manage, "
      "read or metrics; did you mean read?");
  EXPECT_EQ(ErrorsOf("auth: {tokens: x}\n"),
            "node.yaml:1:16: auth.tokens: is text; write a list of tokens, such as "
            "[{file: /run/secrets/hookcast, scopes: [publish, read]}]");
}

TEST(ValidatorTest, ListenersHaveTheirOwnPorts) {
  EXPECT_EQ(ErrorsOf("listen: 127.0.0.1:9\nadmin: {listen: 127.0.0.1:9}\n"),
            "node.yaml:2:17: admin.listen: 127.0.0.1:9 is the address of listen too; give each its "
            "own port");
  EXPECT_EQ(ErrorsOf("listen: 127.0.0.1:8082\n"),
            "node.yaml:1:9: listen: 127.0.0.1:8082 is the address of control.listen too; give each "
            "its own port");
  EXPECT_EQ(ErrorsOf("listen: 127.0.0.1:0\nadmin: {listen: 127.0.0.1:0}\n"), "");
}

TEST(ValidatorTest, ARouteHasAPath) {
  EXPECT_EQ(RouteErrors("static: {}"),
            "node.yaml:2:5: routes[0].path: is missing; every route has a path, such as /chat");
  EXPECT_EQ(
      RouteErrors("path: chat, static: {}"),
      "node.yaml:2:12: routes[0].path: \"chat\" does not begin with '/'; write a path such as "
      "/chat");
  EXPECT_EQ(RouteErrors("path: '/{a}/{a}', static: {}"),
            "node.yaml:2:12: routes[0].path: \"/{a}/{a}\" names the parameter {a} twice; give each "
            "its own name");
}

TEST(ValidatorTest, ARouteHasAnApplicationOrStaticRules) {
  EXPECT_EQ(RouteErrors("path: /a"),
            "node.yaml:2:5: routes[0]: has neither application nor static; write one, such as "
            "application: dns:///127.0.0.1:50051 or static: {on_message: echo}");
  EXPECT_EQ(RouteErrors("path: /a, application: h:1, static: {}"),
            "node.yaml:2:42: routes[0].static: stands beside application; keep one of the two");
}

TEST(ValidatorTest, ASlipIsToldOnceAndNotWhatFollowsFromIt) {
  EXPECT_EQ(RouteErrors("path: /a, aplication: h:1"),
            "node.yaml:2:16: routes[0].aplication: unknown key; did you mean application?");
  EXPECT_EQ(RouteErrors("pth: /a, static: {}"),
            "node.yaml:2:6: routes[0].pth: unknown key; did you mean path?");
  EXPECT_EQ(
      RouteErrors("path: /a, static: {on_message: publsh, topic: t}"),
      "node.yaml:2:37: routes[0].static.on_message: \"publsh\" is not known; write ignore, echo "
      "or publish; did you mean publish?");
  EXPECT_EQ(
      RouteErrors("path: /a, application: h:1, hooks: [opn]"),
      "node.yaml:2:42: routes[0].hooks[0]: \"opn\" is not known; write upgrade, open, message, "
      "close, error, drain or resume; did you mean open?");
}

TEST(ValidatorTest, RoutesOfOneApplicationSayTheSameOfIt) {
  const std::string first = "routes:\n  - {path: /a, application: h:1, max_in_flight: 7}\n";
  EXPECT_EQ(ErrorsOf(first + "  - {path: /b, application: h:1, max_in_flight: 7}\n"), "");
  EXPECT_EQ(ErrorsOf(first + "  - {path: /b, application: h:2, hook_mode: unary}\n"), "");
  EXPECT_EQ(ErrorsOf(first + "  - {path: /b, application: h:1, max_in_flight: 8}\n"),
            "node.yaml:3:49: routes[1].max_in_flight: differs from that of routes[0], which has "
            "the same application; give both the same");
  EXPECT_THAT(
      ErrorsOf(first + "  - {path: /b, application: h:1, max_in_flight: 7, sessions: 2, "
                       "breaker: {failures: 1}, hook_mode: session}\n"),
      AllOf(HasSubstr("routes[1].sessions: differs"), HasSubstr("routes[1].breaker: differs"),
            HasSubstr("routes[1].hook_mode: differs")));
}

TEST(ValidatorTest, ARouteHasATransport) {
  EXPECT_EQ(RouteErrors("path: /a, static: {}, transports: [websocket, sse]"), "");
  EXPECT_EQ(RouteErrors("path: /a, static: {}, transports: [sse]"), "");
  EXPECT_EQ(RouteErrors("path: /a, static: {}, transports: []"),
            "node.yaml:2:40: routes[0].transports: is an empty list, so that nobody could connect; "
            "write [websocket]");
}

TEST(ValidatorTest, TheEventOfBinaryPayloadsHasANameOfTheRoutesOwn) {
  const std::string route = "path: /a, static: {}, transports: [sse], sse: ";
  EXPECT_EQ(RouteErrors(route + "{binary_event: blob}"), "");
  EXPECT_EQ(RouteErrors(route + "{binary_event: ''}"), "");
  EXPECT_EQ(RouteErrors(route + "{binary_event: hookcast.binary}"), "");
  EXPECT_THAT(RouteErrors(route + "{binary_event: hookcast.open}"),
              HasSubstr("routes[0].sse.binary_event: \"hookcast.open\" is one of the node's own "
                        "names, which begin with hookcast.; write another, such as binary"));
  EXPECT_THAT(RouteErrors(route + "{binary_event: \"a\\nb\"}"),
              HasSubstr("routes[0].sse.binary_event: holds CR, LF or NUL"));
  EXPECT_THAT(RouteErrors("path: /a, static: {}, sse: {binary_event: blob}"),
              HasSubstr("routes[0].sse: is of no use to a route without server-sent events"));
}

TEST(ValidatorTest, AnApplicationIsAGrpcTarget) {
  EXPECT_EQ(
      RouteErrors("path: /a, application: 'http://h:1'"),
      "node.yaml:2:29: routes[0].application: \"http://h:1\" is a URL; write a gRPC target, such "
      "as dns:///127.0.0.1:50051");
  EXPECT_EQ(
      RouteErrors("path: /a, application: 'h :1'"),
      "node.yaml:2:29: routes[0].application: \"h :1\" holds white space; write a gRPC target, "
      "such as dns:///127.0.0.1:50051");
  for (const char* target : {"h:1", "dns:///h:1", "unix:/run/s", "ipv4:1.2.3.4:5,1.2.3.5:5"}) {
    EXPECT_EQ(RouteErrors(absl::StrCat("path: /a, application: '", target, "'")), "");
  }
}

TEST(ValidatorTest, ProxiesAreTrustedByTheirNetworksOrByTheirNumber) {
  EXPECT_EQ(ErrorsOf("proxies: {trusted: [10.0.0.0/8, '::1']}\n"), "");
  EXPECT_EQ(ErrorsOf("proxies: {hops: 2, header: forwarded}\n"), "");
  EXPECT_EQ(ErrorsOf("proxies: {trusted: [10.0.0.0/8], hops: 1}\n"),
            "node.yaml:1:40: proxies.hops: stands beside proxies.trusted; keep one of the two");
  EXPECT_EQ(ErrorsOf("proxies: {header: forwarded}\n"),
            "node.yaml:1:19: proxies.header: is not looked at, as no proxy is trusted; set "
            "proxies.trusted or proxies.hops");
  EXPECT_EQ(ErrorsOf("proxies: {trusted: [10.0.0.1/8], header: forwarded}\n"),
            "node.yaml:1:21: proxies.trusted[0]: \"10.0.0.1/8\" has bits set behind its first 8; "
            "write 10.0.0.0/8");
  EXPECT_EQ(ErrorsOf("proxies: {trusted: [loopback]}\n"),
            "node.yaml:1:21: proxies.trusted[0]: \"loopback\" does not begin with an IP address; "
            "write a network such as 10.0.0.0/8 or 2001:db8::/32, or one address");
}

TEST(ValidatorTest, AnOriginThatIsNoneIsToldWithItsPlace) {
  EXPECT_EQ(
      RouteErrors("path: /a, static: {}, allowed_origins: ['https://a.example', "
                  "'https://b.example/x', null, 'null']"),
      "node.yaml:2:67: routes[0].allowed_origins[1]: \"https://b.example/x\" has something behind "
      "its host, and an origin ends there; write https://b.example\n"
      "node.yaml:2:90: routes[0].allowed_origins[2]: is empty; write: origin, "
      "\"https://*.example.com\", \"null\" or \"*\"");
  EXPECT_EQ(RouteErrors("path: /a, static: {}, allowed_origins: []"), "");
  EXPECT_EQ(RouteErrors("path: /a, static: {}, allowed_origins: ['*']"), "");
}

TEST(ValidatorTest, AnyOriginStandsAlone) {
  EXPECT_EQ(RouteErrors("path: /a, static: {}, allowed_origins: ['https://a.example', '*']"),
            "node.yaml:2:67: routes[0].allowed_origins[1]: lets every origin in, whatever stands "
            "beside it; leave it out, or keep it alone");
}

TEST(ValidatorTest, HooksBelongToApplications) {
  EXPECT_EQ(RouteErrors("path: /a, application: h:1, hooks: []"),
            "node.yaml:2:41: routes[0].hooks: is an empty list, so that the application would hear "
            "nothing; name one, or write static: {} in place of application");
  const std::string text =
      ": belongs to routes with an application, and this one has static; leave it out";
  EXPECT_EQ(RouteErrors("path: /a, static: {}, hooks: [open]"),
            "node.yaml:2:35: routes[0].hooks" + text);
  EXPECT_EQ(RouteErrors("path: /a, static: {}, deadlines: {open: 1s}"),
            "node.yaml:2:28: routes[0].deadlines" + text);
  EXPECT_EQ(RouteErrors("path: /a, static: {}, hook_retries: 1"),
            "node.yaml:2:42: routes[0].hook_retries" + text);
  EXPECT_EQ(RouteErrors("path: /a, static: {}, hook_window: {bytes: 1}"),
            "node.yaml:2:28: routes[0].hook_window" + text);
}

TEST(ValidatorTest, ATopicGoesWithPublishAndOnlyWithIt) {
  EXPECT_EQ(
      RouteErrors("path: /a, static: {on_message: publish}"),
      "node.yaml:2:24: routes[0].static.topic: is missing; on_message: publish needs the topic "
      "to publish to");
  const std::string text =
      "routes[0].static.topic: is used with on_message: publish only; write that, or leave topic "
      "out";
  EXPECT_EQ(RouteErrors("path: /a, static: {on_message: echo, topic: t}"),
            "node.yaml:2:50: " + text);
  EXPECT_EQ(RouteErrors("path: /a, static: {topic: t}"), "node.yaml:2:32: " + text);
}

TEST(ValidatorTest, TemplatesNameParametersOfTheirPath) {
  EXPECT_EQ(RouteErrors("path: '/{r}', namespace: 'n{r}{path}', "
                        "static: {subscribe: ['s{r}'], on_message: publish, topic: 't{r}'}"),
            "");
  const std::string text = ", which the path does not have; it may name {r}, {path}";
  EXPECT_EQ(RouteErrors("path: '/{r}', namespace: 'n{x}', "
                        "static: {subscribe: [s, 's{y}'], on_message: publish, topic: 't{z}'}"),
            "node.yaml:2:100: routes[0].static.topic: \"t{z}\" names {z}" + text +
                "\nnode.yaml:2:63: routes[0].static.subscribe[1]: \"s{y}\" names {y}" + text +
                "\nnode.yaml:2:31: routes[0].namespace: \"n{x}\" names {x}" + text);
  EXPECT_THAT(RouteErrors("path: '/{r}', namespace: 'n{', static: {}"),
              HasSubstr("routes[0].namespace: \"n{\" has a brace without its pair"));
}

TEST(ValidatorTest, TemplatesThatAreTooLongWithoutTheirParametersAreRefused) {
  const std::string topic(255, 't');
  EXPECT_EQ(RouteErrors("path: '/{r}', static: {subscribe: ['" + topic + "{r}']}"), "");
  EXPECT_EQ(
      RouteErrors("path: '/{r}', static: {subscribe: ['" + topic + "t{r}']}"),
      "node.yaml:2:41: routes[0].static.subscribe[0]: has 256 bytes without its parameters; it "
      "may have at most 255");
  EXPECT_EQ(RouteErrors("path: /a, namespace: " + std::string(1024, 'n') + ", static: {}"), "");
  EXPECT_EQ(
      RouteErrors("path: /a, namespace: " + std::string(1025, 'n') + ", static: {}"),
      "node.yaml:2:27: routes[0].namespace: has 1025 bytes without its parameters; it may have "
      "at most 1024");
}

TEST(ValidatorTest, StaticSubscriptionsStayWithinTheLimitOfTopics) {
  EXPECT_EQ(RouteErrors("path: /a, static: {subscribe: [a, b]}, limits: {topics: 2}"), "");
  EXPECT_EQ(
      RouteErrors("path: /a, static: {subscribe: [a, b]}, limits: {topics: 1}"),
      "node.yaml:2:36: routes[0].static.subscribe: names 2 topics and limits.topics is 1; name "
      "fewer, or raise limits.topics");
}

TEST(ValidatorTest, TwoRoutesOfOnePathNameEachOther) {
  EXPECT_EQ(ErrorsOf("routes:\n"
                     "  - {path: /a, static: {}}\n"
                     "  - {path: /b, static: {}}\n"
                     "  - {path: /a, static: {}}\n"),
            "node.yaml:4:12: routes[2].path: \"/a\" is the path of routes[0] (node.yaml:2:12) too; "
            "keep one of them");
}

TEST(ValidatorTest, RoutesThatMatchTheSamePathsAreAmbiguous) {
  EXPECT_EQ(ErrorsOf("routes:\n"
                     "  - {path: '/a/{x}', static: {}}\n"
                     "  - {path: '/a/{y}', static: {}}\n"
                     "  - {path: '/a/{z}', static: {}}\n"),
            "node.yaml:3:12: routes[1].path: \"/a/{y}\" matches the same paths as \"/a/{x}\" of "
            "routes[0] (node.yaml:2:12); keep one of them\n"
            "node.yaml:4:12: routes[2].path: \"/a/{z}\" matches the same paths as \"/a/{x}\" of "
            "routes[0] (node.yaml:2:12); keep one of them");
}

TEST(ValidatorTest, RoutesThatOverlapWithAnOrderAreNotAmbiguous) {
  EXPECT_EQ(ErrorsOf("routes:\n"
                     "  - {path: '/a/{x}', static: {}}\n"
                     "  - {path: '/{x}/a', static: {}}\n"
                     "  - {path: '/a/*', static: {}}\n"
                     "  - {path: '/a*', static: {}}\n"
                     "  - {path: '/a/a', static: {}}\n"
                     "  - {path: '/a/{x}/', static: {}}\n"),
            "");
}

}  // namespace
}  // namespace hookcast::config

#include "broker/config/keys.h"

#include <yaml-cpp/emitter.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/config/backplane_keys.h"
#include "broker/config/cluster_keys.h"
#include "broker/config/entry_keys.h"
#include "broker/config/history_keys.h"
#include "broker/config/key.h"
#include "broker/config/key_kinds.h"
#include "broker/config/sse_keys.h"
#include "broker/config/value_types.h"

namespace hookcast::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr size_t kKiB = 1024;
constexpr size_t kGiB = 1024 * 1024 * kKiB;

enum class Hook { kUpgrade, kOpen, kMessage, kClose, kError, kDrain, kResume };

// ---- the keys ---------------------------------------------------------------------------------

const KeyTable<StaticRules>& StaticKeys() {
  static const auto* const table = [] {
    auto* keys = new KeyTable<StaticRules>;
    keys->push_back(List<StaticRules>(
        "subscribe", TextType{"topic"}, [](const StaticRules& rules) { return rules.subscribe; },
        [](StaticRules* rules, std::vector<std::string> topics) {
          rules->subscribe = std::move(topics);
        },
        "Topics that each peer is subscribed to at once; may name the path's parameters, as in "
        "orders-{id}, and {path}."));
    keys->push_back(Scalar<StaticRules>(
        "on_message", HOOKCAST_MEMBER(on_message),
        EnumType<OnMessage>{{{"ignore", OnMessage::kIgnore},
                             {"echo", OnMessage::kEcho},
                             {"publish", OnMessage::kPublish}}},
        "What a peer's message does: nothing, go back to that peer, or be published to topic."));
    keys->push_back(Scalar<StaticRules>(
        "topic", HOOKCAST_MEMBER(topic), TextType{"topic"},
        "Where on_message: publish publishes; may name the path's parameters and {path}."));
    keys->back().applies = [](const StaticRules& rules) { return !rules.topic.empty(); };
    keys->push_back(List<StaticRules>(
        "query_topics", TopicPatternType(),
        [](const StaticRules& rules) { return rules.query_topics; },
        [](StaticRules* rules, std::vector<std::string> topics) {
          rules->query_topics = std::move(topics);
        },
        "Topics that a client may name in its query, as in ?topic=news&topic=prices-eur, and is "
        "subscribed to as well; 403 for others. A * at the end stands for whatever follows."));
    return keys;
  }();
  return *table;
}

std::vector<Hook> HooksOf(const Route& route) {
  std::vector<Hook> hooks;
  if (route.hooks.upgrade) hooks.push_back(Hook::kUpgrade);
  if (route.hooks.open) hooks.push_back(Hook::kOpen);
  if (route.hooks.message) hooks.push_back(Hook::kMessage);
  if (route.hooks.close) hooks.push_back(Hook::kClose);
  if (route.hooks.error) hooks.push_back(Hook::kError);
  if (route.hooks.drain) hooks.push_back(Hook::kDrain);
  if (route.hooks.resume) hooks.push_back(Hook::kResume);
  return hooks;
}

void SetHooks(Route* route, const std::vector<Hook>& hooks) {
  const auto has = [&](Hook hook) {
    return std::find(hooks.begin(), hooks.end(), hook) != hooks.end();
  };
  route->hooks = {has(Hook::kUpgrade), has(Hook::kOpen),  has(Hook::kMessage), has(Hook::kClose),
                  has(Hook::kError),   has(Hook::kDrain), has(Hook::kResume)};
}

void ReadStatic(const YamlNode&, const YamlNode& value, const Reading& reading, Route* route) {
  route->static_rules.emplace();
  ReadMapping(value, "", StaticKeys(), reading, &*route->static_rules);
}

// What only routes with an application have.
void AddHookKeys(KeyTable<Route>* keys) {
  const size_t first = keys->size();
  keys->push_back(
      List<Route>("hooks",
                  EnumType<Hook>{{{"upgrade", Hook::kUpgrade},
                                  {"open", Hook::kOpen},
                                  {"message", Hook::kMessage},
                                  {"close", Hook::kClose},
                                  {"error", Hook::kError},
                                  {"drain", Hook::kDrain},
                                  {"resume", Hook::kResume}}},
                  HooksOf, SetHooks,
                  "Hooks that the application is sent. Without upgrade every client is accepted."));
  const DurationType deadline{milliseconds(1), minutes(10)};
  keys->push_back(Scalar<Route>("deadlines.upgrade", HOOKCAST_MEMBER(deadlines.upgrade), deadline,
                                "Longest wait for the answer to an upgrade hook; 503 after it."));
  keys->push_back(Scalar<Route>("deadlines.open", HOOKCAST_MEMBER(deadlines.open), deadline,
                                "Longest wait for the answer to one attempt of an open hook."));
  keys->push_back(Scalar<Route>("deadlines.message", HOOKCAST_MEMBER(deadlines.message), deadline,
                                "Longest wait for the answer to one attempt of a message hook."));
  keys->push_back(Scalar<Route>("deadlines.close", HOOKCAST_MEMBER(deadlines.close), deadline,
                                "Longest wait for the answer to one attempt of a close hook."));
  keys->push_back(Scalar<Route>("deadlines.error", HOOKCAST_MEMBER(deadlines.error), deadline,
                                "Longest wait for the answer to one attempt of an error hook."));
  keys->push_back(Scalar<Route>("deadlines.drain", HOOKCAST_MEMBER(deadlines.drain), deadline,
                                "Longest wait for the answer to one attempt of a drain hook."));
  keys->push_back(Scalar<Route>("deadlines.resume", HOOKCAST_MEMBER(deadlines.resume), deadline,
                                "Longest wait for the answer to one attempt of a resume hook."));
  keys->push_back(Scalar<Route>(
      "hook_mode", HOOKCAST_MEMBER(hook_mode),
      EnumType<HookMode>{{{"auto", HookMode::kAuto},
                          {"session", HookMode::kSession},
                          {"unary", HookMode::kUnary}}},
      "How hooks travel: batched on streams (session), a call each (unary), or on streams where "
      "the application has them (auto)."));
  keys->push_back(Scalar<Route>(
      "sessions", HOOKCAST_MEMBER(sessions), IntegerType{1, 64, "connections"},
      "Connections to each address of the application, with a stream of each shard on "
      "each. More than one helps where one address stands for several processes."));
  keys->push_back(Scalar<Route>(
      "max_in_flight", HOOKCAST_MEMBER(max_in_flight), IntegerType{1, 1'000'000, "hooks"},
      "Hooks that the node awaits of the application at once; what comes beyond waits, a tenth is "
      "kept for upgrade and close."));
  keys->push_back(Scalar<Route>(
      "breaker.failures", HOOKCAST_MEMBER(breaker.failures), IntegerType{0, 1'000'000, "hooks"},
      "Hooks in a row without an answer after which the application is left alone. 0: never."));
  keys->push_back(Scalar<Route>("breaker.pause", HOOKCAST_MEMBER(breaker.pause),
                                DurationType{milliseconds(1), minutes(10)},
                                "How long it is left alone until one hook tries it again."));
  keys->push_back(Scalar<Route>(
      "redeliver", HOOKCAST_MEMBER(redeliver), BooleanType(),
      "Whether a message whose answer was lost is sent again; false: the error hook tells of it."));
  keys->push_back(
      Scalar<Route>("on_message_error", HOOKCAST_MEMBER(on_message_error),
                    EnumType<OnMessageError>{
                        {{"report", OnMessageError::kReport}, {"close", OnMessageError::kClose}}},
                    "What a failed message hook does: tell the error hook, or also close the peer "
                    "with 1011."));
  keys->push_back(Scalar<Route>(
      "hook_retries", HOOKCAST_MEMBER(hook_retries), IntegerType{0, 100, "attempts"},
      "Further attempts of a hook while the application is not available; upgrade has none."));
  keys->push_back(Scalar<Route>(
      "hook_window.messages", HOOKCAST_MEMBER(hook_window.messages),
      IntegerType{1, 65'536, "messages"},
      "Messages of a peer that may wait behind its hook in flight; then it is read no further."));
  keys->push_back(Scalar<Route>("hook_window.bytes", HOOKCAST_MEMBER(hook_window.bytes),
                                SizeType{1, kGiB}, "The same bound in bytes."));
  for (size_t i = first; i < keys->size(); ++i) {
    (*keys)[i].applies = [](const Route& route) { return !route.static_rules; };
  }
}

void AddCompressionKeys(KeyTable<Route>* keys) {
  keys->push_back(Scalar<Route>(
      "compression.mode", HOOKCAST_MEMBER(compression.mode),
      EnumType<CompressionMode>{{{"off", CompressionMode::kOff},
                                 {"asked", CompressionMode::kAsked},
                                 {"always", CompressionMode::kAlways}}},
      "What is compressed for WebSocket clients that offer permessage-deflate: nothing, what the "
      "application or the publisher asks for, or all messages that are not too short."));
  keys->push_back(Scalar<Route>(
      "compression.threshold", HOOKCAST_MEMBER(compression.threshold), SizeType{0, kGiB},
      "Shortest message that mode: always compresses, unless it was asked for."));
}

const KeyTable<Route>& RouteKeys() {
  static const auto* const table = [] {
    auto* keys = new KeyTable<Route>;
    keys->push_back(Scalar<Route>(
        "path", HOOKCAST_MEMBER(path), TextType{"path"},
        "Path of a request's target: exact, {name} for one segment, * at the end for any rest."));
    keys->back().facts.default_text = "required";
    keys->push_back(List<Route>(
        "transports",
        EnumType<TransportKind>{
            {{"websocket", TransportKind::kWebSocket}, {"sse", TransportKind::kSse}}},
        [](const Route& route) { return route.transports; },
        [](Route* route, std::vector<TransportKind> transports) {
          route->transports = std::move(transports);
        },
        "How clients may connect: WebSocket, server-sent events, or either."));
    AddOriginKeys(keys);
    keys->push_back(Scalar<Route>(
        "application", HOOKCAST_MEMBER(application), TextType{"gRPC target"},
        "Where the application's HookService listens, such as dns:///127.0.0.1:50051. A route "
        "has this or static."));
    keys->back().facts.default_text = "none";
    keys->back().applies = [](const Route& route) { return !route.application.empty(); };

    Key<Route> rules;
    rules.facts = {"static",
                   "mapping",
                   "",
                   "none",
                   "Fixed rules that answer in place of an application.",
                   /*scalar=*/false};
    rules.read = ReadStatic;
    rules.write = [](const Route& route, YAML::Emitter* out) {
      WriteMapping(StaticKeys(), *route.static_rules, out);
    };
    rules.applies = [](const Route& route) { return route.static_rules.has_value(); };
    keys->push_back(std::move(rules));

    keys->push_back(Scalar<Route>(
        "namespace", HOOKCAST_MEMBER(namespace_template), TextType{"namespace", true},
        "Namespace of the route's peers; may name the path's parameters and {path}. Empty: the "
        "path as the client sent it."));
    AddHookKeys(keys);
    keys->push_back(Scalar<Route>("limits.message", HOOKCAST_MEMBER(limits.message),
                                  SizeType{1, kGiB}, "Largest message from a peer."));
    keys->push_back(Scalar<Route>("limits.fragments", HOOKCAST_MEMBER(limits.fragments),
                                  IntegerType{1, 100'000'000, "frames"},
                                  "Most frames that a message from a peer may come in."));
    keys->push_back(Scalar<Route>(
        "limits.queue", HOOKCAST_MEMBER(limits.queue), SizeType{1, kGiB},
        "Most bytes that may wait for one peer to read them, 48 more for each message; beyond, "
        "slow_peer acts."));
    keys->push_back(Scalar<Route>("limits.topics", HOOKCAST_MEMBER(limits.topics),
                                  IntegerType{0, 100'000, "topics"},
                                  "Most topics that a peer may be subscribed to at once."));
    keys->push_back(Scalar<Route>("limits.context", HOOKCAST_MEMBER(limits.context),
                                  SizeType{0, 64 * kKiB},
                                  "Largest context that the application may keep for a peer."));
    AddEntryLimitKeys(keys);
    keys->push_back(Scalar<Route>(
        "slow_peer", HOOKCAST_MEMBER(slow_peer),
        EnumType<SlowPeer>{{{"close", SlowPeer::kClose},
                            {"drop_oldest", SlowPeer::kDropOldest},
                            {"conflate", SlowPeer::kConflate},
                            {"gap", SlowPeer::kGap}}},
        "What becomes of a peer whose queue is full: close it with 1013, drop the oldest that "
        "waits, keep the newest of each topic, or drop all that waits and tell it."));
    keys->push_back(Scalar<Route>(
        "on_gap", HOOKCAST_MEMBER(on_gap),
        EnumType<OnGap>{{{"tell", OnGap::kTell}, {"close", OnGap::kClose}}},
        "What becomes of a peer that missed messages between nodes and whose client cannot be told "
        "so: the error hook is called, or the peer closed with 1013."));
    AddHistoryKeys(keys);
    AddCompressionKeys(keys);
    AddSseRouteKeys(keys);
    return keys;
  }();
  return *table;
}

void ReadRoutes(const YamlNode& name, const YamlNode& value, const Reading& reading,
                Config* config) {
  ReadEntries(name, value, reading, RouteKeys(), "routes",
              "[{path: /echo, static: {on_message: echo}}]", &config->routes);
  for (Route& route : config->routes) {
    if (route.static_rules) SetHooks(&route, {});
  }
}

const KeyTable<Token>& TokenKeys() {
  static const auto* const table = [] {
    auto* keys = new KeyTable<Token>;
    keys->push_back(Scalar<Token>("file", HOOKCAST_MEMBER(file), TextType{"file name"},
                                  "Where the token stands, alone in the first line; read again "
                                  "within 10 s of a change."));
    keys->back().facts.default_text = "required";
    keys->push_back(List<Token>(
        "scopes",
        EnumType<Scope>{{{"publish", Scope::kPublish},
                         {"manage", Scope::kManage},
                         {"read", Scope::kRead},
                         {"metrics", Scope::kMetrics}}},
        [](const Token& token) { return token.scopes; },
        [](Token* token, std::vector<Scope> scopes) { token->scopes = std::move(scopes); },
        "What its bearer may do: publish and send; manage peers; read lists, metrics and what is "
        "published; see metrics alone."));
    keys->back().facts.default_text = "required";
    return keys;
  }();
  return *table;
}

void AddAccessKeys(KeyTable<Config>* keys) {
  keys->push_back(Scalar<Config>("admin.listen", HOOKCAST_MEMBER(admin.listen), AddressType(),
                                 "Where /livez, /readyz, /metrics and the calls of BrokerService "
                                 "in JSON are served over HTTP."));
  keys->push_back(List<Config>(
      "admin.hosts", HostNameType(), [](const Config& config) { return config.admin.hosts; },
      [](Config* config, std::vector<std::string> hosts) {
        config->admin.hosts = std::move(hosts);
      },
      "Names, beside localhost and addresses, by which clients reach the admin port to make calls "
      "in JSON."));
  keys->push_back(Scalar<Config>("control.listen", HOOKCAST_MEMBER(control.listen), AddressType(),
                                 "Where the BrokerService is served over gRPC."));
  AddAdvertiseKey(keys);
  Key<Config> tokens;
  tokens.facts = {"auth.tokens",
                  "list of tokens",
                  "",
                  "[]",
                  "Who may use control and admin. Empty: everybody who can connect, which has to "
                  "be from this machine.",
                  /*scalar=*/false};
  tokens.read = [](const YamlNode& name, const YamlNode& value, const Reading& reading,
                   Config* config) {
    ReadEntries(name, value, reading, TokenKeys(), "tokens",
                "[{file: /run/secrets/hookcast, scopes: [publish, read]}]", &config->auth.tokens);
  };
  tokens.write = [](const Config& config, YAML::Emitter* out) {
    WriteEntries(TokenKeys(), config.auth.tokens, out);
  };
  keys->push_back(std::move(tokens));
  AddClusterKeys(keys);
}

void AddNodeKeys(KeyTable<Config>* keys) {
  keys->push_back(Scalar<Config>("listen", HOOKCAST_MEMBER(listen), AddressType(),
                                 "Where clients connect. Port 0: the system chooses."));
  keys->push_back(Scalar<Config>("shards", HOOKCAST_MEMBER(shards), IntegerType{0, 256, "threads"},
                                 "Event loops that share the clients. 0: one for each core."));
  keys->push_back(Scalar<Config>(
      "insecure", HOOKCAST_MEMBER(insecure), BooleanType(),
      "Lets admin and control listen beyond this machine where there are no tokens, and nobody is "
      "asked who they are."));
  AddAccessKeys(keys);
  AddBackplaneKeys(keys);
  keys->push_back(Scalar<Config>("log.level", HOOKCAST_MEMBER(log.level),
                                 EnumType<LogLevel>{{{"debug", LogLevel::kDebug},
                                                     {"info", LogLevel::kInfo},
                                                     {"warn", LogLevel::kWarn},
                                                     {"error", LogLevel::kError}}},
                                 "Least important lines that are written to standard error."));
  keys->push_back(Scalar<Config>(
      "log.format", HOOKCAST_MEMBER(log.format),
      EnumType<LogFormat>{
          {{"auto", LogFormat::kAuto}, {"json", LogFormat::kJson}, {"text", LogFormat::kText}}},
      "One JSON object a line, or text; auto: text on a terminal."));
}

void AddProtocolKeys(KeyTable<Config>* keys) {
  keys->push_back(Scalar<Config>("websocket.ping_interval",
                                 HOOKCAST_MEMBER(websocket.ping_interval),
                                 DurationType{milliseconds(0), hours(1)},
                                 "How long a peer may be silent until it is pinged. 0: never."));
  keys->push_back(Scalar<Config>("websocket.pong_timeout", HOOKCAST_MEMBER(websocket.pong_timeout),
                                 DurationType{milliseconds(1), hours(1)},
                                 "How long a pinged peer may stay silent until it is cut off."));
  keys->push_back(Scalar<Config>(
      "websocket.close_timeout", HOOKCAST_MEMBER(websocket.close_timeout),
      DurationType{milliseconds(1), minutes(10)}, "How long a peer may take to answer a Close."));
  AddSseKeys(keys);
  keys->push_back(Scalar<Config>("http.header_timeout", HOOKCAST_MEMBER(http.header_timeout),
                                 DurationType{milliseconds(1), minutes(10)},
                                 "How long a client may take to send a request's head."));
  keys->push_back(Scalar<Config>("http.max_header_bytes", HOOKCAST_MEMBER(http.max_header_bytes),
                                 SizeType{256, 1024 * kKiB},
                                 "Largest head of a request, its first line included."));
  keys->push_back(Scalar<Config>("http.max_headers", HOOKCAST_MEMBER(http.max_headers),
                                 IntegerType{5, 10'000, "lines"},
                                 "Most header lines of a request."));
  keys->push_back(Scalar<Config>("http.max_target_bytes", HOOKCAST_MEMBER(http.max_target_bytes),
                                 SizeType{1, 1024 * kKiB},
                                 "Longest target of a request, its query included."));
  AddProxyKeys(keys);
  keys->push_back(Scalar<Config>("shutdown.timeout", HOOKCAST_MEMBER(shutdown.timeout),
                                 DurationType{milliseconds(1), hours(1)},
                                 "How long a node that was told to stop may take for its peers."));
  AddShutdownKeys(keys);
  AddHistoryKeys(keys);
}

const KeyTable<Config>& NodeKeys() {
  static const auto* const table = [] {
    auto* keys = new KeyTable<Config>;
    AddNodeKeys(keys);
    AddProtocolKeys(keys);
    Key<Config> routes;
    routes.facts = {"routes",
                    "list of routes",
                    "",
                    "[]",
                    "What clients may connect to. Of routes that match a path, exact segments go "
                    "before {name}, and {name} before *.",
                    /*scalar=*/false};
    routes.read = ReadRoutes;
    routes.write = [](const Config& config, YAML::Emitter* out) {
      WriteEntries(RouteKeys(), config.routes, out);
    };
    keys->push_back(std::move(routes));
    return keys;
  }();
  return *table;
}

template <typename T>
void Flatten(const KeyTable<T>& table, const std::string& prefix, std::vector<KeyFacts>* out) {
  for (const Key<T>& key : table) {
    out->push_back(key.facts);
    out->back().name = prefix + key.facts.name;
    if (out->back().name == "auth.tokens") Flatten(TokenKeys(), "auth.tokens[].", out);
    if (out->back().name == "namespaces") Flatten(NamespaceKeys(), "namespaces[].", out);
    if (out->back().name == "routes") Flatten(RouteKeys(), "routes[].", out);
    if (out->back().name == "routes[].static") Flatten(StaticKeys(), "routes[].static.", out);
  }
}

}  // namespace

const std::vector<KeyFacts>& AllKeys() {
  static const auto* const all = [] {
    auto* facts = new std::vector<KeyFacts>;
    Flatten(NodeKeys(), "", facts);
    return facts;
  }();
  return *all;
}

void ReadConfig(const YamlNode& root, const std::string& source, Config* config, Origins* origins,
                Mistakes* mistakes) {
  ReadMapping(root, "", NodeKeys(), Reading{"", &source, origins, mistakes}, config);
}

std::string WriteConfig(const Config& config) {
  YAML::Emitter out;
  WriteMapping(NodeKeys(), config, &out);
  return std::string(out.c_str()) + "\n";
}

}  // namespace hookcast::config

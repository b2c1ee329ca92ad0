#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hookcast::config {

// What a node is told before it starts. Each struct's initializers are the defaults. A Config that
// LoadConfig returned is checked whole: code that reads it checks nothing again.
//
// Plain values: copy, compare and share them as const. Thread: any.

using Duration = std::chrono::milliseconds;

// Where to listen. `host` is an IPv4 or IPv6 address without brackets ("localhost" has become
// 127.0.0.1); port 0 lets the system choose.
struct ListenAddress {
  std::string host = "127.0.0.1";
  uint16_t port = 0;

  bool operator==(const ListenAddress&) const = default;
  // "127.0.0.1:8080", "[::1]:8080".
  std::string ToString() const;
  // 127.0.0.0/8 or ::1: cannot be reached from another machine.
  bool IsLoopback() const;
};

enum class BackplaneKind : uint8_t { kMemory, kRedis };
enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError };
// kAuto: text where standard error is a terminal, else json.
enum class LogFormat : uint8_t { kAuto, kJson, kText };
enum class TransportKind : uint8_t { kWebSocket, kSse };
// What a route without an application does with a peer's message. kEcho sends it back to that
// peer; kPublish publishes it to StaticRules::topic, not to its sender.
enum class OnMessage : uint8_t { kIgnore, kEcho, kPublish };
// How hooks travel to an application: kSession over streams, kUnary as a call each; kAuto over
// streams where the application has them.
enum class HookMode : uint8_t { kAuto, kSession, kUnary };
// What a message hook that failed does beyond the error hook: nothing, or close the peer with 1011.
enum class OnMessageError : uint8_t { kReport, kClose };
// What becomes of a peer whose queue is full. kClose condemns it (1013); the others drop what
// waits: the oldest, all but the newest of each topic, or everything, with word of it.
enum class SlowPeer : uint8_t { kClose, kDropOldest, kConflate, kGap };
// What becomes of a peer that missed messages between nodes and whose client cannot be told: its
// application is, by the error hook, or the peer is closed with 1013.
enum class OnGap : uint8_t { kTell, kClose };
// The header by which proxies say whom they speak for.
enum class ProxyHeader : uint8_t { kXForwardedFor, kForwarded };

// What goes out compressed to clients that can read it: nothing, what the application or the
// publisher asked for, or everything that is not too short.
enum class CompressionMode : uint8_t { kOff, kAsked, kAlways };

// What the bearer of a token may do: publish and send; manage peers and nodes; read what there is.
enum class Scope : uint8_t { kPublish, kManage, kRead, kMetrics };  // kRead is good for kMetrics

struct AdminConfig {
  ListenAddress listen{.port = 8081};
  std::vector<std::string> hosts;  // names by which its JSON calls may be reached
  bool operator==(const AdminConfig&) const = default;
};

struct ControlConfig {
  ListenAddress listen{.port = 8082};
  std::string advertise;  // "host:port", where other nodes reach it; empty: found out
  bool operator==(const ControlConfig&) const = default;
};

// What nodes prove themselves with to each other: one of the two, or nothing.
struct ClusterConfig {
  std::string token;  // never log it
  std::string token_file;
  bool operator==(const ClusterConfig&) const = default;
};

// One entry of `auth.tokens`. The token itself is in the file and nowhere else.
struct Token {
  std::string file;
  std::vector<Scope> scopes;
  bool operator==(const Token&) const = default;
};

struct AuthConfig {
  std::vector<Token> tokens;  // empty: nobody is asked who they are
  bool operator==(const AuthConfig&) const = default;
};

struct BackplaneConfig {
  BackplaneKind kind = BackplaneKind::kMemory;
  // Holds a password: never log it; RedactUrl (redact.h) makes it fit to show.
  std::string url;
  // What the URL does not say. Never log the password.
  std::string username;
  std::string password;
  std::string password_file;
  int database = 0;
  std::string prefix = "hookcast";
  bool operator==(const BackplaneConfig&) const = default;
};

struct LogConfig {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kAuto;
  bool operator==(const LogConfig&) const = default;
};

struct WebSocketConfig {
  Duration ping_interval{25'000};  // 0: no pings
  Duration pong_timeout{10'000};   // silence after a ping until the peer counts as lost
  Duration close_timeout{5'000};   // wait for the peer's Close after ours
  bool operator==(const WebSocketConfig&) const = default;
};

// Server-sent events, on all routes that have them.
struct SseConfig {
  Duration keepalive{15'000};  // nothing sent for so long: a comment; 0: none
  Duration retry{2'000};       // what clients are told to wait before they come back, about
  Duration max_age{0};         // of a stream; 0: none
  bool operator==(const SseConfig&) const = default;
};

// Bounds of a request's head, the handshake's included.
struct HttpConfig {
  Duration header_timeout{10'000};
  size_t max_header_bytes = 16 * 1024;
  int max_headers = 100;
  size_t max_target_bytes = 8 * 1024;
  bool operator==(const HttpConfig&) const = default;
};

// The proxies in front of a node whose word on their clients' addresses is taken. By `trusted` or
// by `hops`, never both; by neither none is.
struct ProxiesConfig {
  std::vector<std::string> trusted;  // networks: what IpNetwork::Parse takes
  int hops = 0;                      // how many stand in front of each node
  ProxyHeader header = ProxyHeader::kXForwardedFor;
  bool operator==(const ProxiesConfig&) const = default;
};

struct ShutdownConfig {
  Duration timeout{20'000};
  Duration ready_delay{0};
  Duration drain{10'000};
  bool operator==(const ShutdownConfig&) const = default;
};

// Which hooks a route sends to its application. All false where the route has static rules.
struct HookSet {
  bool upgrade = true;
  bool open = true;
  bool message = true;
  bool close = true;
  bool error = false;
  bool drain = false;
  bool resume = false;
  bool operator==(const HookSet&) const = default;
};

// How long one attempt of a hook may take.
struct HookDeadlines {
  Duration upgrade{5'000};
  Duration open{5'000};
  Duration message{5'000};
  Duration close{5'000};
  Duration error{5'000};
  Duration drain{5'000};
  Duration resume{5'000};
  bool operator==(const HookDeadlines&) const = default;
};

// What may wait behind a peer's hook in flight; at either bound the node stops reading that peer.
struct HookWindow {
  int messages = 16;
  size_t bytes = 64 * 1024;
  bool operator==(const HookWindow&) const = default;
};

// When an application is left alone for a while: after so many hooks in a row to which it gave no
// answer.
struct Breaker {
  int failures = 20;  // 0: never
  Duration pause{2'000};
  bool operator==(const Breaker&) const = default;
};

// What a namespace keeps of past messages, for clients that come back.
struct History {
  int size = 0;           // the latest so many; 0: none
  Duration age{300'000};  // and of those none that is older
  bool operator==(const History&) const = default;
};

struct RouteLimits {
  size_t message = 1024 * 1024;  // bytes of one message from a peer
  int fragments = 100'000;       // frames of one message from a peer
  size_t queue = 1024 * 1024;    // bytes that wait for one peer
  int topics = 128;              // topics a peer is subscribed to at once
  size_t context = 64 * 1024;    // bytes of the context kept for a peer
  // Of the route at this node; 0 for none. An IPv6 address counts with its /64.
  int connections = 0;
  int connections_per_address = 0;
  int connect_rate = 0;  // new connections a second, and as many at once
  int connect_rate_per_address = 0;
  // Of one peer; 0 for none. At once it may send what five seconds allow.
  int messages_per_second = 0;
  size_t bytes_per_second = 0;
  bool operator==(const RouteLimits&) const = default;
};

// permessage-deflate. Where the mode is not kOff, clients that offer it may compress as they like.
struct Compression {
  CompressionMode mode = CompressionMode::kOff;
  size_t threshold = 256;  // payload bytes; kAlways leaves what is shorter
  bool operator==(const Compression&) const = default;
};

// What answers for a route without an application. `subscribe` and `topic` are templates: expand
// them with ExpandTemplate (path_pattern.h).
struct StaticRules {
  std::vector<std::string> subscribe;
  OnMessage on_message = OnMessage::kIgnore;
  std::string topic;  // set exactly where on_message is kPublish
  // Topics that a peer may name in its query, as topic_pattern.h has them.
  std::vector<std::string> query_topics;
  bool operator==(const StaticRules&) const = default;
};

// One entry of `routes`. Exactly one of `application` and `static_rules` is set.
struct Route {
  std::string path;  // what PathPattern::Parse takes
  std::vector<TransportKind> transports{TransportKind::kWebSocket};
  // The name of the events in which binary payloads go out, in base64; empty: they do not.
  std::string binary_event = "hookcast.binary";
  std::vector<std::string> allowed_origins;  // what OriginPattern::Parse takes; empty: any
  std::string application;                   // gRPC target, such as "dns:///127.0.0.1:50051"
  std::optional<StaticRules> static_rules;
  std::string namespace_template;  // empty: the path as the client sent it
  HookSet hooks;
  HookDeadlines deadlines;
  HookMode hook_mode = HookMode::kAuto;
  int sessions = 1;          // streams to each address of the application, for each shard
  int max_in_flight = 1024;  // hooks that a node awaits of the application at once
  Breaker breaker;
  int hook_retries = 6;   // further attempts where the application is UNAVAILABLE
  bool redeliver = true;  // false: a message that may have been received is not sent again
  OnMessageError on_message_error = OnMessageError::kReport;
  HookWindow hook_window;
  RouteLimits limits;
  SlowPeer slow_peer = SlowPeer::kClose;
  OnGap on_gap = OnGap::kTell;
  History history;  // of the namespaces that the route itself gives
  Compression compression;
  bool operator==(const Route&) const = default;
};

// One entry of `namespaces`.
struct NamespaceSettings {
  std::string name;  // or, with "*" at its end, what names begin with
  History history;
  bool operator==(const NamespaceSettings&) const = default;
};

// Of all histories at the node.
struct HistoryConfig {
  size_t memory = 256 * 1024 * 1024;
  bool operator==(const HistoryConfig&) const = default;
};

struct Config {
  ListenAddress listen{.port = 8080};
  int shards = 0;         // 0: one for each core
  bool insecure = false;  // admin and control may listen beyond loopback
  AdminConfig admin;
  ControlConfig control;
  AuthConfig auth;
  ClusterConfig cluster;
  BackplaneConfig backplane;
  LogConfig log;
  WebSocketConfig websocket;
  SseConfig sse;
  HttpConfig http;
  ProxiesConfig proxies;
  ShutdownConfig shutdown;
  HistoryConfig history;
  std::vector<NamespaceSettings> namespaces;
  std::vector<Route> routes;  // may be empty; no two match the same paths equally
  bool operator==(const Config&) const = default;
};

}  // namespace hookcast::config

#pragma once

#include <string>

#include "broker/metrics/metric.h"

namespace hookcast::metrics {

// Why a connection attempt did not become a peer.
enum class Refusal : uint8_t {
  kMalformed,  // not HTTP, or against the handshake's rules
  kTooLarge,   // headers or target over their limits
  kNoRoute,
  kByApplication,  // the upgrade hook said no
  kHookFailed,     // the upgrade hook did not answer well
  kTimeout,        // the request did not come in time
  kGone,           // the client left before it was answered
  kShutdown,
  kOrigin,       // not one of the route's allowed_origins
  kConnections,  // beyond limits.connections, and so on
  kConnectionsPerAddress,
  kConnectRate,
  kConnectRatePerAddress,
};

// What became of a message that a client of an event stream posted.
enum class Post : uint8_t {
  kTaken,
  kUnknown,      // no such peer, or another's secret
  kWindowFull,   // too much of it waits for its hooks, or it sent too fast
  kRefused,      // against the rules of such requests, or too large
  kUnavailable,  // too many come at once, or the peer's node did not answer
};

// Which limit of its route a peer went beyond.
enum class PeerLimit : uint8_t { kMessagesPerSecond, kBytesPerSecond };

enum class Hook : uint8_t { kUpgrade, kOpen, kMessage, kClose, kError, kDrain, kResume };
inline constexpr size_t kHooks = 7;
inline constexpr std::array<std::string_view, kHooks> kHookNames = {
    "upgrade", "open", "message", "close", "error", "drain", "resume"};
inline std::string_view NameOf(Hook hook) { return kHookNames[static_cast<size_t>(hook)]; }

// How a hook ended.
enum class HookResult : uint8_t {
  kOk,
  kSkipped,  // UNIMPLEMENTED, now or a short while ago
  kDeadline,
  kUnavailable,
  kFailed,  // any other error
};

// Why something that was to reach somebody did not.
enum class Drop : uint8_t {
  kSlowPeer,           // outbound queue over its limit, and the peer closed for it
  kSlowPeerOldest,     // dropped from a full queue, or not taken, by slow_peer: drop_oldest
  kSlowPeerConflated,  // by slow_peer: conflate, for a newer message of the topic
  kSlowPeerGap,        // by slow_peer: gap
  kPeerClosing,        // sent or delivered to a peer on its way out
  kNotOpened,          // a message of a peer whose open hook failed
  kHookGivenUp,        // a hook event whose attempts all failed
  kAction,             // an action that could not be carried out
  kBinaryEvent,        // binary for an event stream whose route has no sse.binary_event
  kInboxFull,          // of another node, for a shard for which too much waits
};

// What is known of messages that did not come.
enum class Gap : uint8_t {
  kKnown,    // how many they were
  kUnknown,  // nothing
};

// What became of a client that came back with a position, or of a topic with a `since`.
enum class Resume : uint8_t {
  kResumed,   // it has all that it missed
  kGap,       // some of that is not held any more, or cannot be known
  kTopicGap,  // the same, of what an application asked for
};

// What became of a message that was to be compressed, or came compressed.
enum class Compressed : uint8_t {
  kDeflated,    // once for all of its receivers with the same window, on each shard or any
  kNotSmaller,  // it goes out as it is
  kInflated,
  kRefused,  // damaged, too large once inflated, or text that is no UTF-8
};

// The bytes of those that were compressed or inflated.
enum class CompressedBytes : uint8_t { kDeflateIn, kDeflateOut, kInflateIn, kInflateOut };

// What became of what this node published to other nodes, announcements included.
enum class BackplanePublish : uint8_t {
  kTaken,
  kRefused,  // by Redis, in words
  kNotSent,  // there was no link, or no room in front of it
  kUnknown,  // the link was lost before the answer
};

// Why a message that came from Redis went to no peer.
enum class BackplaneSkip : uint8_t {
  kOwn,        // this node's own, come back
  kOld,        // heard before, or of a stream that was replaced
  kKey,        // its idempotency key was delivered here before
  kVersion,    // of a later version
  kMalformed,  // cannot be read
  kNamespace,  // its namespace is not the one that it came by
};

// What was measured for how long it took through Redis and back.
enum class BackplaneLag : uint8_t { kProbe };

// Why a call or page of control or admin was refused to whoever asked.
enum class AuthRefusal : uint8_t {
  kToken,         // none, or one that the node does not know
  kScope,         // the token is not good for it
  kClusterToken,  // not the one that nodes share
};

// What became of what nodes announce.
enum class Announced : uint8_t {
  kSent,
  kHeard,
  kUnreadable,
  kTooMany,  // of a node beyond those that are kept
};

// How a call to another node ended.
enum class NodeCall : uint8_t {
  kOk,
  kRefused,      // answered with an error of the caller's, or that there is no such peer
  kTimeout,      // no answer in time
  kUnreachable,  // no connection, or it broke, or the node did not take the call
};

// What became of a post whose peer another node holds.
enum class ForwardedPost : uint8_t {
  kAnswered,
  kUnreachable,  // its node did not answer
  kTooMany,      // so many were under way that it was not forwarded
};

// The name of every metric, once. A node has one.
//
// Thread: any.
struct Catalogue {
  Catalogue() = default;
  Catalogue(const Catalogue&) = delete;
  Catalogue& operator=(const Catalogue&) = delete;

  Counter connections_accepted{"hookcast_connections_accepted_total", "Connections accepted."};
  Counter accept_errors{"hookcast_accept_errors_total",
                        "Failed accepts, for lack of descriptors or memory."};
  Gauge connections{"hookcast_connections", "Open client connections, handshakes included."};
  CounterBy<Refusal, 13> refused{
      "hookcast_connections_refused_total",
      "Connections that did not become a peer, by cause.",
      "cause",
      {"malformed", "too_large", "no_route", "by_application", "hook_failed", "timeout", "gone",
       "shutdown", "origin", "connections", "connections_per_address", "connect_rate",
       "connect_rate_per_address"}};

  Counter peers_opened{"hookcast_peers_opened_total", "Peers that were accepted."};
  Gauge peers{"hookcast_peers", "Peers connected now."};
  Gauge namespaces{"hookcast_namespaces", "Namespaces with a peer, summed over shards."};
  Gauge topics{"hookcast_topics", "Topics with a subscriber, summed over shards."};
  Gauge subscriptions{"hookcast_subscriptions", "Subscriptions of all peers."};

  Counter messages_received{"hookcast_messages_received_total", "Messages from clients."};
  CounterBy<PeerLimit, 2> over_limit{"hookcast_peers_over_limit_total",
                                     "Peers closed as they sent too much, by limit.",
                                     "limit",
                                     {"messages_per_second", "bytes_per_second"}};
  Counter bytes_received{"hookcast_bytes_received_total", "Bytes read from clients."};
  Counter bytes_sent{"hookcast_bytes_sent_total", "Bytes written to clients."};
  Counter published{"hookcast_published_total", "Messages published, here or by control."};
  Counter publish_repeats{"hookcast_publish_repeats_total",
                          "Publishes whose idempotency key was seen before: not delivered again."};
  Counter publish_keys_evicted{"hookcast_publish_keys_evicted_total",
                               "Idempotency keys forgotten before their time, for lack of room."};
  Counter delivered{"hookcast_delivered_total", "Messages queued to subscribed peers."};
  Counter sent{"hookcast_sent_total", "Messages queued to one peer by send."};
  CounterBy<Compressed, 4> compressed{"hookcast_compressed_messages_total",
                                      "Messages compressed, once for all who get them, or "
                                      "inflated, by result.",
                                      "result",
                                      {"deflated", "not_smaller", "inflated", "refused"}};
  CounterBy<CompressedBytes, 4> compressed_bytes{
      "hookcast_compressed_bytes_total",
      "Bytes of the messages compressed or inflated, before and after.",
      "side",
      {"deflate_in", "deflate_out", "inflate_in", "inflate_out"}};
  Gauge history_namespaces{"hookcast_history_namespaces", "Namespaces that hold a history here."};
  Gauge history_messages{"hookcast_history_messages", "Messages that histories hold."};
  Gauge history_bytes{"hookcast_history_bytes",
                      "Memory of what histories hold, but for what is built of it for the wire."};
  Counter history_evicted{"hookcast_history_evicted_total",
                          "Messages that histories let go of before their time, as history.memory "
                          "was used up."};
  Counter replayed{"hookcast_replayed_total", "Messages of histories queued to one peer."};
  CounterBy<Resume, 3> resumes{
      "hookcast_resumes_total",
      "Clients that came back with a position, and topics subscribed since one, by result.",
      "result",
      {"resumed", "gap", "topic_gap"}};
  Gauge queued_bytes{"hookcast_outbound_queued_bytes",
                     "Memory of what waits for slow peers, as limits.queue counts it."};
  Gauge peers_behind{"hookcast_peers_behind",
                     "Peers whose queue was full and has not fallen to its low mark yet."};
  CounterBy<Gap, 2> gaps{"hookcast_gaps_total",
                         "Gaps in what a namespace's subscribers on a shard get, by what is known "
                         "of their size.",
                         "extent",
                         {"known", "unknown"}};
  CounterBy<Drop, 10> dropped{
      "hookcast_dropped_total",
      "Messages, events and actions dropped, by cause.",
      "cause",
      {"slow_peer", "slow_peer_oldest", "slow_peer_conflated", "slow_peer_gap", "peer_closing",
       "not_opened", "hook_given_up", "action", "binary_event", "inbox_full"}};

  CounterBy<Hook, kHooks> hooks_sent{"hookcast_hooks_sent_total",
                                     "Hooks that were to be sent, repeats included.", "hook",
                                     kHookNames};
  CounterBy<HookResult, 5> hook_results{"hookcast_hook_results_total",
                                        "Hook calls that ended, by result.",
                                        "result",
                                        {"ok", "skipped", "deadline", "unavailable", "failed"}};
  Counter hook_retries{"hookcast_hook_retries_total", "Hooks tried again after a failure."};
  Gauge hooks_in_flight{"hookcast_hooks_in_flight", "Hooks that wait for room or their answer."};
  Gauge events_waiting{"hookcast_hook_events_waiting", "Hook events that were not answered yet."};

  HistogramBy<Hook, kHooks> hook_seconds{
      "hookcast_hook_seconds", "From the wish to send a hook to its answer, time in line included.",
      "hook", kHookNames};
  Levels application_in_flight{"hookcast_application_hooks_in_flight",
                               "Hooks that an application owes an answer.", "application"};
  Levels application_waiting{"hookcast_application_hooks_waiting",
                             "Hooks that wait until an application has room.", "application"};
  Levels application_breaker_open{"hookcast_application_breaker_open",
                                  "Shards that leave an application alone.", "application"};
  Counter breakers_opened{"hookcast_breakers_opened_total",
                          "Times that an application was left alone for a while."};
  Counter addresses_ejected{"hookcast_addresses_ejected_total",
                            "Times that an address was avoided for lack of answers."};
  Gauge hook_streams{"hookcast_hook_streams", "Session streams that are open."};
  Counter hook_streams_lost{"hookcast_hook_streams_lost_total",
                            "Session streams that ended while they were open."};
  Counter hook_streams_stalled{"hookcast_hook_streams_stalled_total",
                               "Session streams ended as a ping was not answered."};
  Counter hook_answers_ignored{"hookcast_hook_answers_ignored_total",
                               "Answers to hooks that nobody waits for: late, or twice."};

  Levels backplane_link_up{"hookcast_backplane_link_up", "1 for a link to Redis that is connected.",
                           "link"};
  Counter backplane_links_lost{"hookcast_backplane_links_lost_total",
                               "Links to Redis that were lost, to be made again."};
  Gauge backplane_wanted{"hookcast_backplane_namespaces_wanted",
                         "Namespaces that this node wants to hear from other nodes."};
  Gauge backplane_subscribed{"hookcast_backplane_namespaces_subscribed",
                             "Namespaces that this node is subscribed to in Redis."};
  Gauge backplane_lingering{"hookcast_backplane_namespaces_lingering",
                            "Namespaces still subscribed to, for those who come back."};
  CounterBy<BackplanePublish, 4> backplane_published{
      "hookcast_backplane_published_total",
      "Messages and announcements for other nodes, by what Redis said.",
      "result",
      {"taken", "refused", "not_sent", "unknown"}};
  Counter backplane_received{"hookcast_backplane_received_total",
                             "Messages of other nodes that were handed to this node's shards."};
  CounterBy<BackplaneSkip, 6> backplane_skipped{
      "hookcast_backplane_skipped_total",
      "Envelopes from Redis that were handed to nobody, by cause.",
      "cause",
      {"own", "old", "key", "version", "malformed", "namespace"}};
  CounterBy<Gap, 2> backplane_gaps{"hookcast_backplane_gaps_total",
                                   "Gaps in what other nodes published, told to those "
                                   "subscribed, by whether their extent is known.",
                                   "extent",
                                   {"known", "unknown"}};
  Counter backplane_missed{"hookcast_backplane_missed_total",
                           "Messages of other nodes that are missing, in gaps of known extent."};
  Counter backplane_keys_evicted{"hookcast_backplane_keys_evicted_total",
                                 "Idempotency keys of delivered messages forgotten before their "
                                 "time, for lack of room."};
  HistogramBy<BackplaneLag, 1> backplane_lag{"hookcast_backplane_lag_seconds",
                                             "From this node through Redis and back to it.",
                                             "of",
                                             {"probe"}};

  CounterBy<AuthRefusal, 3> auth_refused{"hookcast_auth_refused_total",
                                         "Calls and pages refused to whoever asked, by cause.",
                                         "cause",
                                         {"token", "scope", "cluster_token"}};
  Gauge watchers{"hookcast_watchers", "Watch calls under way."};
  Counter watch_dropped{"hookcast_watch_dropped_total",
                        "Events that watchers lost as they read too slowly."};

  GaugeOf nodes{"hookcast_nodes",
                "Nodes that are alive as far as this one knows, itself included."};
  CounterBy<Announced, 4> announcements{"hookcast_announcements_total",
                                        "Announcements of nodes, by what became of them.",
                                        "result",
                                        {"sent", "heard", "unreadable", "too_many"}};
  CounterBy<NodeCall, 4> node_calls{"hookcast_node_calls_total",
                                    "Calls that this node made to others, by result.",
                                    "result",
                                    {"ok", "refused", "timeout", "unreachable"}};
  CounterBy<ForwardedPost, 3> posts_forwarded{
      "hookcast_posts_forwarded_total",
      "Messages that clients of other nodes' event streams posted here, by result.",
      "result",
      {"answered", "unreachable", "too_many"}};

  CounterBy<Post, 5> posts{"hookcast_posts_total",
                           "Messages that clients of event streams posted, by result.",
                           "result",
                           {"taken", "unknown", "window_full", "refused", "unavailable"}};
  Counter keepalives_sent{"hookcast_keepalives_sent_total", "Keepalives to silent event streams."};
  Counter keepalive_timeouts{"hookcast_keepalive_timeouts_total",
                             "Event streams ended as the client acknowledged nothing any more."};
  Counter aged_out{"hookcast_streams_aged_out_total", "Event streams ended at their maximum age."};

  Counter pings_sent{"hookcast_pings_sent_total", "Pings to silent WebSocket peers."};
  Counter ping_timeouts{"hookcast_ping_timeouts_total", "Peers ended by silence after a ping."};
  Counter close_timeouts{"hookcast_close_timeouts_total",
                         "Connections ended as the client did not answer Close in time."};

  Levels build_info{"hookcast_build_info", "1, by the version of the node.", "version"};
  GaugeOf start_time_seconds{"process_start_time_seconds",
                             "When the node started, in seconds since 1970."};
  GaugeOf open_descriptors{"hookcast_open_descriptors", "File descriptors of the process."};
  GaugeOf most_descriptors{"hookcast_most_descriptors",
                           "File descriptors that the process may have."};
  GaugeOf resident_bytes{"hookcast_resident_memory_bytes", "Resident memory of the process."};
  GaugeOf uptime_seconds{"hookcast_uptime_seconds", "Since the node started."};
  GaugeOf ready{"hookcast_ready", "1 while the node takes new connections."};

  // All of the above in Prometheus' text format.
  std::string Expose() const;
};

}  // namespace hookcast::metrics

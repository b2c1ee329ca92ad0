#include "edge/app/node.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "broker/backplane/memory/memory_backplane.h"
#include "broker/backplane/redis/redis_backplane.h"
#include "broker/base/ids.h"
#include "broker/base/log.h"
#include "broker/base/mutex.h"
#include "broker/base/shard_loop.h"
#include "broker/config/history_rules.h"
#include "broker/config/route_table.h"
#include "broker/control/cluster_handlers.h"
#include "broker/control/cluster_token.h"
#include "broker/control/control_server.h"
#include "broker/control/handlers.h"
#include "broker/control/json_calls.h"
#include "broker/control/tokens.h"
#include "broker/hooks/action_executor.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/interest_table.h"
#include "broker/pubsub/publisher.h"
#include "broker/pubsub/shard_set.h"
#include "broker/pubsub/watchers.h"
#include "edge/admin_endpoint.h"
#include "edge/app/advertised_address.h"
#include "edge/app/applications.h"
#include "edge/app/cluster_part.h"
#include "edge/app/gate.h"
#include "edge/app/loop_watch.h"
#include "edge/app/node_shards.h"
#include "edge/app/process_stats.h"
#include "edge/app/version.h"
#include "edge/entry_rules.h"
#include "edge/listener.h"
#include "edge/shard.h"

namespace hookcast::app {
namespace {

constexpr std::chrono::milliseconds kControlGrace{1000};
constexpr double kLeastClosedASecond = 100;            // by default; see shutdown.drain
constexpr std::chrono::milliseconds kLeaveGrace{500};  // for applications to end their streams

size_t ShardCount(const config::Config& config) {
  if (config.shards > 0) return static_cast<size_t>(config.shards);
  return std::max(1u, std::thread::hardware_concurrency());
}

// The admin port has a loop of its own: it answers while shards are busy.
struct Admin {
  Admin(edge::ListeningSocket socket, edge::AdminView view)
      : loop(ShardId{0}, "admin"),
        reactor(&loop),
        endpoint(&reactor, std::move(socket), {}, std::chrono::seconds(10), std::move(view)) {}

  ShardLoop loop;
  edge::Reactor reactor;
  edge::AdminEndpoint endpoint;
};

edge::HttpResponse ToHttp(control::JsonAnswer answer) {
  edge::HttpResponse response{answer.status,
                              {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
                              std::move(answer.body) + "\n"};
  if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

backplane::MemoryHistory::Settings HistoryOf(const config::Config& config,
                                             metrics::Catalogue* metrics) {
  auto rules = std::make_shared<const config::HistoryRules>(config);
  if (rules->empty()) return {};
  return {.limits_of =
              [rules](std::string_view ns) {
                const config::History history = rules->Of(ns);
                return pubsub::HistoryLimits{static_cast<size_t>(history.size), history.age};
              },
          .max_bytes = config.history.memory,
          .metrics = metrics};
}

// Whoever sets it may take it for what keeps two clusters apart.
void WarnOfDatabase(const backplane::RedisSettings& redis) {
  if (redis.database == 0 || redis.prefix != backplane::RedisSettings().prefix) return;
  log::Warn("backplane.database does not part clusters at one Redis: set backplane.prefix",
            {{"database", redis.database}, {"prefix", redis.prefix}});
}

// `redis` is null where the node stands alone.
std::unique_ptr<pubsub::Backplane> MakeBackplane(const config::Config& config,
                                                 const backplane::RedisSettings* redis,
                                                 Incarnation incarnation,
                                                 metrics::Catalogue* metrics) {
  if (redis != nullptr) {
    return std::make_unique<backplane::RedisBackplane>(*redis, incarnation, metrics);
  }
  return std::make_unique<backplane::MemoryBackplane>(HistoryOf(config, metrics));
}

}  // namespace

// Members are destroyed from the last to the first: those that call before those that are called.
struct Node::Parts {
  Parts(config::Config checked, const backplane::RedisSettings* redis)
      : config(std::move(checked)),
        routes(config.routes),
        entry_rules(config.proxies, &routes),
        backplane(MakeBackplane(config, redis, incarnation, &metrics)),
        interest(backplane.get()),
        publisher(incarnation, backplane.get(), &metrics),
        executor(&publisher),
        applications(id, ShardCount(config), &metrics) {}

  ~Parts() {
    control.reset();
    backplane->Stop();
    if (admin) admin->loop.Stop();
    if (shards) shards->Stop();
    cluster.reset();  // its calls under way end now, while those whom they answer are there
  }

  void BuildShards();
  void StartCluster();
  absl::Status StartControl();
  void ExposeFacts();
  // The node is not ready from here on. Returns what is left of shutdown.ready_delay, which runs
  // from the first call. Thread: any.
  Duration BeginLeaving();
  edge::LeavePace::Rate DefaultRate() const;
  void Drain(std::optional<Duration> over, control::Answer<uint64_t> answer);
  cluster::NodeRecord Describe() const;
  absl::Status Readiness() const;
  // Whatever its backplane says.
  absl::Status OwnReadiness() const;
  std::string ControlAddress() const;
  std::string AdvertisedNow() const { return control_port.load() == 0 ? "" : advertised; }
  edge::AdminView View();

  const config::Config config;
  const Incarnation incarnation = Incarnation::Random();
  const std::string id = incarnation.ToString();
  const TimePoint started = Clock::System().Now();
  const std::chrono::system_clock::time_point started_at = Clock::System().WallNow();
  std::atomic<bool> stopping{false};
  std::atomic<bool> draining{false};  // peers were, or will be, told to leave
  Mutex leaving_mutex;
  std::optional<TimePoint> leaving_since HOOKCAST_GUARDED_BY(leaving_mutex);
  std::string advertised;                 // set before control_port is
  std::atomic<uint16_t> control_port{0};  // the one that was really taken
  metrics::Catalogue metrics;
  config::RouteTable routes;
  edge::EntryRules entry_rules;
  edge::PeerSecrets peer_secrets;
  const std::unique_ptr<pubsub::Backplane> backplane;
  pubsub::InterestTable interest;
  pubsub::Watchers watchers{&metrics};
  pubsub::Publisher publisher;
  hooks::ActionExecutor executor;
  Applications applications;
  edge::ShardContext context;
  std::optional<NodeShards> shards;
  std::optional<pubsub::ShardSet> shard_set;
  std::optional<LoopWatch> loop_watch;
  std::optional<edge::Listener> listener;
  std::optional<Admin> admin;
  std::unique_ptr<control::Tokens> tokens;
  control::ClusterToken cluster_token;
  std::optional<control::Handlers> handlers;
  std::optional<ClusterPart> cluster;
  std::optional<control::ClusterHandlers> cluster_handlers;
  std::optional<control::JsonCalls> json_calls;
  std::unique_ptr<control::ControlServer> control;
  Addresses addresses;
};

void Node::Parts::BuildShards() {
  context = {
      .config = &config,
      .routes = &routes,
      .executor = &executor,
      .entry_rules = &entry_rules,
      .peer_secrets = &peer_secrets,
      .post_forwarding = {
          .holder_of = [this](Incarnation i) { return cluster->HolderOf(i); },
          .forward = [this](edge::ForwardedPost post,
                            auto done) { cluster->Forward(std::move(post), std::move(done)); }},
      .metrics = &metrics,
      .client_for = [this](const config::Route& route, ShardLoop& loop, ShardTimers& timers) {
        return applications.ClientFor(route, loop, timers);
      }};
  shards.emplace(&context, incarnation, ShardCount(config), &interest, &watchers);
  shard_set.emplace(shards->handles(), &interest, &watchers);
  std::vector<ShardLoop*> loops;
  for (const pubsub::ShardSet::Shard& shard : shards->handles()) loops.push_back(shard.loop);
  loop_watch.emplace(std::move(loops), &Clock::System());
  context.shard_set = &*shard_set;
}

edge::LeavePace::Rate Node::Parts::DefaultRate() const {
  const config::ShutdownConfig& shutdown = config.shutdown;
  const config::Duration left = shutdown.timeout - shutdown.ready_delay;
  return {.over = shutdown.drain <= left ? shutdown.drain : left / 2, .least = kLeastClosedASecond};
}

void Node::Parts::Drain(std::optional<Duration> over, control::Answer<uint64_t> answer) {
  if (stopping.load()) return answer(absl::UnavailableError("the node is shutting down"));
  if (!draining.exchange(true)) log::Info("draining");
  const Duration delay = BeginLeaving();
  const edge::LeavePace::Rate rate = over ? edge::LeavePace::Rate{.over = *over} : DefaultRate();
  // They are counted before the first is told.
  auto peers = std::make_shared<std::atomic<uint64_t>>(0);
  shard_set->OnAll([peers](pubsub::Hub& hub) { *peers += hub.peer_count(); },
                   [this, peers, delay, rate, answer = std::move(answer)]() mutable {
                     cluster->After(delay, [this, rate] {
                       // Shards that were told to end by Shutdown know better.
                       shards->CloseAll(rate, nullptr, [this] { return stopping.load(); });
                     });
                     answer(peers->load());
                   });
}

Duration Node::Parts::BeginLeaving() {
  draining = true;
  cluster->Changed();
  const TimePoint now = Clock::System().Now();
  const MutexLock lock(&leaving_mutex);
  if (!leaving_since) leaving_since = now;
  return std::max<Duration>(*leaving_since + config.shutdown.ready_delay - now, Duration::zero());
}

void Node::Parts::ExposeFacts() {
  metrics.build_info.At(kVersion)->Add(1);
  metrics.start_time_seconds.ReadFrom(
      [this] { return std::chrono::duration<double>(started_at.time_since_epoch()).count(); });
  metrics.open_descriptors.ReadFrom(&OpenDescriptors);
  metrics.most_descriptors.ReadFrom(&MostDescriptors);
  metrics.resident_bytes.ReadFrom(&ResidentBytes);
  metrics.uptime_seconds.ReadFrom(
      [this] { return std::chrono::duration<double>(Clock::System().Now() - started).count(); });
  metrics.ready.ReadFrom([this] { return Readiness().ok() ? 1.0 : 0.0; });
  metrics.nodes.ReadFrom(
      [this] { return static_cast<double>(cluster->directory().Others().size() + 1); });
}

// It has a backplane from here on, and announces itself once all else runs.
void Node::Parts::StartCluster() {
  cluster.emplace(
      ClusterPart::Parts{.self = incarnation,
                         .alone = config.backplane.kind == config::BackplaneKind::kMemory,
                         .token = cluster_token.text(),
                         .describe = [this] { return Describe(); },
                         .backplane = backplane.get(),
                         .shards = &*shard_set,
                         .secrets = &peer_secrets,
                         .metrics = &metrics});
  backplane->Start(&*shard_set, [this](std::string_view bytes) { cluster->OnAnnouncement(bytes); });
}

absl::Status Node::Parts::StartControl() {
  handlers.emplace(
      control::NodeFacts{.id = id,
                         .version = kVersion,
                         .control_address = [this] { return AdvertisedNow(); },
                         .started_at = started_at,
                         .started = started,
                         .ready = [this] { return Readiness().ok(); },
                         .draining = [this] { return draining.load(); },
                         .drain = [this](std::optional<Duration> over,
                                         auto answer) { Drain(over, std::move(answer)); }},
      &*shard_set, &watchers, &publisher, &executor, &interest, &Clock::System());
  cluster_handlers.emplace(incarnation, &*handlers, &cluster->directory(), &cluster->links());
  json_calls.emplace(&*cluster_handlers, tokens.get());
  auto started_control =
      control::ControlServer::Start(config.control.listen.ToString(),
                                    {.handlers = &*handlers,
                                     .cluster_handlers = &*cluster_handlers,
                                     .tokens = tokens.get(),
                                     .cluster_token = &cluster_token,
                                     .post = [this](const v1::PostRequest& request, auto answer) {
                                       cluster->Take(request, std::move(answer));
                                     }});
  if (!started_control.ok()) return started_control.status();
  control = *std::move(started_control);
  advertised = AdvertisedAddress(config, static_cast<uint16_t>(control->port()));
  control_port = static_cast<uint16_t>(control->port());
  addresses.control = ControlAddress();
  return absl::OkStatus();
}

cluster::NodeRecord Node::Parts::Describe() const {
  return {.incarnation = incarnation,
          .version = kVersion,
          .control_address = advertised,
          .started_at = started_at,
          .peers = static_cast<uint64_t>(std::max<int64_t>(0, metrics.peers.value())),
          .namespaces = static_cast<uint64_t>(std::max<int64_t>(0, metrics.namespaces.value())),
          .ready = Readiness().ok(),
          .draining = draining.load()};
}

absl::Status Node::Parts::OwnReadiness() const {
  if (stopping.load()) return absl::UnavailableError("the node is shutting down");
  if (draining.load()) {
    return absl::UnavailableError("the node was drained: it takes no peers any more");
  }
  return absl::OkStatus();
}

absl::Status Node::Parts::Readiness() const {
  if (absl::Status own = OwnReadiness(); !own.ok()) return own;
  absl::Status health = backplane->Health();
  if (!health.ok() || cluster->directory().settled()) return health;
  return absl::UnavailableError("this node does not know the others yet, or does not hear them");
}

std::string Node::Parts::ControlAddress() const {
  config::ListenAddress address = config.control.listen;
  address.port = control_port.load();
  return address.ToString();
}

edge::AdminView Node::Parts::View() {
  edge::AdminCalls calls{
      .refuse = [this](std::string_view method,
                       std::string_view authorization) -> std::optional<edge::HttpResponse> {
        const absl::Status status = json_calls->Check(method, authorization);
        if (status.ok()) return std::nullopt;
        return ToHttp(control::ToJson(status));
      },
      .call =
          [this](std::string_view method, std::string_view body,
                 absl::AnyInvocable<void(edge::HttpResponse)> answer) {
            json_calls->Call(method, body,
                             [answer = std::move(answer)](control::JsonAnswer json) mutable {
                               answer(ToHttp(std::move(json)));
                             });
          },
      .hosts = config.admin.hosts};
  return {.liveness = [this] { return loop_watch->Check(); },
          .readiness = [this] { return Readiness(); },
          .readiness_without_backplane = [this] { return OwnReadiness(); },
          .metrics = [this] { return metrics.Expose(); },
          .node = id,
          .version = kVersion,
          .may_read =
              [this](std::string_view authorization) {
                return tokens->Check(authorization, config::Scope::kMetrics);
              },
          .calls = std::move(calls)};
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Node::~Node() = default;

const std::string& Node::id() const { return parts_->id; }
const Node::Addresses& Node::addresses() const { return parts_->addresses; }

absl::StatusOr<std::unique_ptr<Node>> Node::Start(config::Config config) {
  auto clients = edge::ListeningSocket::Bind(config.listen);
  if (!clients.ok()) return clients.status();
  auto admin = edge::ListeningSocket::Bind(config.admin.listen);
  if (!admin.ok()) return admin.status();

  std::optional<backplane::RedisSettings> redis;
  if (config.backplane.kind == config::BackplaneKind::kRedis) {
    auto settings = backplane::RedisSettingsOf(config.backplane);
    if (!settings.ok()) return settings.status();
    WarnOfDatabase(*settings);
    redis = *std::move(settings);
  }

  auto parts = std::make_unique<Parts>(std::move(config), redis ? &*redis : nullptr);
  Parts* const p = parts.get();
  log::SetNode(p->id);  // no other thread runs yet
  p->addresses.clients = clients->address();
  p->addresses.admin = admin->address();
  p->ExposeFacts();
  auto tokens = control::Tokens::Read(p->config.auth, &Clock::System(), &p->metrics);
  if (!tokens.ok()) return tokens.status();
  p->tokens = *std::move(tokens);
  auto cluster_token = control::ClusterToken::Read(p->config.cluster);
  if (!cluster_token.ok()) return cluster_token.status();
  p->cluster_token = *std::move(cluster_token);

  p->BuildShards();
  p->StartCluster();
  p->listener.emplace(
      &p->shards->first().reactor(), *std::move(clients), &p->metrics,
      [p](int fd, std::string remote) { p->shards->Adopt(fd, std::move(remote)); },
      DescriptorsForClients());
  p->admin.emplace(*std::move(admin), p->View());
  if (absl::Status status = p->StartControl(); !status.ok()) return status;

  p->listener->Start();
  p->admin->endpoint.Start();
  p->shards->Start();
  p->admin->loop.Start();
  p->cluster->Start();
  p->control->SetServing(true);
  return std::unique_ptr<Node>(new Node(std::move(parts)));
}

size_t Node::Shutdown() {
  Parts& p = *parts_;
  if (p.stopping.exchange(true)) return 0;
  const TimePoint end = Clock::System().Now() + p.config.shutdown.timeout;
  p.control->SetServing(false);
  std::this_thread::sleep_for(p.BeginLeaving());

  // Shards first hear that no connection comes any more, then close those that there are. A gate is
  // shared: what comes late must find it.
  auto gate = std::make_shared<Gate>(p.shards->size());
  p.shards->first().reactor().loop().Post([&p] { p.listener->Stop(); });
  p.shards->CloseAll(p.DefaultRate(), gate, nullptr);
  const bool all_closed = gate->Wait(std::chrono::ceil<std::chrono::milliseconds>(
      std::max<Duration>(end - Clock::System().Now(), Duration::zero())));
  p.shards->CloseConnections();
  if (all_closed) p.shards->LeaveApplications(kLeaveGrace);
  p.cluster->Leave();
  p.control->Shutdown(kControlGrace);
  p.control.reset();
  p.shards->Stop();
  return all_closed ? 0 : p.shards->session_count();
}

}  // namespace hookcast::app

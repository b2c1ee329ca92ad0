#include "broker/hooks/grpc/grpc_application.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "broker/hooks/grpc/connection.h"

namespace hookcast::hooks {
namespace {

// A scout that found nothing is replaced after the first, one that still looks after the second.
constexpr Duration kScoutAgainAfter = std::chrono::seconds(1);
constexpr Duration kScoutAtMost = std::chrono::seconds(5);

// The first of a list of addresses; empty where the target is no such list. gRPC would send the
// whole list as :authority, which some servers refuse.
std::string FirstOfList(std::string_view target) {
  for (const std::string_view scheme : {"ipv4:", "ipv6:"}) {
    const size_t comma = target.find(',');
    if (target.substr(0, scheme.size()) == scheme && comma != std::string_view::npos) {
      return std::string(target.substr(scheme.size(), comma - scheme.size()));
    }
  }
  return "";
}

std::shared_ptr<const GrpcApplication::Connection> Connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(R"({"loadBalancingConfig":[{"round_robin":{}}]})");
  arguments.SetMaxReceiveMessageSize(GrpcApplication::kMaxReplyBytes);
  // The first is the pause before an attempt. The second bounds an attempt, not a pause: how long
  // an address that does not answer at all is waited for.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1000);
  // Servers answer more frequent pings with GOAWAY.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 5 * 60 * 1000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20 * 1000);
  if (const std::string authority = FirstOfList(target); !authority.empty()) {
    arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, authority);
  }
  auto connection = std::make_shared<GrpcApplication::Connection>();
  connection->channel =
      grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  connection->stub = v1::HookService::NewStub(connection->channel);
  return connection;
}

Duration::rep TicksOf(TimePoint time) { return time.time_since_epoch().count(); }

}  // namespace

GrpcApplication::GrpcApplication(std::string target, std::string node, const Clock* clock)
    : target_(std::move(target)),
      node_(std::move(node)),
      clock_(clock),
      connection_(Connect(target_)) {
  for (auto& until : left_out_until_) until = TicksOf(TimePoint::min());
}

GrpcApplication::~GrpcApplication() = default;

absl::Status GrpcApplication::Wants(Hook hook) const {
  const auto until = left_out_until_[static_cast<size_t>(hook)].load(std::memory_order_relaxed);
  if (TicksOf(clock_->Now()) >= until) return absl::OkStatus();
  return absl::UnimplementedError(
      "the application answered this hook with UNIMPLEMENTED less than 60 s ago");
}

void GrpcApplication::Learn(Hook hook, const absl::Status& status) {
  if (absl::IsUnimplemented(status) && hook != Hook::kUpgrade) {
    left_out_until_[static_cast<size_t>(hook)].store(TicksOf(clock_->Now() + kUnimplementedFor),
                                                     std::memory_order_relaxed);
  } else if (absl::IsUnavailable(status)) {
    // Whoever answers next may be another one, and want what this one did not.
    for (auto& until : left_out_until_) {
      until.store(TicksOf(TimePoint::min()), std::memory_order_relaxed);
    }
    Scout();
  } else if (scouting_.load(std::memory_order_relaxed)) {
    CallBackScout();
  }
}

std::shared_ptr<const GrpcApplication::Connection> GrpcApplication::connection() const {
  const MutexLock lock(&mutex_);
  return connection_;
}

// gRPC looks up a name that did not resolve ever less often, down to once in two minutes, and
// cannot be told to do it sooner; a new channel does at once. The old one stays in use meanwhile:
// it fails calls at once, where a new one would hold them until it knows.
void GrpcApplication::Scout() {
  std::shared_ptr<const Connection> dropped;  // when the lock is free again
  const TimePoint now = clock_->Now();
  {
    const MutexLock lock(&mutex_);
    if (connection_->channel->GetState(false) == GRPC_CHANNEL_READY) return;
    const auto state =
        scout_ == nullptr ? GRPC_CHANNEL_TRANSIENT_FAILURE : scout_->channel->GetState(true);
    if (state == GRPC_CHANNEL_READY) {
      dropped = std::exchange(connection_, std::move(scout_));
      scouting_ = false;
      return;
    }
    const Duration patience =
        state == GRPC_CHANNEL_TRANSIENT_FAILURE ? kScoutAgainAfter : kScoutAtMost;
    if (now - scout_sent_ < patience) return;
    scout_sent_ = now;  // one caller goes on
  }
  std::shared_ptr<const Connection> scout = Connect(target_);
  scout->channel->GetState(true);  // begins to connect
  const MutexLock lock(&mutex_);
  dropped = std::exchange(scout_, std::move(scout));
  scouting_ = true;
}

void GrpcApplication::CallBackScout() {
  std::shared_ptr<const Connection> dropped;
  const MutexLock lock(&mutex_);
  dropped = std::exchange(scout_, nullptr);
  scouting_ = false;
}

}  // namespace hookcast::hooks

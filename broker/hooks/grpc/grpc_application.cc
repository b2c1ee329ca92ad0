#include "broker/hooks/grpc/grpc_application.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <utility>

#include "broker/hooks/grpc/call_count.h"
#include "broker/hooks/grpc/grpc_connection.h"
#include "broker/hooks/grpc/mailbox.h"
#include "broker/hooks/grpc/name_lookup.h"

namespace hookcast::hooks {
namespace {

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address,
                                           const std::string& authority) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(GrpcApplication::kMaxReplyBytes);
  // The first is the pause before an attempt. The second bounds an attempt, not a pause: how long
  // an address that does not answer at all is waited for.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // Servers answer more frequent pings with GOAWAY.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 5 * 60 * 1000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20 * 1000);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (!authority.empty()) arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, authority);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

GrpcApplication::GrpcApplication(const std::string& target)
    : target_(ParseTarget(target)), calls_(std::make_shared<CallCount>()) {
  if (const auto* fixed = std::get_if<FixedAddresses>(&target_.what)) addresses_ = fixed->addresses;
}

GrpcApplication::~GrpcApplication() {
  stopping_ = true;
  {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  if (looking_up_.joinable()) looking_up_.join();
  calls_->AwaitNone();
}

void GrpcApplication::Follow(std::shared_ptr<Mailbox> mailbox,
                             std::function<void(const Addresses&)> follower) {
  const std::lock_guard lock(mutex_);
  followers_.push_back({std::move(mailbox), std::move(follower)});
  if (addresses_) Tell(followers_.back(), *addresses_);
  const auto* const name = std::get_if<DnsName>(&target_.what);
  if (name != nullptr && !looking_up_.joinable()) {
    looking_up_ = std::thread([this, name] { KeepLookingUp(*name); });
  }
}

void GrpcApplication::Unfollow(const Mailbox* mailbox) {
  const std::lock_guard lock(mutex_);
  followers_.erase(
      std::remove_if(followers_.begin(), followers_.end(),
                     [&](const Follower& follower) { return follower.mailbox.get() == mailbox; }),
      followers_.end());
}

void GrpcApplication::Tell(const Follower& follower, const Addresses& addresses) {
  follower.mailbox->Put([tell = follower.tell, addresses] { tell(addresses); });
}

void GrpcApplication::LookUpSoon() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(soon_, true)) return;
  changed_.notify_all();
}

void GrpcApplication::KeepLookingUp(const DnsName& name) {
  while (!stopping_) {
    const TimePoint began = Clock::System().Now();
    Addresses found = LookUp(name, stopping_);
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    addresses_ = std::move(found);
    soon_ = !addresses_->ok();
    for (const Follower& follower : followers_) Tell(follower, *addresses_);
    // Not before a second has passed, however often it is asked for.
    changed_.wait_until(lock, began + kLookUpSoon, [this] { return stopping_.load(); });
    changed_.wait_until(lock, began + kLookUpEvery, [this] { return stopping_ || soon_; });
  }
}

std::unique_ptr<HookConnection> GrpcApplication::Connect(const std::string& address, int which,
                                                         std::shared_ptr<Mailbox> mailbox) {
  return std::make_unique<GrpcConnection>(ChannelOf(address, which), std::move(mailbox), calls_);
}

std::shared_ptr<grpc::Channel> GrpcApplication::ChannelOf(const std::string& address, int which) {
  const std::lock_guard lock(mutex_);
  // Those of addresses that were left.
  std::erase_if(channels_, [](const auto& entry) { return entry.second.use_count() == 1; });
  std::shared_ptr<grpc::Channel>& channel = channels_[{address, which}];
  if (channel == nullptr) channel = MakeChannel(address, target_.authority);
  return channel;
}

}  // namespace hookcast::hooks

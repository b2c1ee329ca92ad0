#include "broker/hooks/grpc/grpc_hook_client.h"

#include <utility>

#include "broker/hooks/grpc/mailbox.h"

namespace hookcast::hooks {

GrpcHookClient::GrpcHookClient(ApplicationClient::Settings settings,
                               std::shared_ptr<GrpcApplication> application, ShardLoop* loop,
                               ShardTimers* timers, metrics::Catalogue* metrics)
    : application_(std::move(application)),
      mailbox_(std::make_shared<Mailbox>(loop)),
      metrics_{metrics->application_in_flight.At(settings.target),
               metrics->application_waiting.At(settings.target),
               metrics->application_breaker_open.At(settings.target)} {
  client_ = std::make_unique<ApplicationClient>(
      std::move(settings),
      ApplicationClient::Links{
          .timers = timers,
          .metrics = metrics,
          .application = &metrics_,
          .connect = [this](const std::string& address,
                            int which) { return application_->Connect(address, which, mailbox_); },
          .look_again = [this] { application_->LookUpSoon(); }});
  application_->Follow(mailbox_, [this](const GrpcApplication::Addresses& addresses) {
    client_->OnAddresses(addresses);
  });
}

// What is put into the mailbox from here on, or waits in it, is dropped.
GrpcHookClient::~GrpcHookClient() {
  application_->Unfollow(mailbox_.get());
  mailbox_->Close();
  client_.reset();
}

void GrpcHookClient::Upgrade(const UpgradeEvent& event, Duration deadline, UpgradeDone done) {
  client_->Upgrade(event, deadline, std::move(done));
}

void GrpcHookClient::Call(const pubsub::Peer& peer, const PeerEvent& event, Affinity* affinity,
                          Duration deadline, HookDone done) {
  client_->Call(peer, event, affinity, deadline, std::move(done));
}

}  // namespace hookcast::hooks

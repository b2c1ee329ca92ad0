#include "broker/backplane/redis/redis_link.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/base/log.h"

namespace hookcast::backplane {
namespace {

// What was up for so long is tried again at once when it is lost.
constexpr Duration kSound = std::chrono::seconds(5);

}  // namespace

RedisLink::RedisLink(boost::asio::io_context* loop, const RedisSettings* settings, std::string what,
                     std::string client, metrics::Catalogue* metrics, User* user)
    : loop_(loop),
      settings_(settings),
      what_(std::move(what)),
      client_(std::move(client)),
      metrics_(metrics),
      level_(metrics->backplane_link_up.At(what_)),
      user_(user),
      lookup_(loop),
      timer_(*loop),
      status_(absl::UnavailableError(
          absl::StrCat("Redis at ", settings->Where(), " is not connected yet"))) {}

RedisLink::~RedisLink() { Stop(); }

void RedisLink::Start() { Attempt(); }

void RedisLink::Stop() {
  stopped_ = true;
  if (std::exchange(up_, false)) level_->Add(-1);
  lookup_.Cancel();
  timer_.cancel();
  if (connection_ != nullptr) std::exchange(connection_, nullptr)->Close();
}

void RedisLink::Remake(std::string_view why) {
  if (connection_ != nullptr) connection_->Lose(absl::UnavailableError(std::string(why)));
}

std::string RedisLink::Shown(std::string_view words) const {
  std::string shown = connection_->Shown(words);
  // Redis names neither the channel nor the rule.
  if (words.starts_with("NOPERM") && words.find("channel") != std::string_view::npos) {
    absl::StrAppend(&shown, "; the user needs &", settings_->prefix, ":*");
  }
  return shown;
}

void RedisLink::Attempt() {
  connection_ = std::make_shared<RedisConnection>(
      loop_, *settings_, client_,
      RedisConnection::Callbacks{.ready = [this] { OnReady(); },
                                 .reply = [this](const RedisReply& reply) { OnReply(reply); },
                                 .read = [this] { user_->OnRead(); },
                                 .written = [this] { user_->OnWritten(); },
                                 .lost = [this](const absl::Status& why) { OnLost(why); }});
  timer_.expires_after(settings_->connect_timeout);
  timer_.async_wait([this, attempt = connection_.get()](boost::system::error_code ec) {
    if (ec || stopped_ || connection_.get() != attempt) return;
    connection_->Lose(absl::UnavailableError(absl::StrCat(
        "looking the name up took longer than ", settings_->connect_timeout.count(), " ms")));
  });
  lookup_.Start(settings_->host, settings_->port, [this](auto endpoints) {
    timer_.cancel();
    if (!endpoints.ok()) return connection_->Lose(endpoints.status());
    // The one that is tried first may take connections and be of no use.
    std::rotate(endpoints->begin(), endpoints->begin() + attempts_ % endpoints->size(),
                endpoints->end());
    connection_->Open(*std::move(endpoints));
  });
}

void RedisLink::OnReady() {
  up_ = true;
  level_->Add(1);
  status_ = absl::OkStatus();
  up_since_ = Clock::System().Now();
  user_->OnUp();
}

// A greeting is not yet what the link is for: that may be refused, and then it is lost again.
void RedisLink::OnReply(const RedisReply& reply) {
  if (!reply.IsError() && news_.Works()) {
    log::Info("the link to Redis is up again", {{"link", what_}, {"redis", settings_->Where()}});
  }
  user_->OnReply(reply);
}

void RedisLink::OnLost(const absl::Status& why) {
  connection_ = nullptr;
  lookup_.Cancel();
  const TimePoint now = Clock::System().Now();
  const bool was_up = std::exchange(up_, false);
  const bool lasted = was_up && now - up_since_ >= kSound;
  if (was_up) {
    level_->Add(-1);
    if (lasted) attempts_ = 0;
  }
  const std::string words(why.message());
  status_ = absl::UnavailableError(absl::StrCat("Redis at ", settings_->Where(),
                                                was_up ? " was lost (" : " cannot be used (", what_,
                                                "): ", words));
  if (news_.Failed(words, lasted, now)) {
    log::Warn(was_up ? "the link to Redis was lost" : "Redis cannot be used",
              {{"link", what_}, {"redis", settings_->Where()}, {"why", words}});
  }
  if (was_up) {
    user_->OnDown();
    metrics_->backplane_links_lost.Add();  // whoever sees it sees what came of it
  }
  if (stopped_) return;
  timer_.expires_after(settings_->backoff.After(++attempts_, random_()));
  timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec && !stopped_ && connection_ == nullptr) Attempt();
  });
}

}  // namespace hookcast::backplane

#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "broker/backplane/redis/address_lookup.h"
#include "broker/backplane/redis/link_news.h"
#include "broker/backplane/redis/redis_connection.h"
#include "broker/backplane/redis/redis_settings.h"
#include "broker/base/clock.h"
#include "broker/metrics/catalogue.h"

namespace hookcast::backplane {

// A connection to Redis that is made again whenever it is lost, for ever: the host is looked up
// anew for each attempt, and attempts back off.
//
// Thread: that of the loop.
class RedisLink final {
 public:
  class User {
   public:
    virtual ~User() = default;
    virtual void OnUp() = 0;
    // Follows OnUp.
    virtual void OnDown() = 0;
    // As RedisConnection::Callbacks has them.
    virtual void OnReply(const RedisReply& reply) = 0;
    virtual void OnRead() {}
    virtual void OnWritten() {}
  };

  // `what` is the link's name for people, "commands"; `client` the one that Redis shows. All
  // outlive its Stop.
  RedisLink(boost::asio::io_context* loop, const RedisSettings* settings, std::string what,
            std::string client, metrics::Catalogue* metrics, User* user);
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;
  ~RedisLink();

  void Start();
  // The user hears nothing more.
  void Stop();
  // Loses the connection that there is, and begins anew. No effect while there is none.
  void Remake(std::string_view why);

  bool up() const { return up_; }
  // OK while it is up, else what is wrong: a sentence for people, UNAVAILABLE.
  const absl::Status& status() const { return status_; }

  // REQUIRES: up.
  std::string& out() { return connection_->out(); }
  void Flush() { connection_->Flush(); }
  bool writing() const { return connection_->writing(); }
  // Redis' words, as people may see them; where a rule of its ACL is missing, with that.
  std::string Shown(std::string_view words) const;

 private:
  void Attempt();
  void OnReady();
  void OnReply(const RedisReply& reply);
  void OnLost(const absl::Status& why);

  boost::asio::io_context* const loop_;
  const RedisSettings* const settings_;
  const std::string what_;
  const std::string client_;
  metrics::Catalogue* const metrics_;
  metrics::Level* const level_;
  User* const user_;
  AddressLookup lookup_;
  boost::asio::steady_timer timer_;  // of the look-up, and between attempts
  std::mt19937_64 random_{std::random_device()()};
  std::shared_ptr<RedisConnection> connection_;
  bool stopped_ = false;
  bool up_ = false;
  uint32_t attempts_ = 0;  // since the link was sound
  TimePoint up_since_;
  LinkNews news_;
  absl::Status status_;
};

}  // namespace hookcast::backplane

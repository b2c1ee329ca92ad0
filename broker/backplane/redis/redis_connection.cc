#include "broker/backplane/redis/redis_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/backplane/redis/redis_command.h"
#include "broker/backplane/redis/redis_words.h"

namespace hookcast::backplane {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr size_t kReadBytes = 64 * 1024;
constexpr size_t kKeptBytes = 1024 * 1024;  // of room for writes

}  // namespace

RedisConnection::RedisConnection(boost::asio::io_context* loop, const RedisSettings& settings,
                                 std::string name, Callbacks callbacks)
    : settings_(settings),
      name_(std::move(name)),
      callbacks_(std::move(callbacks)),
      socket_(*loop),
      deadline_(*loop),
      in_(kReadBytes) {}

void RedisConnection::Open(std::vector<tcp::endpoint> endpoints) {
  endpoints_ = std::move(endpoints);
  Connect();
}

void RedisConnection::Close() {
  ended_ = true;
  error_code ignored;
  deadline_.cancel(ignored);
  socket_.close(ignored);
}

void RedisConnection::Lose(const absl::Status& why) {
  if (ended_) return;
  // Kept until whoever uses it has let go of it.
  const auto self = shared_from_this();
  Close();
  callbacks_.lost(why);
}

void RedisConnection::SetDeadline(std::string_view what) {
  deadline_.expires_after(settings_.connect_timeout);
  deadline_.async_wait([self = shared_from_this(), what = std::string(what)](error_code ec) {
    if (ec || self->ended_ || self->ready_) return;
    // Another wait may have begun before this one was called.
    if (self->deadline_.expiry() > std::chrono::steady_clock::now()) return;
    if (self->next_endpoint_ < self->endpoints_.size() && self->greeting_.empty()) {
      error_code ignored;
      self->socket_.close(ignored);
      return self->Connect();
    }
    self->Lose(absl::UnavailableError(
        absl::StrCat(what, " took longer than ", self->settings_.connect_timeout.count(), " ms")));
  });
}

void RedisConnection::Connect() {
  SetDeadline("connecting");
  const tcp::endpoint endpoint = endpoints_[next_endpoint_++];
  socket_.async_connect(endpoint, [self = shared_from_this(),
                                   attempt = next_endpoint_](error_code ec) {
    if (self->ended_ || attempt != self->next_endpoint_) return;
    error_code ignored;
    // A port of this host where nobody listens can be given to the very socket that asks for it,
    // which would then talk to itself, and keep Redis from coming back.
    if (!ec && self->socket_.local_endpoint(ignored) == self->socket_.remote_endpoint(ignored)) {
      ec = boost::asio::error::connection_refused;
    }
    if (!ec) return self->Greet();
    self->socket_.close(ignored);
    if (self->next_endpoint_ < self->endpoints_.size()) return self->Connect();
    self->Lose(absl::UnavailableError(absl::StrCat("connecting failed: ", ec.message())));
  });
}

void RedisConnection::Greet() {
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.set_option(boost::asio::socket_base::keep_alive(true), ignored);
  if (!settings_.password_file.empty()) {
    auto read = ReadPassword(settings_.password_file);
    if (!read.ok()) return Lose(read.status());
    settings_.password = *std::move(read);
  }
  const std::string& password = settings_.password;
  if (!password.empty()) {
    greeting_.push_back("AUTH");
    if (settings_.username.empty()) {
      AppendCommand({"AUTH", password}, &out_);
    } else {
      AppendCommand({"AUTH", settings_.username, password}, &out_);
    }
  }
  if (settings_.database != 0) {
    greeting_.push_back("SELECT");
    AppendCommand({"SELECT", absl::StrCat(settings_.database)}, &out_);
  }
  greeting_.push_back("INFO");
  AppendCommand({"INFO", "replication"}, &out_);
  greeting_.push_back("CLIENT");
  AppendCommand({"CLIENT", "SETNAME", name_}, &out_);
  SetDeadline("the answer to its greeting");
  Flush();
  Read();
}

void RedisConnection::OnGreeting(const RedisReply& reply) {
  const std::string& command = greeting_[greeted_++];
  if (reply.IsError()) {
    const std::string_view text = reply.TextAt(0);
    // A user that may not name itself, or ask, can still publish; without a password it can do
    // nothing.
    if ((command != "CLIENT" && command != "INFO") || !text.starts_with("NOPERM")) {
      // Behind a quote Redis repeats what it was sent: the password, maybe only a part of it.
      const std::string_view plain =
          command == "AUTH" ? text.substr(0, text.find_first_of("'\"`")) : text;
      return Lose(absl::UnavailableError(absl::StrCat("it refuses ", command, ": ", Shown(plain))));
    }
  }
  if (command == "INFO" && TellsOfReplica(reply.TextAt(0))) {
    return Lose(absl::UnavailableError(kIsReplica));
  }
  if (greeted_ < greeting_.size()) return;
  ready_ = true;
  error_code ignored;
  deadline_.cancel(ignored);
  callbacks_.ready();
}

std::string RedisConnection::Shown(std::string_view words) const {
  return ShownWords(words, settings_.password);
}

void RedisConnection::Read() {
  socket_.async_read_some(
      boost::asio::buffer(in_), [self = shared_from_this()](error_code ec, size_t size) {
        if (self->ended_) return;
        if (ec == boost::asio::error::eof) {
          return self->Lose(absl::UnavailableError("it closed the connection"));
        }
        if (ec) return self->Lose(absl::UnavailableError(ec.message()));
        const absl::Status status =
            self->reader_.Feed({self->in_.data(), size}, [&](const RedisReply& reply) {
              if (self->ready_) {
                self->callbacks_.reply(reply);
              } else {
                self->OnGreeting(reply);
              }
              return !self->ended_;
            });
        if (self->ended_) return;
        if (!status.ok()) return self->Lose(absl::UnavailableError(status.message()));
        if (self->ready_) self->callbacks_.read();
        if (!self->ended_) self->Read();
      });
}

void RedisConnection::Flush() {
  if (!writing_ && !out_.empty() && !ended_) Write();
}

void RedisConnection::Write() {
  writing_ = true;
  being_written_.clear();
  if (being_written_.capacity() > kKeptBytes) being_written_ = std::string();
  being_written_.swap(out_);
  boost::asio::async_write(socket_, boost::asio::buffer(being_written_),
                           [self = shared_from_this()](error_code ec, size_t) {
                             self->writing_ = false;
                             if (self->ended_) return;
                             if (ec) return self->Lose(absl::UnavailableError(ec.message()));
                             if (!self->out_.empty()) return self->Write();
                             if (self->ready_) self->callbacks_.written();
                           });
}

}  // namespace hookcast::backplane

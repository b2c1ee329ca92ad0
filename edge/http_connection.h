#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "broker/base/timer_wheel.h"
#include "edge/http_server.h"
#include "edge/outbound_queue.h"
#include "edge/reactor.h"
#include "edge/socket.h"

namespace hookcast::edge {

// One connection while it speaks HTTP: reads the request, waits for the handler, writes the
// response and lingers until the client has read it.
//
// Thread: the reactor's. Owned by its server.
class HttpConnection final : public Pollable {
 public:
  HttpConnection(HttpServer* server, ConnectionId id, Socket socket, std::string remote_address);
  ~HttpConnection() override;

  // Begins to read. False where the kernel would not watch the socket.
  bool Start();

  void Respond(const HttpResponse& response);
  Detached Detach();
  // Closes the socket, if it was not detached; nothing is heard of this connection any more.
  void Stop();
  bool awaits_answer() const { return state_ == State::kDeciding; }
  bool answered() const { return state_ == State::kWriting || state_ == State::kLingering; }
  const std::string& remote_address() const { return remote_address_; }

  void OnReady(uint32_t events) override;

 private:
  enum class State : uint8_t { kReading, kDeciding, kWriting, kLingering };

  void ReadRequest();
  // Gives the reader what is there; false where more has to come, or the request was refused.
  bool Feed(std::string_view bytes);
  // The head is there. False where the request was refused.
  bool TakeHead();
  void WatchWhileDeciding(uint32_t events);
  void Write();
  void Linger();
  void DiscardInput();
  void OnDeadline();
  void Watch(uint32_t events);
  void End(HttpEnding how);

  HttpServer* const server_;
  Reactor* const reactor_;
  const ConnectionId id_;
  Socket socket_;
  const std::string remote_address_;
  State state_ = State::kReading;
  HttpEnding ending_ = HttpEnding::kAnswered;
  bool head_only_ = false;
  std::unique_ptr<HttpRequestReader> reader_;
  std::string kept_;  // of the request while it is read, then what came behind it
  OutboundQueue output_;
  Timer deadline_;
};

}  // namespace hookcast::edge

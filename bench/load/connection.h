// One connection of the load tool, WebSocket or Server-Sent Events.

#ifndef HOOKCAST_BENCH_LOAD_CONNECTION_H_
#define HOOKCAST_BENCH_LOAD_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "bench/load/loop.h"
#include "bench/load/target.h"
#include "bench/wire/sse.h"

namespace hookcast::bench {

// A client's side of one connection: connects, asks, reads frames or events strictly (a frame that
// breaks RFC 6455 is an error, and so is an event that the server would not make), answers pings.
// May be started again after its end. An event, or an envelope of hookcast.v1.json, is a text
// message of its data; hookcast.close is the server's Close frame, and a gap, which says that
// something was lost, an error.
// Thread: main. The observer and the loop outlive it.
class Connection {
 public:
  enum class State {
    kIdle,
    kConnecting,  // TCP
    kUpgrading,
    kOpen,
  };

  // Called from inside Loop::RunUntil. A call may Start, Send, Close… the connection it is about.
  class Observer {
   public:
    // TCP is there, nothing has been sent. False: leave the handshake unsent.
    virtual bool OnConnected(Connection&) { return true; }
    virtual void OnOpen(Connection& connection) = 0;
    // A whole text or binary message; servers of ours send no fragments.
    virtual void OnMessage(Connection& connection, uint8_t opcode, std::string_view payload) = 0;
    virtual void OnPong(Connection&, std::string_view) {}
    // The server's Close frame, or hookcast.close.
    virtual void OnCloseFrame(Connection& connection, uint16_t code, std::string_view reason) = 0;
    // It is over and in kIdle. `error` is OK where the server ended it with FIN.
    virtual void OnEnd(Connection& connection, const absl::Status& error) = 0;

   protected:
    ~Observer() = default;
  };

  Connection(Loop& loop, Observer& observer, size_t id);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Begins to connect, as number `n` of `count` (see Target::Source). `last_event_id`: where to
  // resume, over events or envelopes; "" begins anew.
  // REQUIRES: state() is kIdle.
  void Start(const Target& target, size_t n, size_t count, std::string_view last_event_id = {});

  // Frames go out at once, or where the socket is full as it drains. Not for streams of events.
  void SendFrame(uint8_t opcode, std::string_view payload);
  void SendRaw(std::string_view bytes);

  // Ways to end; the observer hears nothing more of it.
  void Close();  // FIN
  void Reset();  // RST
  // FIN for what is sent; what the server says is still heard.
  void ShutdownWrite();

  State state() const { return state_; }
  // Where it could be resumed, over events or envelopes; "" where it told nothing. Holds over the
  // end.
  std::string_view last_event_id() const;
  size_t id() const { return id_; }
  Clock::time_point started() const { return started_; }
  void set_observer(Observer& observer) { observer_ = &observer; }

  // The handshake that Start sends for `target`.
  static std::string Request(const Target& target, std::string_view last_event_id = {});

  void OnEvents(uint32_t events);  // for Loop

 private:
  void OnReadable();
  // Both take what they can from the front and return how many bytes. The connection may have
  // ended, or even started anew, after: `life_` tells.
  size_t TakeResponse(std::string_view input);
  size_t TakeFrames(const char* data, size_t size);
  void TakeEvents(std::string_view input);  // all of it
  void OnEvent();
  void OnEnvelope(std::string_view text);
  void OnFin();
  void OnFrame(uint8_t opcode, std::string_view payload);
  void Flush();
  void End(const absl::Status& error);
  absl::Status ConnectError(int error) const;
  absl::Status Broken(std::string_view how) const;

  Loop& loop_;
  Observer* observer_;
  const size_t id_;
  const Target* target_ = nullptr;
  int fd_ = -1;
  State state_ = State::kIdle;
  uint32_t life_ = 0;  // counts Starts and ends
  Clock::time_point started_;
  std::optional<SseReader> events_;
  std::string resume_at_;
  std::string input_;   // the beginning of a frame
  std::string output_;  // what the socket did not take
};

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_LOAD_CONNECTION_H_

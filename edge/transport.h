#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/hooks/hook_event.h"
#include "broker/pubsub/message.h"

namespace hookcast::edge {

// What a transport tells of its connection: the session's side of the seam.
//
// Thread: shard-affine. None of these but ResumeId is called from inside Deliver or Send.
class TransportListener {
 public:
  virtual ~TransportListener() = default;

  // A whole message. False asks for a pause: nothing more is read until ResumeReading.
  virtual bool OnMessage(pubsub::DataKind kind, std::string_view payload) = 0;
  // A ping or a pong with so many bytes: of no use to the application, and work all the same. The
  // listener may close for it.
  virtual void OnControlFrame(size_t bytes) = 0;
  // Messages of topics were lost in a gap, which is over, and the client's protocol has no word for
  // it. A transport whose protocol has one tells the client itself, unless the connection is lost.
  virtual void OnGap(uint64_t lost) = 0;
  // The outbound queue was full once, and has fallen to its low mark. Not once it is closing.
  virtual void OnDrained(size_t queued_bytes) = 0;
  // No more waits than AwaitSpace asked for.
  virtual void OnSpace() = 0;
  // What the client may come back with to get all that it has not been given yet, as
  // pubsub::ResumeId writes it; empty where no history is kept for it. Changes nothing.
  virtual std::string ResumeId() const = 0;
  // The client broke the protocol or a limit; OnClosed follows.
  virtual void OnProtocolError(hooks::ErrorEvent error) = 0;
  // The connection has ended as far as the client is concerned. Once; no message follows.
  virtual void OnClosed(hooks::CloseDetails details) = 0;
  // The socket is gone. Once, after OnClosed and last of all: the transport may be destroyed.
  virtual void OnReleased() = 0;
};

// One client's connection, whatever it speaks. Owned by its session.
//
// Thread: shard-affine.
class Transport {
 public:
  virtual ~Transport() = default;

  // Queues, and never blocks or calls the listener. False where the connection takes nothing any
  // more, or not this: it is closing, or the message was one too many for its queue.
  virtual bool Deliver(const pubsub::Message& message) = 0;
  virtual bool Send(const pubsub::Data& data) = 0;

  // A message that stands before others which the client has already. Like Deliver, but its place
  // in history is not what the client comes back with: that stays where it is.
  virtual bool Recall(const pubsub::Message& message) = 0;
  // Tells the client its ResumeId, where its protocol has a word for that: it moved without a
  // message.
  virtual void TellPosition() = 0;
  // Tells the client that it missed messages of its topics, and how many if that is known. False
  // where its protocol has no word for it.
  virtual bool TellGap(std::optional<uint64_t> lost) = 0;
  // Calls OnSpace, once, later and not from inside this call, when no more than so many bytes are
  // queued. The latest call counts.
  virtual void AwaitSpace(size_t bytes) = 0;

  // Sends what is queued, then the close with this code, and waits a bounded time for the client's.
  // `by` is what OnClosed tells if the client does not close first. No effect while closing.
  virtual void Close(uint16_t code, std::string_view reason, hooks::ClosedBy by) = 0;
  // Ends the connection at once. The listener hears of it after this call.
  virtual void Terminate(hooks::ClosedBy by) = 0;

  // Whether it takes messages still: it was not told to end, and does not end by itself.
  virtual bool open() const = 0;
  virtual void ResumeReading() = 0;
  // What waits to be sent, as its memory counts against the queue's limit; and that limit.
  virtual size_t queued_bytes() const = 0;
  virtual size_t queue_limit() const = 0;
};

}  // namespace hookcast::edge

#include "tests/unit/broker/hooks/grpc/fake_stream.h"

#include <utility>

#include "broker/hooks/application/session_codec.h"

namespace hookcast::hooks {

FakeStream* FakeStream::Start(OnRequest on_request) {
  auto* const stream = new FakeStream(std::move(on_request));
  stream->StartRead(&stream->request_);
  return stream;
}

void FakeStream::Say(v1::SessionReply reply) {
  {
    const std::lock_guard lock(mutex_);
    replies_.push_back(std::move(reply));
  }
  GoOn();
}

void FakeStream::Welcome(uint32_t events, uint64_t bytes) {
  v1::SessionReply reply;
  reply.mutable_welcome()->set_version(1);
  reply.mutable_welcome()->set_credit_events(events);
  reply.mutable_welcome()->set_credit_bytes(bytes);
  Say(std::move(reply));
}

void FakeStream::Answer(const v1::SessionEvents& events) {
  v1::SessionReply reply;
  for (const v1::SessionEvent& event : events.events()) {
    v1::SessionAnswer* const answer = reply.mutable_replies()->add_answers();
    answer->set_event_id(EventIdOf(event));
    if (event.has_upgrade()) {
      answer->mutable_upgrade();
    } else {
      answer->mutable_reply();
    }
  }
  Say(std::move(reply));
}

void FakeStream::Pong(uint64_t number) {
  v1::SessionReply reply;
  reply.mutable_pong()->set_number(number);
  Say(std::move(reply));
}

void FakeStream::End(grpc::Status status) {
  {
    const std::lock_guard lock(mutex_);
    if (!end_) end_ = std::move(status);
  }
  GoOn();
}

void FakeStream::StopReading() {
  const std::lock_guard lock(mutex_);
  reading_ = false;
}

void FakeStream::Echo(FakeStream* stream, const v1::SessionRequest* request) {
  if (request == nullptr) return stream->End(grpc::Status::OK);
  if (request->has_hello()) return stream->Welcome();
  if (request->has_events()) return stream->Answer(request->events());
  if (request->has_ping()) return stream->Pong(request->ping().number());
}

void FakeStream::OnReadDone(bool ok) {
  if (!ok) {
    on_request_(this, nullptr);
    return End(grpc::Status::OK);
  }
  on_request_(this, &request_);
  {
    const std::lock_guard lock(mutex_);
    if (!reading_) return;
  }
  StartRead(&request_);
}

void FakeStream::OnWriteDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    replies_.pop_front();
    writing_ = false;
    if (!ok) broken_ = true;
  }
  GoOn();
}

void FakeStream::GoOn() {
  const std::lock_guard lock(mutex_);
  if (writing_ || finished_) return;
  if (!broken_ && !replies_.empty()) {
    writing_ = true;
    return StartWrite(&replies_.front());
  }
  if (!end_) return;
  finished_ = true;
  Finish(*end_);
}

}  // namespace hookcast::hooks

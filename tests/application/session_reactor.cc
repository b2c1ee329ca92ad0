#include "tests/application/session_reactor.h"

#include <grpcpp/alarm.h>

#include <chrono>
#include <string>
#include <utility>

namespace hookcast::testing {

// An answer that waits for its time. Deletes itself.
class SessionReactor::Delayed {
 public:
  Delayed(SessionReactor* reactor, v1::SessionAnswer answer, std::chrono::milliseconds delay)
      : reactor_(reactor), answer_(std::move(answer)) {
    alarm_.Set(std::chrono::system_clock::now() + delay, [this](bool) {
      reactor_->AddAnswer(std::move(answer_));
      delete this;
    });
  }

 private:
  SessionReactor* const reactor_;
  v1::SessionAnswer answer_;
  grpc::Alarm alarm_;
};

SessionReactor::SessionReactor(const Behaviour* behaviour, Answers* answers, Recorder* recorder)
    : behaviour_(behaviour), given_(answers), recorder_(recorder) {
  v1::SessionReply welcome;
  welcome.mutable_welcome()->set_version(1);
  welcome.mutable_welcome()->set_credit_events(behaviour->credit_events);
  Queue(std::move(welcome));
  StartRead(&request_);
}

void SessionReactor::OnReadDone(bool ok) {
  if (!ok) return FinishOnce();
  if (request_.has_ping()) {
    v1::SessionReply pong;
    pong.mutable_pong()->set_number(request_.ping().number());
    Queue(std::move(pong));
  } else if (request_.has_go_away()) {
    recorder_->Record("0 go_away - - 0 " + request_.go_away().reason() + "\n");
  } else if (request_.has_events()) {
    recorder_->Record(request_.events());
    for (const v1::SessionEvent& event : request_.events().events()) Answer(event);
    WriteNext();
  }
  StartRead(&request_);
}

void SessionReactor::Answer(const v1::SessionEvent& event) {
  if (event.has_message() && behaviour_->silent) return;
  v1::SessionAnswer answer;
  given_->Give(event, &answer);
  const std::string hold = given_->HoldOf(event);
  const std::chrono::milliseconds delay = event.has_message()   ? behaviour_->message_delay
                                          : event.has_upgrade() ? behaviour_->upgrade_delay
                                                                : std::chrono::milliseconds(0);
  if (hold.empty() && delay.count() == 0) {
    const std::lock_guard lock(mutex_);
    *answers_.mutable_replies()->add_answers() = std::move(answer);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    ++delayed_;
  }
  if (hold.empty()) {
    new Delayed(this, std::move(answer), delay);
  } else {
    given_->holds().Await(hold, [this, answer] { AddAnswer(answer); });
  }
}

void SessionReactor::Queue(v1::SessionReply reply) {
  {
    const std::lock_guard lock(mutex_);
    control_ = std::move(reply);  // a newer pong says all that an older one did
  }
  WriteNext();
}

void SessionReactor::AddAnswer(v1::SessionAnswer answer) {
  {
    const std::lock_guard lock(mutex_);
    *answers_.mutable_replies()->add_answers() = std::move(answer);
  }
  WriteNext();
  bool last;
  {
    const std::lock_guard lock(mutex_);
    --delayed_;
    last = ended_;
  }
  if (last) FinishOnce();
}

void SessionReactor::WriteNext() {
  {
    const std::lock_guard lock(mutex_);
    if (is_writing_ || ended_) return;
    if (control_.kind_case() != v1::SessionReply::KIND_NOT_SET) {
      writing_ = std::exchange(control_, {});
    } else if (answers_.has_replies()) {
      writing_ = std::exchange(answers_, {});
    } else {
      return;
    }
    is_writing_ = true;
  }
  StartWrite(&writing_);
}

void SessionReactor::OnWriteDone(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    is_writing_ = false;
  }
  if (ok) WriteNext();
}

// Once the node has ended its side, and no timer points here any more.
void SessionReactor::FinishOnce() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    if (delayed_ > 0 || std::exchange(finished_, true)) return;
  }
  Finish(grpc::Status::OK);
}

}  // namespace hookcast::testing

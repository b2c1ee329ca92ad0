#include "tests/fakes/hooks/fake_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/fakes/hooks/fake_address.h"

namespace hookcast::fakes {

using hooks::SessionListener;

void FakeSession::Say(const v1::SessionReply& reply) {
  if (listener_ == nullptr) return;
  absl::StatusOr<hooks::SessionNews> news = hooks::ReadSessionReply(reply);
  if (!news.ok()) return End(news.status());
  listener_->OnNews(*std::move(news));
}

void FakeSession::Welcome(uint32_t events, uint64_t bytes) {
  v1::SessionReply reply;
  reply.mutable_welcome()->set_version(1);
  reply.mutable_welcome()->set_credit_events(events);
  reply.mutable_welcome()->set_credit_bytes(bytes);
  Say(reply);
}

void FakeSession::Answer(const std::vector<std::string>& ids) {
  v1::SessionReply reply;
  reply.mutable_replies();
  for (const std::string& id : ids) {
    v1::SessionAnswer* const answer = reply.mutable_replies()->add_answers();
    answer->set_event_id(id);
    if (absl::EndsWith(id, "/0")) {
      answer->mutable_upgrade();
    } else {
      answer->mutable_reply();
    }
    Forget(id);
  }
  Say(reply);
}

void FakeSession::AnswerWith(const std::string& id, absl::StatusCode code,
                             const std::string& message) {
  v1::SessionReply reply;
  v1::SessionAnswer* const answer = reply.mutable_replies()->add_answers();
  answer->set_event_id(id);
  answer->mutable_error()->set_code(static_cast<uint32_t>(code));
  answer->mutable_error()->set_message(message);
  Forget(id);
  Say(reply);
}

void FakeSession::Ping(uint64_t number) {
  v1::SessionReply reply;
  reply.mutable_ping()->set_number(number);
  Say(reply);
}

void FakeSession::Pong(uint64_t number) {
  v1::SessionReply reply;
  reply.mutable_pong()->set_number(number);
  Say(reply);
}

void FakeSession::GoAway(const std::string& reason) {
  v1::SessionReply reply;
  reply.mutable_go_away()->set_reason(reason);
  Say(reply);
}

void FakeSession::End(const absl::Status& status) {
  if (SessionListener* const listener = std::exchange(listener_, nullptr)) {
    listener->OnEnded(status);
  }
}

void FakeSession::Forget(const std::string& id) {
  const auto found = std::find(owed_.begin(), owed_.end(), id);
  if (found != owed_.end()) owed_.erase(found);
}

// ---- The node's side ---------------------------------------------------------------------------

FakeSession::Call::~Call() {
  session_->cancelled_ = session_->listener_ != nullptr;
  session_->listener_ = nullptr;
}

void FakeSession::Call::Write(v1::SessionEvent event) {
  const std::string id = hooks::EventIdOf(event);
  session_->written_.push_back("event " + id);
  session_->owed_.push_back(id);
  session_->events_.push_back(std::move(event));
}

void FakeSession::Call::WriteControl(v1::SessionRequest request) {
  std::vector<std::string>& written = session_->written_;
  switch (request.kind_case()) {
    case v1::SessionRequest::kHello:
      return written.push_back(
          absl::StrCat("hello ", request.hello().version(), " ", request.hello().node()));
    case v1::SessionRequest::kPing:
      return written.push_back(absl::StrCat("ping ", request.ping().number()));
    case v1::SessionRequest::kPong:
      return written.push_back(absl::StrCat("pong ", request.pong().number()));
    case v1::SessionRequest::kGoAway:
      return written.push_back("go_away " + request.go_away().reason());
    default:
      return written.push_back("nonsense");
  }
}

void FakeSession::Call::WritesDone() { session_->written_.push_back("done"); }

}  // namespace hookcast::fakes

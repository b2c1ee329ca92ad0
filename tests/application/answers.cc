#include "tests/application/answers.h"

namespace hookcast::testing {
namespace {

const std::string& IdOf(const v1::SessionEvent& event) {
  switch (event.kind_case()) {
    case v1::SessionEvent::kUpgrade:
      return event.upgrade().event().id();
    case v1::SessionEvent::kOpen:
      return event.open().event().id();
    case v1::SessionEvent::kMessage:
      return event.message().event().id();
    case v1::SessionEvent::kClose:
      return event.close().event().id();
    case v1::SessionEvent::kError:
      return event.error().event().id();
    case v1::SessionEvent::kResume:
      return event.resume().event().id();
    case v1::SessionEvent::kDrain:
    case v1::SessionEvent::KIND_NOT_SET:
      break;
  }
  return event.drain().event().id();
}

}  // namespace

void Answer(const Behaviour& behaviour, const v1::SessionEvent& event, v1::SessionAnswer* answer) {
  answer->set_event_id(IdOf(event));
  if (event.has_upgrade()) {
    v1::UpgradeReply* const reply = answer->mutable_upgrade();
    if (behaviour.reject) reply->mutable_reject()->set_status(403);
    return;
  }
  v1::HookReply* const reply = answer->mutable_reply();
  if (!event.has_message() || !behaviour.echo) return;
  v1::Data* const data = reply->add_actions()->mutable_send()->mutable_data();
  if (event.message().has_binary()) {
    data->set_binary(event.message().binary());
  } else {
    data->set_text(event.message().text());
  }
}

}  // namespace hookcast::testing

#include "tests/application/answers.h"

#include "broker/hooks/application/session_codec.h"

namespace hookcast::testing {

void Answers::Give(const v1::SessionEvent& event, v1::SessionAnswer* answer) {
  answer->set_event_id(hooks::EventIdOf(event));
  if (behaviour_->obey) return obedience_.Answer(event, answer);
  if (event.has_upgrade()) {
    v1::UpgradeReply* const reply = answer->mutable_upgrade();
    if (behaviour_->reject) reply->mutable_reject()->set_status(403);
    return;
  }
  v1::HookReply* const reply = answer->mutable_reply();
  if (!event.has_message() || !behaviour_->echo) return;
  v1::Data* const data = reply->add_actions()->mutable_send()->mutable_data();
  if (event.message().has_binary()) {
    data->set_binary(event.message().binary());
  } else {
    data->set_text(event.message().text());
  }
}

std::string Answers::HoldOf(const v1::SessionEvent& event) {
  return behaviour_->obey ? obedience_.HoldOf(event) : "";
}

}  // namespace hookcast::testing

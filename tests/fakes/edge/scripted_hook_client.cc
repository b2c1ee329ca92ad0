#include "tests/fakes/edge/scripted_hook_client.h"

#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hookcast::fakes {
namespace {

std::string LineOf(const hooks::PeerEvent& event) {
  const std::string place = absl::StrCat(event.number, "/", event.attempt);
  if (const auto* message = std::get_if<hooks::MessageEvent>(&event.what)) {
    return absl::StrCat("message ", place, " ", std::string(message->data.payload.view()));
  }
  if (const auto* close = std::get_if<hooks::CloseEvent>(&event.what)) {
    return absl::StrCat("close ", place, " ", close->details.code);
  }
  if (const auto* error = std::get_if<hooks::ErrorEvent>(&event.what)) {
    return absl::StrCat("error ", place, " ", error->message);
  }
  if (const auto* drain = std::get_if<hooks::DrainEvent>(&event.what)) {
    return absl::StrCat("drain ", place, " ", drain->queued_bytes);
  }
  if (const auto* resume = std::get_if<hooks::ResumeEvent>(&event.what)) {
    return absl::StrCat("resume ", place, " at ", resume->position.sequence, " replayed ",
                        resume->replayed, resume->gap ? " gap" : "");
  }
  return absl::StrCat("open ", place);
}

}  // namespace

void ScriptedHookClient::AnswerUpgrade(absl::StatusOr<hooks::UpgradeVerdict> verdict) {
  assert(!upgrades_.empty());
  hooks::UpgradeDone done = std::move(upgrades_.front().done);
  upgrades_.pop_front();
  done(std::move(verdict));
}

void ScriptedHookClient::Answer(absl::StatusOr<hooks::HookReply> reply) {
  assert(!calls_.empty());
  hooks::HookDone done = std::move(calls_.front().done);
  calls_.pop_front();
  done(std::move(reply));
}

void ScriptedHookClient::AnswerWith(std::vector<hooks::Action> actions) {
  Answer(hooks::HookReply{std::move(actions), std::nullopt});
}

void ScriptedHookClient::Upgrade(const hooks::UpgradeEvent& event, Duration deadline,
                                 hooks::UpgradeDone done) {
  PendingUpgrade call{.peer = event.id,
                      .target = event.facts->target,
                      .ns = event.facts->ns,
                      .route = std::string(event.facts->route),
                      .remote_address = event.facts->remote_address,
                      .params = event.facts->params,
                      .subprotocols = *event.subprotocols,
                      .deadline = deadline,
                      .done = std::move(done)};
  event.facts->headers.ForEach([&](std::string_view name, std::string_view value) {
    call.headers.emplace_back(name, value);
  });
  upgrades_.push_back(std::move(call));
}

void ScriptedHookClient::Call(const pubsub::Peer& peer, const hooks::PeerEvent& event,
                              hooks::Affinity*, Duration deadline, hooks::HookDone done) {
  told_.push_back(LineOf(event));
  if (script_ != nullptr) {
    done(script_(peer, event));
    return;
  }
  calls_.push_back({.peer = peer.id(),
                    .event = event,
                    .deadline = deadline,
                    .context = peer.context(),
                    .topics = peer.membership().Topics(),
                    .done = std::move(done)});
}

}  // namespace hookcast::fakes

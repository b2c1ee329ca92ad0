#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "broker/hooks/application/hook_connection.h"

namespace hookcast::fakes {

// One Session call as its application sees it: what the node wrote, and what the test says in
// return. Outlives the call.
//
// Thread: shard-affine.
class FakeSession {
 public:
  explicit FakeSession(hooks::SessionListener* listener) : listener_(listener) {}
  FakeSession(const FakeSession&) = delete;
  FakeSession& operator=(const FakeSession&) = delete;

  // The call on the node's side.
  class Call;

  // A line for each thing that was written: "hello 1 node-1", "event <id>", "ping 1", "pong 7",
  // "go_away why", "done" for the end of writing.
  const std::vector<std::string>& written() const { return written_; }
  // The events among them, whole.
  const std::vector<v1::SessionEvent>& events() const { return events_; }
  // The ids of the events that were not answered by this application, in their order.
  const std::vector<std::string>& owed() const { return owed_; }
  // The node ended the call before the application did.
  bool cancelled() const { return cancelled_; }
  // Whoever ended it.
  bool over() const { return listener_ == nullptr; }

  // What the application says. No effect once the call is over. What makes no sense ends the call,
  // as a call over the network would.
  void Say(const v1::SessionReply& reply);
  void Welcome(uint32_t events = 1024, uint64_t bytes = 4 << 20);
  // One message with a good answer to each: for upgrades (number 0) an upgrade reply.
  void Answer(const std::vector<std::string>& ids);
  void AnswerAll() { Answer(std::vector<std::string>(owed_)); }
  void AnswerWith(const std::string& id, absl::StatusCode code, const std::string& message = "");
  void Ping(uint64_t number);
  void Pong(uint64_t number);
  void GoAway(const std::string& reason);
  void End(const absl::Status& status);

 private:
  void Forget(const std::string& id);

  hooks::SessionListener* listener_;
  bool cancelled_ = false;
  std::vector<std::string> written_;
  std::vector<v1::SessionEvent> events_;
  std::vector<std::string> owed_;
};

}  // namespace hookcast::fakes

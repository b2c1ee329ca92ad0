#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hookcast/v1/hooks.grpc.pb.h"
#include "tests/integration/client/child_process.h"
#include "tests/integration/client/http_client.h"

namespace hookcast::testing {

// How an application takes its hooks.
enum class Way { kSession, kUnary };

// A hookcast-test-application that answers what its clients' requests and messages say; see
// tests/application/obedience.h.
//
// Thread: one at a time; start it from the test's main thread.
class ObedientApplication {
 public:
  using Matches = std::function<bool(const v1::SessionEvent&)>;

  // A failure is the test's.
  static std::unique_ptr<ObedientApplication> Start(Way way);

  // "127.0.0.1:port".
  const std::string& address() const { return address_; }

  // All events that it has been asked to answer so far, in the order in which they came.
  std::vector<v1::SessionEvent> Events() const;
  // The first event that matches, there already or to come. A failure of the test, and an empty
  // event, where none comes in time.
  v1::SessionEvent WaitFor(const Matches& matches,
                           std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
  // The same, by the target of the request or by the peer.
  v1::Request UpgradeOf(const std::string& target) const;
  v1::OpenRequest OpenOf(const std::string& target) const;
  v1::MessageRequest MessageOf(const std::string& peer) const;
  v1::CloseRequest CloseOf(const std::string& peer) const;
  v1::ErrorRequest ErrorOf(const std::string& peer) const;

  // Lets go what is held under this name.
  void Release(const std::string& name) const;

 private:
  ObedientApplication() = default;

  std::unique_ptr<ChildProcess> process_;
  std::string address_;
  std::unique_ptr<v1::HookService::Stub> stub_;
  mutable int marks_ = 0;
};

// Whether both say the same, whatever the order of their maps.
bool Same(const google::protobuf::Message& one, const google::protobuf::Message& two);
// In protobuf's JSON form.
std::string Json(const google::protobuf::Message& message);
// A header that orders a reply: `name` is x-upgrade-reply, x-open-reply …
std::pair<std::string, std::string> OrderHeader(const std::string& name,
                                                const google::protobuf::Message& reply);

// Actions, to be joined into a reply.
v1::Action SendText(const std::string& text);
v1::Action SubscribeTo(const std::string& topic);
v1::Action UnsubscribeFrom(const std::string& topic);
v1::Action PublishText(const std::string& topic, const std::string& text,
                       bool include_self = false);
v1::Action CloseWith(uint32_t code, const std::string& reason);
v1::Action Terminate();
v1::HookReply Reply(const std::vector<v1::Action>& actions);

}  // namespace hookcast::testing

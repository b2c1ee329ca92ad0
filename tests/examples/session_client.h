#pragma once

#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hookcast/v1/hooks.grpc.pb.h"

namespace hookcast::testing {

// The node's side of one Session stream, for tests that say each message themselves. Each operation
// ends within 10 s of the start: the call has a deadline.
//
// Thread: one at a time.
class SessionClient {
 public:
  explicit SessionClient(const std::string& address);

  void Send(const v1::SessionRequest& request);
  // All in one message.
  void SendEvents(const std::vector<v1::SessionEvent>& events);
  // The next message; a failure of the test, and an empty one, where there is none.
  v1::SessionReply Receive();
  // Reads until so many answers came, by event id. Other messages fail the test.
  std::map<std::string, v1::SessionAnswer> ReceiveAnswers(size_t count);
  // Ends the node's side, reads what still comes, and returns how the application ended the call.
  grpc::Status End();

 private:
  grpc::ClientContext context_;
  const std::unique_ptr<v1::HookService::Stub> stub_;
  const std::unique_ptr<grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionReply>> stream_;
};

}  // namespace hookcast::testing

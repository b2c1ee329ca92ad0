#pragma once

#include <grpcpp/server.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "hookcast/v1/hooks.grpc.pb.h"
#include "tests/unit/broker/hooks/grpc/fake_stream.h"

namespace hookcast::hooks {

// An application in this process, behind a real port, that answers as a test says.
//
// Thread: any, but for the answers, which are set before the first call.
class FakeApplication {
 public:
  template <typename Request, typename Reply>
  using Answer = std::function<grpc::Status(const Request&, Reply*)>;

  // Listens on the port, 0 for any, of an address of this machine.
  explicit FakeApplication(int port = 0, std::string host = "127.0.0.1");
  ~FakeApplication();

  // An answer that was not set is OK and an empty reply.
  Answer<v1::UpgradeRequest, v1::UpgradeReply> on_upgrade;
  Answer<v1::OpenRequest, v1::HookReply> on_open;
  Answer<v1::MessageRequest, v1::HookReply> on_message;
  Answer<v1::CloseRequest, v1::HookReply> on_close;
  Answer<v1::ErrorRequest, v1::HookReply> on_error;
  // What each Session call does with a request of its node; unset, there is no Session.
  FakeStream::OnRequest on_session;

  // From now on calls stay unanswered until their client gives up.
  void Hold();

  // As when its process ends.
  void Stop();

  int port() const { return port_; }
  std::string address() const { return host_ + ":" + std::to_string(port_); }

  int calls() const;
  // True as soon as so many calls came, or were given up by the client while held; false where they
  // did not within 20 s.
  bool AwaitCalls(int count) const;
  bool AwaitGivenUp(int count) const;
  // The same for connections that calls came over.
  bool AwaitConnections(int count) const;

 private:
  class Service;
  class HeldCall;

  bool Await(const int& counter, int count) const;

  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
  const std::string host_;
  int port_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool holding_ = false;
  int calls_ = 0;
  int given_up_ = 0;
  std::set<std::string> clients_;  // their addresses
  int connections_ = 0;            // so many
};

}  // namespace hookcast::hooks

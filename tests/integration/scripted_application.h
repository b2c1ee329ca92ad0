#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hookcast/v1/hooks.grpc.pb.h"
#include "tests/integration/client/held_port.h"

namespace hookcast::testing {

// An application whose hooks do what a test says, behind a real gRPC server, with a record of all
// that it was asked.
//
// Thread: any. Handlers run on gRPC's threads; set them before a client connects.
class ScriptedApplication final : public v1::HookService::Service {
 public:
  struct Entry {
    std::string hook;  // "upgrade", "open", "message", "close", "error", "drain", "resume"
    std::string event_id;
    uint32_t attempt = 0;
    std::string peer_id;  // empty for upgrade
    std::string text;     // message's data; error's sentence; drain's queued bytes; what was
                          // replayed, and " gap"
    v1::CloseDetails details;
    v1::Peer peer;
    v1::Request request;
  };

  std::function<grpc::Status(const v1::UpgradeRequest&, v1::UpgradeReply*)> on_upgrade;
  std::function<grpc::Status(const v1::OpenRequest&, v1::HookReply*)> on_open;
  std::function<grpc::Status(const v1::MessageRequest&, v1::HookReply*)> on_message;
  std::function<grpc::Status(const v1::CloseRequest&, v1::HookReply*)> on_close;
  std::function<grpc::Status(const v1::ErrorRequest&, v1::HookReply*)> on_error;
  std::function<grpc::Status(const v1::DrainRequest&, v1::HookReply*)> on_drain;
  std::function<grpc::Status(const v1::ResumeRequest&, v1::HookReply*)> on_resume;

  // Whether it has Session; else its hooks are unary calls.
  bool session = true;

  ScriptedApplication() = default;
  ~ScriptedApplication() override { Stop(); }

  // On the port it had before, or on one that the system chooses. False where it cannot be had.
  bool Start();
  // Refuses new calls and cancels those under way.
  void Stop();
  // "127.0.0.1:port". REQUIRES: was started.
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  std::vector<Entry> entries() const;
  // Waits until an entry matches; a failure of the test, and an empty entry, if none does in time.
  Entry WaitFor(const std::function<bool(const Entry&)>& matches,
                std::chrono::milliseconds limit = std::chrono::seconds(10));
  Entry WaitFor(const std::string& hook,
                std::chrono::milliseconds limit = std::chrono::seconds(10));

 private:
  grpc::Status Upgrade(grpc::ServerContext*, const v1::UpgradeRequest*, v1::UpgradeReply*) override;
  grpc::Status Open(grpc::ServerContext*, const v1::OpenRequest*, v1::HookReply*) override;
  grpc::Status Message(grpc::ServerContext*, const v1::MessageRequest*, v1::HookReply*) override;
  grpc::Status Close(grpc::ServerContext*, const v1::CloseRequest*, v1::HookReply*) override;
  grpc::Status Error(grpc::ServerContext*, const v1::ErrorRequest*, v1::HookReply*) override;
  grpc::Status Drain(grpc::ServerContext*, const v1::DrainRequest*, v1::HookReply*) override;
  grpc::Status Resume(grpc::ServerContext*, const v1::ResumeRequest*, v1::HookReply*) override;
  grpc::Status Session(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::SessionReply, v1::SessionRequest>* stream) override;
  void Record(Entry entry);

  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::optional<HeldPort> port_until_start_;  // while it is stopped
  mutable std::mutex mutex_;
  std::condition_variable recorded_;
  std::vector<Entry> entries_;
};

// Shorthands for replies.
void SendText(v1::HookReply* reply, const std::string& text);
void Subscribe(v1::HookReply* reply, const std::string& topic);
void PublishText(v1::HookReply* reply, const std::string& topic, const std::string& text,
                 bool include_self = false);

}  // namespace hookcast::testing

#include "tests/integration/scripted_application.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/integration/serve_session.h"

namespace hookcast::testing {

bool ScriptedApplication::Start() {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port_), grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) return false;
  port_ = port;
  port_until_start_.reset();
  return true;
}

void ScriptedApplication::Stop() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
  port_until_start_.emplace(port_);
}

std::vector<ScriptedApplication::Entry> ScriptedApplication::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

ScriptedApplication::Entry ScriptedApplication::WaitFor(
    const std::function<bool(const Entry&)>& matches, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  const auto end = std::chrono::steady_clock::now() + limit;
  size_t seen = 0;
  while (true) {
    for (; seen < entries_.size(); ++seen) {
      if (matches(entries_[seen])) return entries_[seen];
    }
    if (recorded_.wait_until(lock, end) == std::cv_status::timeout && seen == entries_.size())
      break;
  }
  std::string heard;
  for (const Entry& entry : entries_) heard += " " + entry.hook;
  ADD_FAILURE() << "the application was not asked what the test waits for; it heard:" << heard;
  return {};
}

ScriptedApplication::Entry ScriptedApplication::WaitFor(const std::string& hook,
                                                        std::chrono::milliseconds limit) {
  return WaitFor([&](const Entry& entry) { return entry.hook == hook; }, limit);
}

void ScriptedApplication::Record(Entry entry) {
  const std::lock_guard lock(mutex_);
  entries_.push_back(std::move(entry));
  recorded_.notify_all();
}

grpc::Status ScriptedApplication::Upgrade(grpc::ServerContext*, const v1::UpgradeRequest* request,
                                          v1::UpgradeReply* reply) {
  Record({.hook = "upgrade",
          .event_id = request->event().id(),
          .attempt = request->event().attempt(),
          .request = request->request()});
  return on_upgrade ? on_upgrade(*request, reply) : grpc::Status::OK;
}

grpc::Status ScriptedApplication::Open(grpc::ServerContext*, const v1::OpenRequest* request,
                                       v1::HookReply* reply) {
  Record({.hook = "open",
          .event_id = request->event().id(),
          .attempt = request->event().attempt(),
          .peer_id = request->peer().id(),
          .peer = request->peer(),
          .request = request->request()});
  return on_open ? on_open(*request, reply) : grpc::Status::OK;
}

grpc::Status ScriptedApplication::Message(grpc::ServerContext*, const v1::MessageRequest* request,
                                          v1::HookReply* reply) {
  Record({.hook = "message",
          .event_id = request->event().id(),
          .attempt = request->event().attempt(),
          .peer_id = request->peer().id(),
          .text = request->has_binary() ? request->binary() : request->text(),
          .peer = request->peer()});
  return on_message ? on_message(*request, reply) : grpc::Status::OK;
}

grpc::Status ScriptedApplication::Close(grpc::ServerContext*, const v1::CloseRequest* request,
                                        v1::HookReply* reply) {
  Record({.hook = "close",
          .event_id = request->event().id(),
          .attempt = request->event().attempt(),
          .peer_id = request->peer().id(),
          .details = request->details(),
          .peer = request->peer()});
  return on_close ? on_close(*request, reply) : grpc::Status::OK;
}

grpc::Status ScriptedApplication::Error(grpc::ServerContext*, const v1::ErrorRequest* request,
                                        v1::HookReply* reply) {
  Record({.hook = "error",
          .event_id = request->event().id(),
          .attempt = request->event().attempt(),
          .peer_id = request->peer().id(),
          .text = request->message(),
          .details = request->details(),
          .peer = request->peer()});
  return on_error ? on_error(*request, reply) : grpc::Status::OK;
}

grpc::Status ScriptedApplication::Drain(grpc::ServerContext*, const v1::DrainRequest* request,
                                        v1::HookReply* reply) {
  Record({.hook = "drain",
          .event_id = request->event().id(),
          .attempt = request->event().attempt(),
          .peer_id = request->peer().id(),
          .text = std::to_string(request->queued_bytes()),
          .peer = request->peer()});
  return on_drain ? on_drain(*request, reply) : grpc::Status::OK;
}

grpc::Status ScriptedApplication::Resume(grpc::ServerContext*, const v1::ResumeRequest* request,
                                         v1::HookReply* reply) {
  Record({.hook = "resume",
          .event_id = request->event().id(),
          .attempt = request->event().attempt(),
          .peer_id = request->peer().id(),
          .text = std::to_string(request->replayed()) + (request->gap() ? " gap" : ""),
          .peer = request->peer()});
  return on_resume ? on_resume(*request, reply) : grpc::Status::OK;
}

grpc::Status ScriptedApplication::Session(
    grpc::ServerContext*, grpc::ServerReaderWriter<v1::SessionReply, v1::SessionRequest>* stream) {
  if (!session) return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "");
  return ServeSession(this, stream);
}

void SendText(v1::HookReply* reply, const std::string& text) {
  reply->add_actions()->mutable_send()->mutable_data()->set_text(text);
}

void Subscribe(v1::HookReply* reply, const std::string& topic) {
  reply->add_actions()->mutable_subscribe()->set_topic(topic);
}

void PublishText(v1::HookReply* reply, const std::string& topic, const std::string& text,
                 bool include_self) {
  v1::PublishAction* publish = reply->add_actions()->mutable_publish();
  publish->set_topic(topic);
  publish->mutable_data()->set_text(text);
  publish->set_include_self(include_self);
}

}  // namespace hookcast::testing

#include "tests/integration/obedient_application.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <sstream>
#include <utility>

namespace hookcast::testing {
namespace {

// Nullopt for a line that is no event, such as one that gRPC logged.
std::optional<v1::SessionEvent> ReadEvent(std::string_view line) {
  v1::SessionEvent event;
  if (!line.starts_with("{\"")) return std::nullopt;
  const auto status =
      google::protobuf::util::JsonStringToMessage({line.data(), line.size()}, &event);
  return status.ok() ? std::optional(std::move(event)) : std::nullopt;
}

}  // namespace

std::unique_ptr<ObedientApplication> ObedientApplication::Start(Way way) {
  std::vector<std::string> command = {HOOKCAST_TEST_APPLICATION, "--obey", "--print"};
  if (way == Way::kUnary) command.push_back("--unary");
  auto started = ChildProcess::Start(command);
  if (!started.ok()) {
    ADD_FAILURE() << started.status();
    return nullptr;
  }
  std::unique_ptr<ObedientApplication> application(new ObedientApplication);
  application->process_ = *std::move(started);
  const auto line = application->process_->WaitForLine("listening on ");
  if (!line.ok()) {
    ADD_FAILURE() << "the application did not start: " << line.status();
    return nullptr;
  }
  application->address_ = line->substr(std::string("listening on ").size());
  application->stub_ = v1::HookService::NewStub(
      grpc::CreateChannel(application->address_, grpc::InsecureChannelCredentials()));
  return application;
}

std::vector<v1::SessionEvent> ObedientApplication::Events() const {
  // What it prints is read by another thread; that has come this far once it has read this.
  Release("mark " + std::to_string(++marks_));
  std::vector<v1::SessionEvent> events;
  std::istringstream output(process_->output());
  for (std::string line; std::getline(output, line);) {
    if (auto event = ReadEvent(line)) events.push_back(*std::move(event));
  }
  return events;
}

v1::SessionEvent ObedientApplication::WaitFor(const Matches& matches,
                                              std::chrono::milliseconds limit) const {
  v1::SessionEvent found;
  const auto line = process_->WaitForLine(
      [&](std::string_view text) {
        auto event = ReadEvent(text);
        if (!event || !matches(*event)) return false;
        found = *std::move(event);
        return true;
      },
      limit);
  EXPECT_TRUE(line.ok()) << "no such event: " << line.status();
  return found;
}

v1::Request ObedientApplication::UpgradeOf(const std::string& target) const {
  return WaitFor([&](const v1::SessionEvent& event) {
           return event.upgrade().request().target() == target;
         })
      .upgrade()
      .request();
}

v1::OpenRequest ObedientApplication::OpenOf(const std::string& target) const {
  return WaitFor([&](const v1::SessionEvent& event) {
           return event.open().request().target() == target;
         })
      .open();
}

v1::MessageRequest ObedientApplication::MessageOf(const std::string& peer) const {
  return WaitFor([&](const v1::SessionEvent& event) { return event.message().peer().id() == peer; })
      .message();
}

v1::CloseRequest ObedientApplication::CloseOf(const std::string& peer) const {
  return WaitFor([&](const v1::SessionEvent& event) { return event.close().peer().id() == peer; })
      .close();
}

v1::ErrorRequest ObedientApplication::ErrorOf(const std::string& peer) const {
  return WaitFor([&](const v1::SessionEvent& event) { return event.error().peer().id() == peer; })
      .error();
}

void ObedientApplication::Release(const std::string& name) const {
  grpc::ClientContext context;
  v1::MessageRequest request;
  request.set_text(name);
  v1::HookReply reply;
  const grpc::Status status = stub_->Message(&context, request, &reply);
  EXPECT_TRUE(status.ok()) << status.error_message();
  const auto line =
      process_->WaitForLine([&](std::string_view text) { return text == "released " + name; });
  EXPECT_TRUE(line.ok()) << line.status();
}

bool Same(const google::protobuf::Message& one, const google::protobuf::Message& two) {
  return google::protobuf::util::MessageDifferencer::Equals(one, two);
}

std::string Json(const google::protobuf::Message& message) {
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return json;
}

std::pair<std::string, std::string> OrderHeader(const std::string& name,
                                                const google::protobuf::Message& reply) {
  return {name, Json(reply)};
}

v1::Action SendText(const std::string& text) {
  v1::Action action;
  action.mutable_send()->mutable_data()->set_text(text);
  return action;
}

v1::Action SubscribeTo(const std::string& topic) {
  v1::Action action;
  action.mutable_subscribe()->set_topic(topic);
  return action;
}

v1::Action UnsubscribeFrom(const std::string& topic) {
  v1::Action action;
  action.mutable_unsubscribe()->set_topic(topic);
  return action;
}

v1::Action PublishText(const std::string& topic, const std::string& text, bool include_self) {
  v1::Action action;
  action.mutable_publish()->set_topic(topic);
  action.mutable_publish()->mutable_data()->set_text(text);
  action.mutable_publish()->set_include_self(include_self);
  return action;
}

v1::Action CloseWith(uint32_t code, const std::string& reason) {
  v1::Action action;
  action.mutable_close()->set_code(code);
  action.mutable_close()->set_reason(reason);
  return action;
}

v1::Action Terminate() {
  v1::Action action;
  action.mutable_terminate();
  return action;
}

v1::HookReply Reply(const std::vector<v1::Action>& actions) {
  v1::HookReply reply;
  for (const v1::Action& action : actions) *reply.add_actions() = action;
  return reply;
}

}  // namespace hookcast::testing

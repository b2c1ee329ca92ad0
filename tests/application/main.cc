// hookcast-test-application: an application in a process of its own, for tests that stop and kill
// it and for measurements. Prints "listening on HOST:PORT".

#include <grpcpp/alarm.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "tests/application/answers.h"
#include "tests/application/recorder.h"
#include "tests/application/session_reactor.h"

namespace hookcast::testing {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

class Service final : public v1::HookService::CallbackService {
 public:
  Service(const Behaviour* behaviour, Answers* answers, Recorder* recorder)
      : behaviour_(behaviour), answers_(answers), recorder_(recorder) {}

  ServerUnaryReactor* Upgrade(CallbackServerContext* context, const v1::UpgradeRequest* request,
                              v1::UpgradeReply* reply) override {
    v1::SessionEvent event;
    *event.mutable_upgrade() = *request;
    return Answer(context, event, [reply](v1::SessionAnswer answer) { *reply = answer.upgrade(); });
  }
  ServerUnaryReactor* Open(CallbackServerContext* context, const v1::OpenRequest* request,
                           v1::HookReply* reply) override {
    v1::SessionEvent event;
    *event.mutable_open() = *request;
    return Reply(context, event, reply);
  }
  ServerUnaryReactor* Message(CallbackServerContext* context, const v1::MessageRequest* request,
                              v1::HookReply* reply) override {
    if (behaviour_->obey && request->peer().id().empty()) return Release(context, *request);
    v1::SessionEvent event;
    *event.mutable_message() = *request;
    return Reply(context, event, reply);
  }
  ServerUnaryReactor* Close(CallbackServerContext* context, const v1::CloseRequest* request,
                            v1::HookReply* reply) override {
    v1::SessionEvent event;
    *event.mutable_close() = *request;
    return Reply(context, event, reply);
  }
  ServerUnaryReactor* Error(CallbackServerContext* context, const v1::ErrorRequest* request,
                            v1::HookReply* reply) override {
    v1::SessionEvent event;
    *event.mutable_error() = *request;
    return Reply(context, event, reply);
  }
  grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionReply>* Session(
      CallbackServerContext* context) override {
    if (behaviour_->session) return new SessionReactor(behaviour_, answers_, recorder_);
    return v1::HookService::CallbackService::Session(context);
  }

 private:
  // A test, rather than a node, says what is no longer held.
  ServerUnaryReactor* Release(CallbackServerContext* context, const v1::MessageRequest& request) {
    answers_->holds().Release(request.text());
    recorder_->Print("released " + request.text());
    ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  ServerUnaryReactor* Reply(CallbackServerContext* context, const v1::SessionEvent& event,
                            v1::HookReply* reply) {
    return Answer(context, event, [reply](v1::SessionAnswer answer) { *reply = answer.reply(); });
  }

  template <typename Take>
  ServerUnaryReactor* Answer(CallbackServerContext* context, const v1::SessionEvent& event,
                             Take take) {
    recorder_->Record(event);
    v1::SessionAnswer answer;
    answers_->Give(event, &answer);
    const std::string hold = answers_->HoldOf(event);
    const grpc::Status status =
        answer.has_error() ? grpc::Status(static_cast<grpc::StatusCode>(answer.error().code()),
                                          answer.error().message())
                           : grpc::Status::OK;
    take(std::move(answer));
    ServerUnaryReactor* const reactor = context->DefaultReactor();
    const bool message = event.has_message();
    if (message && behaviour_->silent) return reactor;
    if (!hold.empty()) {
      answers_->holds().Await(hold, [reactor, status] { reactor->Finish(status); });
      return reactor;
    }
    if (!message || behaviour_->message_delay.count() == 0) {
      reactor->Finish(status);
      return reactor;
    }
    auto* const alarm = new grpc::Alarm;
    alarm->Set(std::chrono::system_clock::now() + behaviour_->message_delay,
               [alarm, reactor, status](bool) {
                 reactor->Finish(status);
                 delete alarm;
               });
    return reactor;
  }

  const Behaviour* const behaviour_;
  Answers* const answers_;
  Recorder* const recorder_;
};

int Main(int argc, char** argv) {
  Behaviour behaviour;
  bool unary = false;
  int delay = 0;
  int upgrade_delay = 0;
  CLI::App app{"An application for tests and measurements."};
  app.add_option("--listen", behaviour.listen, "HOST:PORT; port 0: the system chooses");
  app.add_option("--record", behaviour.record, "append each event to this file");
  app.add_flag("--print", behaviour.print, "print each event, in JSON");
  app.add_flag("--obey", behaviour.obey, "answer what the client's headers and messages say");
  app.add_flag("--unary", unary, "without Session");
  app.add_flag("--echo", behaviour.echo, "send messages back");
  app.add_flag("--reject", behaviour.reject, "refuse every upgrade with 403");
  app.add_flag("--silent", behaviour.silent, "never answer a message");
  app.add_option("--delay-ms", delay, "answer messages after so long");
  app.add_option("--upgrade-delay-ms", upgrade_delay, "answer upgrades of streams after so long");
  app.add_option("--credit", behaviour.credit_events, "most unanswered events of a stream");
  CLI11_PARSE(app, argc, argv);
  behaviour.session = !unary;
  behaviour.message_delay = std::chrono::milliseconds(delay);
  behaviour.upgrade_delay = std::chrono::milliseconds(upgrade_delay);

  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);

  Recorder recorder(behaviour.record, behaviour.print);
  Answers answers(&behaviour);
  Service service(&behaviour, &answers, &recorder);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(behaviour.listen, grpc::InsecureServerCredentials(), &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    std::fprintf(stderr, "cannot listen on %s\n", behaviour.listen.c_str());
    return 2;
  }
  const std::string host = behaviour.listen.substr(0, behaviour.listen.rfind(':'));
  std::printf("listening on %s:%d\n", host.c_str(), port);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ending, &signal);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  return 0;
}

}  // namespace
}  // namespace hookcast::testing

int main(int argc, char** argv) { return hookcast::testing::Main(argc, argv); }

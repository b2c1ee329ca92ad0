#include "tests/integration/serve_session.h"

#include <mutex>
#include <thread>
#include <vector>

namespace hookcast::testing {
namespace {

using Service = v1::HookService::Service;

template <typename Request, typename Reply>
void Call(Service* service,
          grpc::Status (Service::*hook)(grpc::ServerContext*, const Request*, Reply*),
          const Request& request, Reply* (v1::SessionAnswer::*reply)(), v1::SessionAnswer* answer) {
  answer->set_event_id(request.event().id());
  const grpc::Status status = (service->*hook)(nullptr, &request, (answer->*reply)());
  if (status.ok()) return;
  answer->mutable_error()->set_code(static_cast<uint32_t>(status.error_code()));
  answer->mutable_error()->set_message(status.error_message());
}

v1::SessionAnswer Answered(Service* service, const v1::SessionEvent& event) {
  v1::SessionAnswer answer;
  const auto reply = &v1::SessionAnswer::mutable_reply;
  switch (event.kind_case()) {
    case v1::SessionEvent::kUpgrade:
      Call(service, &Service::Upgrade, event.upgrade(), &v1::SessionAnswer::mutable_upgrade,
           &answer);
      break;
    case v1::SessionEvent::kOpen:
      Call(service, &Service::Open, event.open(), reply, &answer);
      break;
    case v1::SessionEvent::kMessage:
      Call(service, &Service::Message, event.message(), reply, &answer);
      break;
    case v1::SessionEvent::kClose:
      Call(service, &Service::Close, event.close(), reply, &answer);
      break;
    case v1::SessionEvent::kError:
      Call(service, &Service::Error, event.error(), reply, &answer);
      break;
    case v1::SessionEvent::kResume:
      Call(service, &Service::Resume, event.resume(), reply, &answer);
      break;
    case v1::SessionEvent::kDrain:
      Call(service, &Service::Drain, event.drain(), reply, &answer);
      break;
    case v1::SessionEvent::KIND_NOT_SET:
      break;
  }
  return answer;
}

}  // namespace

grpc::Status ServeSession(Service* service,
                          grpc::ServerReaderWriter<v1::SessionReply, v1::SessionRequest>* stream) {
  std::mutex writing;
  const auto write = [&](const v1::SessionReply& reply) {
    const std::lock_guard lock(writing);
    stream->Write(reply);
  };
  v1::SessionReply welcome;
  welcome.mutable_welcome()->set_version(1);
  write(welcome);
  std::vector<std::jthread> hooks;
  v1::SessionRequest request;
  while (stream->Read(&request)) {
    if (request.has_ping()) {
      v1::SessionReply pong;
      pong.mutable_pong()->set_number(request.ping().number());
      write(pong);
    }
    for (const v1::SessionEvent& event : request.events().events()) {
      hooks.emplace_back([service, event, write] {
        v1::SessionReply reply;
        *reply.mutable_replies()->add_answers() = Answered(service, event);
        write(reply);
      });
    }
  }
  hooks.clear();  // joins
  return grpc::Status::OK;
}

}  // namespace hookcast::testing

#include "broker/control/control_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "broker/control/control_service.h"
#include "broker/control/handlers.h"

namespace hookcast::control {
namespace {

constexpr char kServiceName[] = "hookcast.v1.BrokerService";

// gRPC says why it cannot listen in its log alone; one more try by hand gives the reason.
std::string WhyNot(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return "it has no port; write host:port";
  std::string host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), address.c_str() + colon + 1, &hints, &found)) {
    return gai_strerror(error);
  }
  std::string reason = "gRPC refused it";
  const int fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
  const int reuse = 1;
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse)) != 0 ||
      bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, 1) != 0) {
    reason = std::strerror(errno);
  }
  if (fd >= 0) close(fd);
  freeaddrinfo(found);
  return reason;
}

// Both are the process's; they count for servers built afterwards.
void EnablePluginsOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlServer>> ControlServer::Start(const std::string& address,
                                                                    const ControlParts& parts) {
  EnablePluginsOnce();
  std::unique_ptr<ControlServer> control(new ControlServer(parts.handlers));
  control->service_ = MakeControlService(parts);
  control->node_service_ = MakeNodeService(parts);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &control->port_);
  builder.RegisterService(control->service_.get());
  builder.RegisterService(control->node_service_.get());
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  // Else a second node would share the port without a word.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  control->server_ = builder.BuildAndStart();
  if (control->server_ == nullptr || control->port_ == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen for control calls on ", address, ": ", WhyNot(address)));
  }
  control->SetServing(false);
  return control;
}

ControlServer::ControlServer(Handlers* handlers) : handlers_(handlers) {}

ControlServer::~ControlServer() { Shutdown(std::chrono::milliseconds(0)); }

void ControlServer::SetServing(bool serving) {
  grpc::HealthCheckServiceInterface* const health = server_->GetHealthCheckService();
  health->SetServingStatus("", serving);
  health->SetServingStatus(kServiceName, serving);
}

void ControlServer::Shutdown(std::chrono::milliseconds grace) {
  if (server_ == nullptr) return;
  // Those who watch would stay until the end of the grace.
  handlers_->watchers().Stop();
  server_->Shutdown(std::chrono::system_clock::now() + grace);
  server_.reset();
}

}  // namespace hookcast::control

#include "edge/app/library_logs.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <string>

#include "broker/base/log.h"

namespace hookcast::app {
namespace {

void WriteGrpc(gpr_log_func_args* line) {
  const log::Level level = line->severity == GPR_LOG_SEVERITY_ERROR  ? log::Level::kWarn
                           : line->severity == GPR_LOG_SEVERITY_INFO ? log::Level::kInfo
                                                                     : log::Level::kDebug;
  if (log::Enabled(level)) log::Write(level, "grpc", {{"text", line->message}});
}

void WriteProtobuf(google::protobuf::LogLevel severity, const char*, int, const std::string& text) {
  const log::Level level =
      severity >= google::protobuf::LOGLEVEL_WARNING ? log::Level::kWarn : log::Level::kInfo;
  if (log::Enabled(level)) log::Write(level, "protobuf", {{"text", text}});
}

}  // namespace

void RouteLibraryLogs() {
  gpr_set_log_function(&WriteGrpc);
  google::protobuf::SetLogHandler(&WriteProtobuf);
}

}  // namespace hookcast::app

#include "tests/application/recorder.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hookcast::testing {
namespace {

std::string Line(const char* hook, const v1::Event& event, const std::string& peer,
                 const std::string& what) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return absl::StrCat(std::chrono::nanoseconds(now).count(), " ", hook, " ",
                      peer.empty() ? "-" : peer, " ", event.id(), " ", event.attempt(), " ", what);
}

// An event's line without its end.
std::string LineOf(const v1::SessionEvent& event) {
  switch (event.kind_case()) {
    case v1::SessionEvent::kUpgrade:
      return Line("upgrade", event.upgrade().event(), "", event.upgrade().request().target());
    case v1::SessionEvent::kOpen:
      return Line("open", event.open().event(), event.open().peer().id(), "");
    case v1::SessionEvent::kMessage:
      return Line("message", event.message().event(), event.message().peer().id(),
                  event.message().text());
    case v1::SessionEvent::kClose:
      return Line("close", event.close().event(), event.close().peer().id(),
                  absl::StrCat(event.close().details().code()));
    case v1::SessionEvent::kError:
      return Line("error", event.error().event(), event.error().peer().id(),
                  event.error().message());
    case v1::SessionEvent::kResume:
      return Line("resume", event.resume().event(), event.resume().peer().id(), "");
    case v1::SessionEvent::kDrain:
      return Line("drain", event.drain().event(), event.drain().peer().id(), "");
    case v1::SessionEvent::KIND_NOT_SET:
      break;
  }
  return "nothing";
}

void WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n <= 0) {
      std::perror("record");
      std::abort();
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

}  // namespace

Recorder::Recorder(const std::string& path, bool print)
    : fd_(path.empty() ? -1 : open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
      print_(print) {
  if (!path.empty() && fd_ < 0) {
    std::perror(path.c_str());
    std::exit(2);
  }
}

Recorder::~Recorder() {
  if (fd_ >= 0) close(fd_);
}

void Recorder::Record(const v1::SessionEvents& events) {
  std::string lines;
  for (const v1::SessionEvent& event : events.events()) {
    if (fd_ >= 0) absl::StrAppend(&lines, LineOf(event), "\n");
    if (print_) Print(event);
  }
  Record(lines);
}

void Recorder::Record(const v1::SessionEvent& event) {
  if (fd_ >= 0) Record(LineOf(event) + "\n");
  if (print_) Print(event);
}

void Recorder::Record(std::string_view lines) {
  if (fd_ < 0) return;
  if (write(fd_, lines.data(), lines.size()) != static_cast<ssize_t>(lines.size())) {
    std::perror("record");
    std::abort();
  }
}

void Recorder::Print(const v1::SessionEvent& event) {
  std::string line;
  if (!google::protobuf::util::MessageToJsonString(event, &line).ok()) std::abort();
  Print(std::move(line));
}

void Recorder::Print(std::string line) {
  if (!print_) return;
  line.push_back('\n');
  const std::lock_guard lock(printing_);
  WriteAll(STDOUT_FILENO, line);
}

}  // namespace hookcast::testing

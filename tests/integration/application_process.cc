#include "tests/integration/application_process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace hookcast::testing {

std::unique_ptr<ApplicationProcess> ApplicationProcess::Start(std::vector<std::string> flags,
                                                              const std::string& host, int port) {
  std::unique_ptr<ApplicationProcess> application(new ApplicationProcess);
  application->record_ = ::testing::TempDir() + "application-XXXXXX";
  const int fd = mkstemp(application->record_.data());
  if (fd < 0) {
    ADD_FAILURE() << "no temporary file in " << ::testing::TempDir();
    return nullptr;
  }
  close(fd);
  application->flags_ = std::move(flags);
  if (!application->Run(host + ":" + std::to_string(port))) return nullptr;
  return application;
}

ApplicationProcess::~ApplicationProcess() {
  process_.reset();
  unlink(record_.c_str());
}

bool ApplicationProcess::Run(const std::string& listen) {
  std::vector<std::string> command = {HOOKCAST_TEST_APPLICATION, "--listen", listen, "--record",
                                      record_};
  command.insert(command.end(), flags_.begin(), flags_.end());
  auto started = ChildProcess::Start(command);
  if (!started.ok()) {
    ADD_FAILURE() << started.status();
    return false;
  }
  process_ = *std::move(started);
  const auto line = process_->WaitForLine("listening on ");
  if (!line.ok()) {
    ADD_FAILURE() << "the application did not start: " << line.status();
    return false;
  }
  address_ = line->substr(std::string("listening on ").size());
  return true;
}

int ApplicationProcess::port() const { return std::stoi(address_.substr(address_.rfind(':') + 1)); }

void ApplicationProcess::Kill() {
  process_->Signal(SIGKILL);
  EXPECT_TRUE(process_->WaitExit().ok());
  port_until_restart_.emplace(port());
}

void ApplicationProcess::Restart() {
  Run(address_);
  port_until_restart_.reset();
}

std::vector<ApplicationProcess::Event> ApplicationProcess::Events() const {
  std::vector<Event> events;
  std::ifstream file(record_);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    Event event;
    int64_t at = 0;
    words >> at >> event.hook >> event.peer >> event.id >> event.attempt;
    event.at = std::chrono::nanoseconds(at);
    words.get();
    std::getline(words, event.what);
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace hookcast::testing

#include "tests/integration/own_network.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hookcast::testing {
namespace {

constexpr int kNotFound = 127;

absl::Status Run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    execvp(arguments[0], arguments.data());
    _exit(kNotFound);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("\"", absl::StrJoin(words, " "), "\" failed"));
}

void AddRules(int port, const std::vector<std::string>& target) {
  OwnNetwork::PassAll();
  for (const char* end : {"--dport", "--sport"}) {
    std::vector<std::string> words = {"iptables",          "-A", "INPUT", "-p", "tcp", end,
                                      std::to_string(port)};
    words.insert(words.end(), target.begin(), target.end());
    const absl::Status status = Run(std::move(words));
    EXPECT_TRUE(status.ok()) << status;
  }
}

}  // namespace

absl::Status OwnNetwork::Enter() {
  if (unshare(CLONE_NEWNET) != 0) {
    return absl::UnavailableError(
        absl::StrCat("no network namespace can be made: ", std::strerror(errno)));
  }
  if (absl::Status status = Run({"ip", "link", "set", "lo", "up"}); !status.ok()) return status;
  return Run({"iptables", "-F"});
}

void OwnNetwork::Drop(int port) { AddRules(port, {"-j", "DROP"}); }

void OwnNetwork::Refuse(int port) {
  AddRules(port, {"-j", "REJECT", "--reject-with", "tcp-reset"});
}

void OwnNetwork::PassAll() {
  const absl::Status status = Run({"iptables", "-F"});
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace hookcast::testing

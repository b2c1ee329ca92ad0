#include "tests/examples/chat_process.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace hookcast::testing {
namespace {

std::string ProgramOf(const std::string& language) {
  if (language == "cpp") return HOOKCAST_CPP_CHAT;
  if (language == "node") return HOOKCAST_SOURCE_DIR "/examples/node-chat/main.mjs";
  return HOOKCAST_SOURCE_DIR "/examples/python-chat/main.py";
}

}  // namespace

std::unique_ptr<ChatProcess> ChatProcess::Start(const std::string& language,
                                                std::vector<std::string> flags) {
  std::vector<std::string> command = {ProgramOf(language), "--listen", "127.0.0.1:0", "--page",
                                      "127.0.0.1:0"};
  command.insert(command.end(), flags.begin(), flags.end());
  auto started = ChildProcess::Start(command);
  std::unique_ptr<ChatProcess> chat(new ChatProcess);
  absl::Status status = started.status();
  if (started.ok()) {
    chat->process_ = *std::move(started);
    // Interpreters take their time on a busy machine.
    const auto page = chat->process_->WaitForLine("page on ", std::chrono::seconds(60));
    const auto hooks = chat->process_->WaitForLine("hooks on ");
    if (page.ok() && hooks.ok()) {
      chat->hooks_ = std::string(absl::StripPrefix(*hooks, "hooks on "));
      chat->page_ =
          std::string(absl::StripSuffix(absl::StripPrefix(*page, "page on http://"), "/"));
      return chat;
    }
    status = page.ok() ? hooks.status() : page.status();
  }
  ADD_FAILURE()
      << "the chat did not start (scripts/install-packages node python brings what it needs): "
      << status;
  return nullptr;
}

}  // namespace hookcast::testing

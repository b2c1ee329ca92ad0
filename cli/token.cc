#include "cli/token.h"

#include <cstdlib>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "cli/failure.h"
#include "cli/fd_input.h"
#include "cli/text.h"

namespace hookcast::cli {
namespace {

constexpr size_t kMostBytes = 64 << 10;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

absl::StatusOr<std::string> ReadTokenFile(const std::string& name) {
  const auto file = OpenFile(name);
  if (!file.ok()) return file.status();
  const auto content = ReadAll(**file, Quoted(name), kMostBytes);
  if (!content.ok()) return content.status();
  constexpr std::string_view kWhite = " \t\r\n";
  const size_t start = content->find_first_not_of(kWhite);
  if (start == std::string::npos) {
    return UsageFailure(absl::StrCat("the token file ", Quoted(name), " is empty"),
                        "write the control token of the cluster into it");
  }
  return content->substr(start, content->find_last_not_of(kWhite) + 1 - start);
}

}  // namespace

absl::StatusOr<std::string> ReadToken(const std::optional<std::string>& token,
                                      const std::optional<std::string>& file) {
  if (token && file) {
    return UsageFailure("--token and --token-file are both given", "give one of them");
  }
  if (token) return *token;
  if (file) return ReadTokenFile(*file);
  if (std::string value = Environment("HOOKCAST_TOKEN"); !value.empty()) return value;
  const std::string name = Environment("HOOKCAST_TOKEN_FILE");
  return name.empty() ? std::string() : ReadTokenFile(name);
}

}  // namespace hookcast::cli

#include "cli/transport_words.h"

#include <cstdio>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "cli/system_error.h"
#include "cli/text.h"

namespace hookcast::cli {
namespace {

// "ipv4:127.0.0.1:8082: Failed to connect to remote host: Connection refused", behind the name of
// a code.
std::string NoConnection(std::string_view last_error) {
  std::string address = "it";
  for (const std::string_view scheme : {"ipv4:", "ipv6:"}) {
    const size_t start = last_error.find(scheme);
    if (start == std::string_view::npos) continue;
    const std::string_view rest = last_error.substr(start + scheme.size());
    address = rest.substr(0, rest.find(": "));
    break;
  }
  const size_t reason = last_error.rfind(": ");
  std::string why(reason == std::string_view::npos ? last_error : last_error.substr(reason + 2));
  if (why.find("SETTINGS frame") != std::string::npos) {
    why = "it took the connection, and said nothing";
  }
  return absl::StrCat("cannot connect to ", address, ": ", WithinSentence(why));
}

}  // namespace

std::string PlainTransportWords(const std::string& said) {
  unsigned long long size = 0;
  unsigned long long most = 0;
  if (std::sscanf(said.c_str(), "%*s message larger than max (%llu vs. %llu)", &size, &most) == 2) {
    return absl::StrCat("the message has ", FormatBytes(size), "; a call takes at most ",
                        most >> 20, " MiB");
  }
  constexpr std::string_view kNoConnection = "failed to connect to all addresses; last error: ";
  if (said.starts_with(kNoConnection)) {
    return NoConnection(std::string_view(said).substr(kNoConnection.size()));
  }
  return said;
}

}  // namespace hookcast::cli

#include "cli/system_error.h"

#include <system_error>
#include <utility>

namespace hookcast::cli {

std::string SystemError(int error) {
  return WithinSentence(std::generic_category().message(error));
}

std::string WithinSentence(std::string message) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (message.size() > 1 && is_upper(message[0]) && !is_upper(message[1])) message[0] += 'a' - 'A';
  return message;
}

}  // namespace hookcast::cli

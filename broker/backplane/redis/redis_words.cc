#include "broker/backplane/redis/redis_words.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"

namespace hookcast::backplane {
namespace {

constexpr size_t kMostShown = 200;

}  // namespace

std::string ShownWords(std::string_view words, const std::string& secret) {
  std::string shown(words);
  if (!secret.empty()) shown = absl::StrReplaceAll(shown, {{secret, "***"}});
  shown.resize(std::min(shown.size(), kMostShown));
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char c) { return !absl::ascii_isprint(c); }, ' ');
  return shown;
}

bool TellsOfReplica(std::string_view answer) {
  return answer.find("role:slave") != std::string_view::npos;
}

}  // namespace hookcast::backplane

#include "edge/app/secret_files.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "broker/backplane/redis/redis_settings.h"
#include "broker/control/tokens.h"

namespace hookcast::app {

std::vector<std::string> UnusableSecretFiles(const config::Config& config) {
  std::vector<std::string> told;
  const auto tell = [&told](const std::string& key, const absl::Status& status) {
    if (!status.ok()) told.push_back(absl::StrCat(key, ": ", std::string(status.message())));
  };
  for (size_t i = 0; i < config.auth.tokens.size(); ++i) {
    tell(absl::StrCat("auth.tokens[", i, "].file"),
         control::Tokens::ReadToken(config.auth.tokens[i].file).status());
  }
  if (!config.cluster.token_file.empty()) {
    tell("cluster.token_file", control::Tokens::ReadToken(config.cluster.token_file).status());
  }
  if (config.backplane.kind == config::BackplaneKind::kRedis &&
      !config.backplane.password_file.empty()) {
    tell("backplane.password_file",
         backplane::ReadPassword(config.backplane.password_file).status());
  }
  return told;
}

}  // namespace hookcast::app

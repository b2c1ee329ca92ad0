#include "broker/backplane/redis/redis_settings.h"

#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/config/redis_url.h"

namespace hookcast::backplane {
namespace {

constexpr size_t kMostPasswordBytes = 4096;

}  // namespace

std::string RedisSettings::Where() const {
  if (host.find(':') != std::string::npos) return absl::StrCat("[", host, "]:", port);
  return absl::StrCat(host, ":", port);
}

absl::StatusOr<std::string> ReadPassword(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) {
    return absl::UnavailableError(absl::StrCat("the password cannot be read from ", path));
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty() || line.size() > kMostPasswordBytes) {
    return absl::UnavailableError(
        absl::StrCat("the first line of ", path, " is no password: it is empty, or too long"));
  }
  return line;
}

absl::StatusOr<RedisSettings> RedisSettingsOf(const config::BackplaneConfig& config) {
  absl::StatusOr<config::RedisUrl> url = config::ParseRedisUrl(config.url);
  if (!url.ok()) return url.status();
  RedisSettings settings;
  settings.host = std::move(url->host);
  settings.port = url->port;
  settings.username = url->username.empty() ? config.username : std::move(url->username);
  settings.password = url->password.empty() ? config.password : std::move(url->password);
  settings.password_file = config.password_file;
  settings.database = url->database.value_or(config.database);
  settings.prefix = config.prefix;
  if (!settings.password_file.empty()) {
    const absl::StatusOr<std::string> password = ReadPassword(settings.password_file);
    if (!password.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("backplane.password_file: ", password.status().message()));
    }
  }
  return settings;
}

}  // namespace hookcast::backplane

#include "broker/backplane/redis/redis_settings.h"

#include "absl/strings/str_cat.h"

namespace hookcast::backplane {

std::string RedisSettings::Where() const {
  if (host.find(':') != std::string::npos) return absl::StrCat("[", host, "]:", port);
  return absl::StrCat(host, ":", port);
}

}  // namespace hookcast::backplane

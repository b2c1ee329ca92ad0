#include "broker/config/config.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hookcast::config {

std::string ListenAddress::ToString() const {
  if (absl::StrContains(host, ':')) return absl::StrCat("[", host, "]:", port);
  return absl::StrCat(host, ":", port);
}

bool ListenAddress::IsLoopback() const {
  // Hosts are addresses in their usual form (see value_text.h), so text is enough.
  return absl::StartsWith(host, "127.") || host == "::1";
}

}  // namespace hookcast::config

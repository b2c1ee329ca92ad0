#include "broker/control/tokens.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "broker/base/log.h"

namespace hookcast::control {
namespace {

constexpr std::string_view kScheme = "Bearer ";

// Empty for anything but a bearer's token (RFC 6750 section 2.1; RFC 9110 section 11.1: the scheme
// in any case).
std::string_view TokenOf(std::string_view authorization) {
  const absl::string_view text(authorization.data(), authorization.size());
  if (!absl::StartsWithIgnoreCase(text, {kScheme.data(), kScheme.size()})) return {};
  const absl::string_view token = absl::StripAsciiWhitespace(text.substr(kScheme.size()));
  return {token.data(), token.size()};
}

absl::Status NotAToken(const std::string& path, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      "the token file ", path, " ", std::string(why), "; its first line has to be a token of ",
      Tokens::kLeastBytes, " to ", Tokens::kMostBytes,
      " visible ASCII characters, as openssl rand -hex 32 makes one"));
}

bool Allows(config::Scope has, config::Scope needed) {
  return has == needed || (has == config::Scope::kRead && needed == config::Scope::kMetrics);
}

}  // namespace

std::string_view NameOf(config::Scope scope) {
  switch (scope) {
    case config::Scope::kPublish:
      return "publish";
    case config::Scope::kManage:
      return "manage";
    case config::Scope::kRead:
      return "read";
    case config::Scope::kMetrics:
      return "metrics";
  }
  return "";
}

absl::StatusOr<std::unique_ptr<Tokens>> Tokens::Read(const config::AuthConfig& config,
                                                     const Clock* clock,
                                                     metrics::Catalogue* metrics) {
  std::unique_ptr<Tokens> tokens(new Tokens(config, clock, metrics));
  const MutexLock lock(&tokens->mutex_);
  for (File& file : tokens->files_) {
    absl::StatusOr<std::string> token = ReadToken(file.config.file);
    if (!token.ok()) return token.status();
    file.good = true;
    file.digest = DigestOf(*token);
  }
  return tokens;
}

Tokens::Tokens(const config::AuthConfig& config, const Clock* clock, metrics::Catalogue* metrics)
    : open_(config.tokens.empty()), clock_(clock), metrics_(metrics), read_at_(clock->Now()) {
  for (const config::Token& token : config.tokens) files_.push_back({token});
}

absl::Status Tokens::Check(std::string_view authorization, config::Scope needed) {
  if (open_) return absl::OkStatus();
  const std::string_view token = TokenOf(authorization);
  const Digest digest = DigestOf(token);
  bool known = false;
  bool allowed = false;
  {
    const MutexLock lock(&mutex_);
    if (clock_->Now() - read_at_ >= kReadAgain) ReadAgain();
    for (const File& file : files_) {
      const bool same = CRYPTO_memcmp(file.digest.data(), digest.data(), digest.size()) == 0;
      if (!same || !file.good || token.empty()) continue;
      known = true;
      allowed |= std::any_of(file.config.scopes.begin(), file.config.scopes.end(),
                             [needed](config::Scope has) { return Allows(has, needed); });
    }
  }
  if (allowed) return absl::OkStatus();
  metrics_->auth_refused.Add(known ? metrics::AuthRefusal::kScope : metrics::AuthRefusal::kToken);
  if (!known) {
    return absl::UnauthenticatedError(
        "this needs a token that the node knows; send it as \"authorization: Bearer <token>\"");
  }
  return absl::PermissionDeniedError(
      absl::StrCat("the token lacks the scope \"", std::string(NameOf(needed)), "\""));
}

void Tokens::ReadAgain() {
  read_at_ = clock_->Now();
  for (File& file : files_) {
    const absl::StatusOr<std::string> token = ReadToken(file.config.file);
    if (token.ok()) {
      const Digest digest = DigestOf(*token);
      if (!file.good || digest != file.digest) {
        log::Info("token read again", {{"file", file.config.file}});
      }
      file.good = true;
      file.digest = digest;
      continue;
    }
    // The node's own want, of descriptors say, says nothing of the file.
    if (absl::IsUnavailable(token.status())) continue;
    if (file.good) {
      log::Warn("token is good no more",
                {{"file", file.config.file}, {"error", std::string(token.status().message())}});
    }
    file.good = false;
  }
}

absl::StatusOr<std::string> Tokens::ReadToken(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  std::string text(kMostBytes + 3, '\0');  // and a line's end
  const ssize_t n = fd < 0 ? -1 : read(fd, text.data(), text.size());
  const int error = errno;
  if (fd >= 0) close(fd);
  if (n < 0) {
    const std::string message =
        absl::StrCat("the token file ", path, " cannot be read: ", std::strerror(error));
    const bool ours = error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR;
    return ours ? absl::UnavailableError(message) : absl::InvalidArgumentError(message);
  }
  text.resize(static_cast<size_t>(n));
  text.resize(std::min(text.size(), text.find('\n')));
  absl::StripAsciiWhitespace(&text);
  if (text.empty()) return NotAToken(path, "has an empty first line");
  if (text.size() < kLeastBytes) return NotAToken(path, "holds too short a token");
  if (text.size() > kMostBytes) return NotAToken(path, "holds too long a token");
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; })) {
    return NotAToken(path, "holds other characters");
  }
  return text;
}

Tokens::Digest Tokens::DigestOf(std::string_view token) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

}  // namespace hookcast::control

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "broker/base/clock.h"
#include "broker/base/mutex.h"
#include "broker/config/config.h"
#include "broker/metrics/catalogue.h"

namespace hookcast::control {

// Who may make which calls: the tokens of a node and what each is good for. With none configured
// everybody may do everything.
//
// A token is the first line of its file, at least 16 visible ASCII characters. Files are read again
// once 10 s have passed since they were read; one that is gone, or holds no token any more, stops
// being good for anything until it does. Tokens are kept as digests, and compared in a time that
// depends on their number alone.
//
// Thread: any.
class Tokens {
 public:
  static constexpr size_t kLeastBytes = 16;
  static constexpr size_t kMostBytes = 1024;
  static constexpr Duration kReadAgain = std::chrono::seconds(10);

  // INVALID_ARGUMENT or another error that names the file, and nothing of what is in it. Clock and
  // metrics outlive the tokens.
  static absl::StatusOr<std::unique_ptr<Tokens>> Read(const config::AuthConfig& config,
                                                      const Clock* clock,
                                                      metrics::Catalogue* metrics);

  // Whether the bearer of `authorization`, the value of a header of that name or empty for none,
  // may do what needs the scope. UNAUTHENTICATED, in the same words whatever was wrong, or
  // PERMISSION_DENIED, which names the scope.
  absl::Status Check(std::string_view authorization, config::Scope needed);

  // The token in the first line of a file. Errors name the file, and nothing of what is in it.
  static absl::StatusOr<std::string> ReadToken(const std::string& path);

 private:
  using Digest = std::array<unsigned char, 32>;
  struct File {
    config::Token config;
    bool good = false;
    Digest digest{};
  };

  Tokens(const config::AuthConfig& config, const Clock* clock, metrics::Catalogue* metrics);
  void ReadAgain() HOOKCAST_REQUIRES(mutex_);
  static Digest DigestOf(std::string_view token);

  const bool open_;  // none are configured
  const Clock* const clock_;
  metrics::Catalogue* const metrics_;
  Mutex mutex_;
  TimePoint read_at_ HOOKCAST_GUARDED_BY(mutex_);
  std::vector<File> files_ HOOKCAST_GUARDED_BY(mutex_);
};

// "publish", "manage", "read", "metrics".
std::string_view NameOf(config::Scope scope);

}  // namespace hookcast::control

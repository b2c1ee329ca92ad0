#include "broker/config/backplane_keys.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "broker/config/key_kinds.h"
#include "broker/config/redis_url.h"
#include "broker/config/value_types.h"

namespace hookcast::config {
namespace {

constexpr size_t kMaxPrefixBytes = 64;

bool IsOfPrefix(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == ':';
}

class Checker {
 public:
  Checker(const Config& config, const Origins& origins, Mistakes* mistakes)
      : config_(config), origins_(origins), mistakes_(mistakes) {}

  void Check() {
    const BackplaneConfig& backplane = config_.backplane;
    if (backplane.kind != BackplaneKind::kRedis) {
      // The URL is never shown: it may hold a password.
      if (!backplane.url.empty() && !backplane.url.starts_with("redis://")) CheckUrl();
      return;
    }
    CheckUrl();
    CheckPrefix();
    CheckHistories();
    CheckMessages();
  }

 private:
  void Mistake(const std::string& key, const std::string& text) {
    mistakes_->Add(origins_.Find(key), key, text);
  }

  void CheckUrl() {
    const BackplaneConfig& backplane = config_.backplane;
    if (backplane.url.empty()) {
      if (mistakes_->Under("backplane.url")) return;
      return Mistake("backplane.url",
                     "is missing; kind: redis needs it, such as redis://127.0.0.1:6379");
    }
    const absl::StatusOr<RedisUrl> url = ParseRedisUrl(backplane.url);
    if (!url.ok()) return Mistake("backplane.url", std::string(url.status().message()));
    if (backplane.kind == BackplaneKind::kRedis) CheckSecrets(*url);
  }

  void CheckSecrets(const RedisUrl& url) {
    const BackplaneConfig& backplane = config_.backplane;
    const auto twice = [&](const char* key, const char* what) {
      Mistake(key, absl::StrCat("stands beside the ", what, " in backplane.url; keep one of them"));
    };
    if (!backplane.username.empty() && !url.username.empty()) twice("backplane.username", "user");
    if (!backplane.password.empty() && !url.password.empty()) {
      twice("backplane.password", "password");
    }
    if (!backplane.password_file.empty()) {
      if (!url.password.empty()) twice("backplane.password_file", "password");
      if (!backplane.password.empty()) {
        Mistake("backplane.password_file", "stands beside backplane.password; keep one of the two");
      }
    }
    if (origins_.Has("backplane.database") && url.database) twice("backplane.database", "database");
    const bool has_user = !backplane.username.empty() || !url.username.empty();
    const bool has_password =
        !backplane.password.empty() || !backplane.password_file.empty() || !url.password.empty();
    if (has_user && !has_password) {
      Mistake(backplane.username.empty() ? "backplane.url" : "backplane.username",
              "names a user, and there is no password; write it into backplane.password_file, or "
              "redis://:password@host where it was meant as the password");
    }
  }

  void CheckPrefix() {
    const std::string& prefix = config_.backplane.prefix;
    if (prefix.size() <= kMaxPrefixBytes && std::all_of(prefix.begin(), prefix.end(), IsOfPrefix)) {
      return;
    }
    Mistake("backplane.prefix",
            absl::StrCat("holds more than letters, digits and _ - . : or has more than ",
                         kMaxPrefixBytes, " bytes; write such as hookcast"));
  }

  void CheckHistories() {
    constexpr char kText[] =
        "asks for a history, which kind: redis does not keep in this version; leave it out, or "
        "write backplane: {kind: memory}";
    for (size_t i = 0; i < config_.namespaces.size(); ++i) {
      if (config_.namespaces[i].history.size == 0) continue;
      Mistake(absl::StrCat("namespaces[", i, "].history.size"), kText);
    }
    for (size_t i = 0; i < config_.routes.size(); ++i) {
      if (config_.routes[i].history.size == 0) continue;
      Mistake(absl::StrCat("routes[", i, "].history.size"), kText);
    }
  }

  // Redis cuts off whoever is to be sent much more at once.
  void CheckMessages() {
    constexpr size_t kMost = 16 << 20;
    for (size_t i = 0; i < config_.routes.size(); ++i) {
      if (config_.routes[i].limits.message <= kMost) continue;
      Mistake(absl::StrCat("routes[", i, "].limits.message"),
              "is more than nodes pass on to each other; with kind: redis write at most 16MiB");
    }
  }

  const Config& config_;
  const Origins& origins_;
  Mistakes* const mistakes_;
};

}  // namespace

void AddBackplaneKeys(KeyTable<Config>* keys) {
  const auto none = [&] { keys->back().facts.default_text = "none"; };
  keys->push_back(
      Scalar<Config>("backplane.kind", HOOKCAST_MEMBER(backplane.kind),
                     EnumType<BackplaneKind>{
                         {{"memory", BackplaneKind::kMemory}, {"redis", BackplaneKind::kRedis}}},
                     "What carries messages between nodes: memory, for one node alone, or redis."));
  keys->push_back(Scalar<Config>(
      "backplane.url", HOOKCAST_MEMBER(backplane.url), SecretUrlType(),
      "Where kind: redis finds Redis, redis://[[user]:password@]host[:port][/database]; shown "
      "without its password."));
  none();
  keys->push_back(Scalar<Config>("backplane.username", HOOKCAST_MEMBER(backplane.username),
                                 TextType{"user name", true},
                                 "Whom the node is to Redis, where the URL does not say."));
  none();
  keys->push_back(Scalar<Config>(
      "backplane.password", HOOKCAST_MEMBER(backplane.password), SecretType{"password"},
      "The password for Redis, where the URL does not say; never shown."));
  none();
  keys->push_back(Scalar<Config>(
      "backplane.password_file", HOOKCAST_MEMBER(backplane.password_file),
      TextType{"file name", true},
      "Or where it stands, alone in the first line; read again for each attempt to connect."));
  none();
  keys->push_back(
      Scalar<Config>("backplane.database", HOOKCAST_MEMBER(backplane.database),
                     IntegerType{0, kMaxRedisDatabase, "number"},
                     "Number of the database in Redis, where the URL does not say. Messages of all "
                     "databases are one: what parts clusters is backplane.prefix."));
  keys->push_back(Scalar<Config>("backplane.prefix", HOOKCAST_MEMBER(backplane.prefix),
                                 TextType{"prefix"},
                                 "How the names of all that nodes use in Redis begin: nodes with "
                                 "one prefix are one cluster."));
}

void CheckBackplane(const Config& config, const Origins& origins, Mistakes* mistakes) {
  Checker(config, origins, mistakes).Check();
}

}  // namespace hookcast::config

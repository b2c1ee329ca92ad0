#include "broker/config/validator.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "broker/config/backplane_keys.h"
#include "broker/config/cluster_keys.h"
#include "broker/config/name_pattern.h"
#include "broker/config/path_pattern.h"
#include "broker/config/quote.h"

namespace hookcast::config {
namespace {

constexpr size_t kMaxNamespaceBytes = 1024;
constexpr size_t kMaxTopicBytes = 255;

class Validator {
 public:
  Validator(const Config& config, const Origins& origins, Mistakes* mistakes)
      : config_(config), origins_(origins), mistakes_(mistakes) {}

  void CheckNode();
  void CheckRoutes();

 private:
  struct Listener {
    std::string key;
    const ListenAddress& address;
  };
  // One route under check.
  struct Entry {
    const Route& route;
    std::string key;  // "routes[2]"
    bool sound;       // no mistake in it so far
    std::optional<PathPattern> pattern;

    std::string Key(std::string_view name) const {
      return absl::StrCat(key, ".", std::string(name));
    }
  };

  void Mistake(const std::string& key, const std::string& text) {
    mistakes_->Add(origins_.Find(key), key, text);
  }
  void CheckLoopback(const Listener& listener);
  void CheckTokens();
  void CheckProxies();
  void CheckNamespaces();
  void CheckPath(Entry* entry);
  void CheckAnswerer(const Entry& entry);
  void CheckOrigins(const Entry& entry);
  void CheckSse(const Entry& entry);
  void CheckApplication(const Entry& entry);
  void CheckStatic(const Entry& entry);
  void CheckTemplate(const Entry& entry, const std::string& key, const std::string& text,
                     size_t max_bytes);
  void CheckHistories(const std::vector<Entry>& entries);
  void CheckOverlaps(const std::vector<Entry>& entries);
  void CheckShared(const std::vector<Entry>& entries);

  const Config& config_;
  const Origins& origins_;
  Mistakes* const mistakes_;
};

void Validator::CheckNode() {
  const std::vector<Listener> listeners{{"listen", config_.listen},
                                        {"admin.listen", config_.admin.listen},
                                        {"control.listen", config_.control.listen}};
  for (size_t i = 1; i < listeners.size(); ++i) CheckLoopback(listeners[i]);
  for (size_t i = 0; i < listeners.size(); ++i) {
    for (size_t j = i + 1; j < listeners.size(); ++j) {
      if (listeners[i].address != listeners[j].address || listeners[i].address.port == 0) continue;
      // The one that was set is at fault, not the default that it meets.
      const bool later = origins_.Has(listeners[j].key) || !origins_.Has(listeners[i].key);
      const Listener& here = listeners[later ? j : i];
      const Listener& other = listeners[later ? i : j];
      Mistake(here.key, absl::StrCat(here.address.ToString(), " is the address of ", other.key,
                                     " too; give each its own port"));
    }
  }
  CheckTokens();
  for (const KeyMistake& found : CheckClusterKeys(config_, origins_)) {
    Mistake(found.key, found.text);
  }
  CheckProxies();
  CheckBackplane(config_, origins_, mistakes_);
  CheckNamespaces();
}

void Validator::CheckLoopback(const Listener& listener) {
  if (listener.address.IsLoopback() || config_.insecure || !config_.auth.tokens.empty()) return;
  ListenAddress right = listener.address;
  right.host = "127.0.0.1";
  Mistake(
      listener.key,
      absl::StrCat(listener.address.ToString(),
                   " can be reached from other machines, and nobody who connects there is asked "
                   "who they are; write ",
                   right.ToString(),
                   ", set auth.tokens, or allow it with insecure: true or --insecure"));
}

void Validator::CheckTokens() {
  const std::vector<Token>& tokens = config_.auth.tokens;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::string key = absl::StrCat("auth.tokens[", i, "]");
    if (mistakes_->Under(key)) continue;
    if (tokens[i].file.empty()) {
      Mistake(absl::StrCat(key, ".file"),
              "is missing; name the file that holds the token, such as /run/secrets/hookcast");
    }
    if (tokens[i].scopes.empty()) {
      Mistake(
          absl::StrCat(key, ".scopes"),
          "names nothing that the token is good for; write one or more of publish, manage, read "
          "and metrics, such as [publish, read]");
    }
    const auto same = std::find_if(tokens.begin(), tokens.begin() + static_cast<ptrdiff_t>(i),
                                   [&](const Token& t) { return t.file == tokens[i].file; });
    if (!tokens[i].file.empty() && same != tokens.begin() + static_cast<ptrdiff_t>(i)) {
      Mistake(absl::StrCat(key, ".file"),
              absl::StrCat(Quote(tokens[i].file), " is the file of auth.tokens[",
                           same - tokens.begin(), "] too; give one token all of its scopes"));
    }
  }
}

void Validator::CheckProxies() {
  const ProxiesConfig& proxies = config_.proxies;
  if (!proxies.trusted.empty() && proxies.hops > 0) {
    Mistake("proxies.hops", "stands beside proxies.trusted; keep one of the two");
  } else if (proxies.trusted.empty() && proxies.hops == 0 &&
             proxies.header != ProxiesConfig().header && !mistakes_->Under("proxies")) {
    Mistake("proxies.header",
            "is not looked at, as no proxy is trusted; set proxies.trusted or proxies.hops");
  }
}

void Validator::CheckNamespaces() {
  const std::vector<NamespaceSettings>& entries = config_.namespaces;
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::string key = absl::StrCat("namespaces[", i, "]");
    const std::string& name = entries[i].name;
    if (!origins_.Has(key + ".name") && !mistakes_->Under(key)) {
      Mistake(key,
              "has no name; write that of a namespace, such as chat:lobby, or chat:* for all "
              "that begin so");
    }
    if (const size_t star = name.find('*'); star + 1 < name.size() && star != std::string::npos) {
      Mistake(key + ".name", absl::StrCat(Quote(name),
                                          " has a * before its end; write it at the "
                                          "end, or not at all"));
    }
    if (name.size() > kMaxNamespaceBytes) {
      Mistake(key + ".name", absl::StrCat("has ", name.size(), " bytes; a namespace has at most ",
                                          kMaxNamespaceBytes));
    }
    if (!origins_.Has(key + ".history.size") && !mistakes_->Under(key)) {
      Mistake(key,
              "says nothing of its namespaces; write history: {size: 1000}, or size: 0 where "
              "they shall keep none");
    }
    const auto same =
        std::find_if(entries.begin(), entries.begin() + static_cast<ptrdiff_t>(i),
                     [&](const NamespaceSettings& other) { return other.name == name; });
    if (origins_.Has(key + ".name") && same != entries.begin() + static_cast<ptrdiff_t>(i)) {
      Mistake(key + ".name", absl::StrCat(Quote(name), " is the name of namespaces[",
                                          same - entries.begin(), "] too; keep one of them"));
    }
  }
}

// A namespace's history is one, whichever route it is reached by.
void Validator::CheckHistories(const std::vector<Entry>& entries) {
  std::vector<std::pair<const Entry*, NamePattern>> seen;
  for (const Entry& entry : entries) {
    const History& history = entry.route.history;
    if (history.size == 0 && history.age != History().age) {
      Mistake(entry.Key("history.age"),
              "is of no use without history.size; write how many messages are kept, such as size: "
              "1000");
    }
    if (history.size == 0 || !entry.sound || !entry.pattern) continue;
    NamePattern pattern = NamePattern::OfRoute(entry.route);
    const auto same = std::find_if(seen.begin(), seen.end(),
                                   [&](const auto& other) { return other.second == pattern; });
    if (same == seen.end()) {
      seen.emplace_back(&entry, std::move(pattern));
    } else if (same->first->route.history != history) {
      Mistake(entry.Key("history"),
              absl::StrCat("differs from that of ", same->first->key,
                           ", which gives the same namespaces; give both the same"));
    }
  }
}

void Validator::CheckRoutes() {
  std::vector<Entry> entries;
  entries.reserve(config_.routes.size());
  for (size_t i = 0; i < config_.routes.size(); ++i) {
    std::string key = absl::StrCat("routes[", i, "]");
    const bool sound = !mistakes_->Under(key);
    entries.push_back({config_.routes[i], std::move(key), sound, std::nullopt});
    Entry& entry = entries.back();
    CheckPath(&entry);
    CheckAnswerer(entry);
    CheckOrigins(entry);
    CheckSse(entry);
    CheckApplication(entry);
    CheckStatic(entry);
    CheckTemplate(entry, entry.Key("namespace"), entry.route.namespace_template,
                  kMaxNamespaceBytes);
  }
  CheckOverlaps(entries);
  CheckShared(entries);
  CheckHistories(entries);
}

// What is said of an application as a whole has to be the same wherever it is named.
void Validator::CheckShared(const std::vector<Entry>& entries) {
  for (size_t i = 0; i < entries.size(); ++i) {
    const Route& route = entries[i].route;
    if (route.static_rules || route.application.empty()) continue;
    const auto first = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
      return !entry.route.static_rules && entry.route.application == route.application;
    });
    const Route& other = first->route;
    const auto check = [&](const char* name, bool same) {
      if (same) return;
      Mistake(entries[i].Key(name), absl::StrCat("differs from that of ", first->key,
                                                 ", which has the same application; "
                                                 "give both the same"));
    };
    check("hook_mode", route.hook_mode == other.hook_mode);
    check("sessions", route.sessions == other.sessions);
    check("max_in_flight", route.max_in_flight == other.max_in_flight);
    check("breaker", route.breaker == other.breaker);
  }
}

void Validator::CheckPath(Entry* entry) {
  const std::string key = entry->Key("path");
  if (entry->route.path.empty()) {
    if (entry->sound) Mistake(key, "is missing; every route has a path, such as /chat");
    return;
  }
  absl::StatusOr<PathPattern> pattern = PathPattern::Parse(entry->route.path);
  if (!pattern.ok()) return Mistake(key, std::string(pattern.status().message()));
  entry->pattern = *std::move(pattern);
}

void Validator::CheckAnswerer(const Entry& entry) {
  const std::string transports = entry.Key("transports");
  const auto& kinds = entry.route.transports;
  if (kinds.empty() && !mistakes_->Under(transports)) {
    Mistake(transports, "is an empty list, so that nobody could connect; write [websocket]");
  }
  const bool has_application = origins_.Has(entry.Key("application"));
  if (has_application && entry.route.static_rules) {
    Mistake(entry.Key("static"), "stands beside application; keep one of the two");
  } else if (!has_application && !entry.route.static_rules && entry.sound) {
    Mistake(entry.key,
            "has neither application nor static; write one, such as application: "
            "dns:///127.0.0.1:50051 or static: {on_message: echo}");
  }
}

void Validator::CheckOrigins(const Entry& entry) {
  const std::vector<std::string>& origins = entry.route.allowed_origins;
  const auto any = std::find(origins.begin(), origins.end(), "*");
  if (any == origins.end() || origins.size() == 1) return;
  Mistake(absl::StrCat(entry.Key("allowed_origins"), "[", any - origins.begin(), "]"),
          "lets every origin in, whatever stands beside it; leave it out, or keep it alone");
}

void Validator::CheckSse(const Entry& entry) {
  const Route& route = entry.route;
  const std::string key = entry.Key("sse.binary_event");
  if (route.binary_event.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    Mistake(key, "holds CR, LF or NUL, which no event's name can; write a name such as binary");
  } else if (route.binary_event.starts_with("hookcast.") &&
             route.binary_event != Route().binary_event) {
    Mistake(key, absl::StrCat(Quote(route.binary_event),
                              " is one of the node's own names, which begin with hookcast.; write "
                              "another, such as binary"));
  }
  const auto& kinds = route.transports;
  const bool sse = std::find(kinds.begin(), kinds.end(), TransportKind::kSse) != kinds.end();
  if (!sse && route.binary_event != Route().binary_event && !mistakes_->Under(entry.Key("sse"))) {
    Mistake(entry.Key("sse"),
            "is of no use to a route without server-sent events; write transports: [websocket, "
            "sse], or leave it out");
  }
}

void Validator::CheckApplication(const Entry& entry) {
  const Route& route = entry.route;
  if (route.static_rules) {
    for (const char* name :
         {"hooks", "deadlines", "hook_mode", "sessions", "max_in_flight", "breaker", "redeliver",
          "on_message_error", "hook_retries", "hook_window"}) {
      if (origins_.Has(entry.Key(name)) && !origins_.Has(entry.Key("application"))) {
        Mistake(entry.Key(name),
                "belongs to routes with an application, and this one has static; "
                "leave it out");
      }
    }
    return;
  }
  const std::string& target = route.application;
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  if (target.starts_with("http://") || target.starts_with("https://")) {
    Mistake(entry.Key("application"), absl::StrCat(Quote(target),
                                                   " is a URL; write a gRPC target, such as "
                                                   "dns:///127.0.0.1:50051"));
  } else if (std::any_of(target.begin(), target.end(), is_blank)) {
    Mistake(entry.Key("application"),
            absl::StrCat(Quote(target),
                         " holds white space; write a gRPC target, such as "
                         "dns:///127.0.0.1:50051"));
  }
  if (route.hooks == HookSet{false, false, false, false, false, false, false} &&
      !mistakes_->Under(entry.Key("hooks"))) {
    Mistake(entry.Key("hooks"),
            "is an empty list, so that the application would hear nothing; name "
            "one, or write static: {} in place of application");
  }
}

void Validator::CheckStatic(const Entry& entry) {
  if (!entry.route.static_rules) return;
  const StaticRules& rules = *entry.route.static_rules;
  const std::string section = entry.Key("static");
  const std::string topic = entry.Key("static.topic");
  const bool publishes = rules.on_message == OnMessage::kPublish;
  if (!mistakes_->Under(section)) {
    if (publishes && rules.topic.empty()) {
      Mistake(topic, "is missing; on_message: publish needs the topic to publish to");
    } else if (!publishes && !rules.topic.empty()) {
      Mistake(topic, "is used with on_message: publish only; write that, or leave topic out");
    }
  }
  if (!rules.topic.empty()) CheckTemplate(entry, topic, rules.topic, kMaxTopicBytes);
  for (size_t i = 0; i < rules.subscribe.size(); ++i) {
    CheckTemplate(entry, absl::StrCat(section, ".subscribe[", i, "]"), rules.subscribe[i],
                  kMaxTopicBytes);
  }
  const auto most = static_cast<size_t>(entry.route.limits.topics);
  if (rules.subscribe.size() > most) {
    Mistake(absl::StrCat(section, ".subscribe"),
            absl::StrCat("names ", rules.subscribe.size(), " topics and limits.topics is ", most,
                         "; name fewer, or raise limits.topics"));
  }
}

void Validator::CheckTemplate(const Entry& entry, const std::string& key, const std::string& text,
                              size_t max_bytes) {
  if (!entry.pattern && text.find('{') != std::string::npos) return;  // names of an unknown path
  const std::vector<std::string> params =
      entry.pattern ? entry.pattern->param_names() : std::vector<std::string>();
  const absl::Status status = config::CheckTemplate(text, params);
  if (!status.ok()) return Mistake(key, std::string(status.message()));
  Params empty;
  for (const std::string& name : params) empty.emplace_back(name, "");
  const size_t bytes = ExpandTemplate(text, empty, "").size();
  if (bytes > max_bytes) {
    Mistake(key, absl::StrCat("has ", bytes, " bytes without its parameters; it may have at most ",
                              max_bytes));
  }
}

void Validator::CheckOverlaps(const std::vector<Entry>& entries) {
  std::vector<const Entry*> sorted;
  for (const Entry& entry : entries) {
    if (entry.pattern) sorted.push_back(&entry);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const Entry* a, const Entry* b) {
    return a->pattern->MoreSpecificThan(*b->pattern);
  });
  for (size_t first = 0, i = 1; i < sorted.size(); ++i) {
    if (sorted[first]->pattern->MoreSpecificThan(*sorted[i]->pattern)) {
      first = i;
      continue;
    }
    const Entry& earlier = *sorted[first];
    const std::string place = origins_.Find(earlier.Key("path")).ToString();
    const std::string& path = sorted[i]->route.path;
    const bool same = path == earlier.route.path;
    Mistake(
        sorted[i]->Key("path"),
        same ? absl::StrCat(Quote(path), " is the path of ", earlier.key, " (", place,
                            ") too; keep one of them")
             : absl::StrCat(Quote(path), " matches the same paths as ", Quote(earlier.route.path),
                            " of ", earlier.key, " (", place, "); keep one of them"));
  }
}

}  // namespace

void Validate(const Config& config, const Origins& origins, Mistakes* mistakes) {
  Validator validator(config, origins, mistakes);
  validator.CheckNode();
  validator.CheckRoutes();
}

}  // namespace hookcast::config

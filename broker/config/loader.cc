#include "broker/config/loader.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "broker/config/keys.h"
#include "broker/config/mistakes.h"
#include "broker/config/nearest.h"
#include "broker/config/quote.h"
#include "broker/config/validator.h"
#include "broker/config/yaml_tree.h"

namespace hookcast::config {
namespace {

constexpr std::string_view kPrefix = "HOOKCAST_";
constexpr std::string_view kFileVariable = "HOOKCAST_CONFIG";
// The command line client's.
constexpr std::array<std::string_view, 4> kClientVariables{
    "HOOKCAST_SERVER", "HOOKCAST_TOKEN", "HOOKCAST_TOKEN_FILE", "HOOKCAST_OUTPUT"};
constexpr int kMaxGroups = 8;  // deeper than any key

bool IsNodeKey(const KeyFacts& key) { return key.name.find("[]") == std::string::npos; }

bool IsScalarKey(std::string_view name) {
  return std::any_of(AllKeys().begin(), AllKeys().end(), [&](const KeyFacts& key) {
    return key.scalar && IsNodeKey(key) && key.name == name;
  });
}

std::string VariableOf(const KeyFacts& key) {
  std::string name = absl::AsciiStrToUpper(key.name);
  std::replace(name.begin(), name.end(), '.', '_');
  return std::string(kPrefix) + name;
}

// Whether Kubernetes sets this for a Service: NAME_SERVICE_HOST, NAME_SERVICE_PORT[_PORTNAME],
// NAME_PORT=tcp://..., NAME_PORT_80_TCP[_PROTO|_PORT|_ADDR]. A Service called "hookcast" must not
// keep the nodes behind it from starting. No key looks like these.
bool IsServiceLink(std::string_view name, std::string_view value) {
  if (name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") ||
      name.find("_SERVICE_PORT_") != std::string_view::npos) {
    return true;
  }
  if (name.ends_with("_PORT") && value.find("://") != std::string_view::npos) return true;
  const size_t port = name.find("_PORT_");
  if (port == std::string_view::npos) return false;
  std::string_view rest = name.substr(port + 6);
  const size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  rest.remove_prefix(digits);
  return digits > 0 &&
         (rest.starts_with("_TCP") || rest.starts_with("_UDP") || rest.starts_with("_SCTP"));
}

// An error's text is what is wrong, without the path.
absl::StatusOr<std::string> ReadFile(const std::string& path) {
  errno = 0;
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  if (file == nullptr) {
    return absl::NotFoundError(absl::StrCat("cannot be opened: ", std::strerror(errno)));
  }
  std::string text(kMaxConfigFileBytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("cannot be read: ", std::strerror(errno)));
  }
  if (text.size() > kMaxConfigFileBytes) {
    return absl::InvalidArgumentError(
        "is larger than 8 MiB; a configuration file may have no more");
  }
  return text;
}

// Gathers one Config from its sources, least important first.
class Loader {
 public:
  // `source` says how the path was given: --config or HOOKCAST_CONFIG.
  void AddFile(const std::string& path, const std::string& source);
  void AddVariable(const std::string& name, const std::string& value);
  void AddSet(const std::string& set);
  void AddInsecure();
  absl::StatusOr<Config> Finish();

 private:
  void Add(std::string_view key, YamlNode value, const std::string& source);
  // `text` as YAML; nullopt, and told, where it is none.
  std::optional<YamlNode> Parse(std::string_view text, const Place& place, std::string_view key);

  Config config_;
  Origins origins_;
  Mistakes mistakes_;
  bool complete_ = true;  // the file could be read as a whole, if there is one
};

void Loader::AddFile(const std::string& path, const std::string& source) {
  complete_ = false;
  if (path.empty()) {
    return mistakes_.Add({source}, "", "is empty; write the path of a file, or leave it out");
  }
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return mistakes_.Add({path}, "", std::string(text.status().message()));
  YamlNode root;
  if (const std::optional<YamlError> error = ParseYaml(*text, &root)) {
    return mistakes_.Add({path, error->line, error->column}, "",
                         absl::StrCat("not YAML: ", PlainText(error->text)));
  }
  complete_ = true;
  ReadConfig(root, path, &config_, &origins_, &mistakes_);
}

void Loader::Add(std::string_view key, YamlNode value, const std::string& source) {
  ReadConfig(NestUnder(key, std::move(value)), source, &config_, &origins_, &mistakes_);
}

std::optional<YamlNode> Loader::Parse(std::string_view text, const Place& place,
                                      std::string_view key) {
  YamlNode node;
  const std::optional<YamlError> error = ParseYaml(text, &node);
  if (!error) {
    ClearPlaces(&node);
    return node;
  }
  const std::string at = error->line == 0 ? "" : absl::StrCat(" at its character ", error->column);
  mistakes_.Add(place, key, absl::StrCat("not YAML", at, ": ", PlainText(error->text)));
  return std::nullopt;
}

void Loader::AddVariable(const std::string& name, const std::string& value) {
  const auto client = std::find(kClientVariables.begin(), kClientVariables.end(), name);
  if (!name.starts_with(kPrefix) || name == kFileVariable || client != kClientVariables.end()) {
    return;
  }
  std::vector<std::string> known{std::string(kFileVariable)};
  for (const KeyFacts& key : AllKeys()) {
    if (!IsNodeKey(key)) continue;
    known.push_back(VariableOf(key));
    if (known.back() != name) continue;
    if (!key.scalar) {
      if (std::optional<YamlNode> node = Parse(value, {name}, key.name)) {
        Add(key.name, *std::move(node), name);
      }
    } else if (FindInvalidUtf8(value)) {
      mistakes_.Add({name}, key.name, "is not UTF-8; write it in that encoding");
    } else {
      Add(key.name, ScalarNode(value), name);
    }
    return;
  }
  if (IsServiceLink(name, value)) return;
  const Nearest nearest = FindNearest(name, known);
  mistakes_.Add({PlainText(name)}, "",
                nearest.close
                    ? absl::StrCat("unknown variable; did you mean ", nearest.name, "?")
                    : absl::StrCat("unknown variable; the nearest known one is ", nearest.name));
}

void Loader::AddSet(const std::string& set) {
  const size_t equals = set.find('=');
  const std::string key = set.substr(0, equals);
  const std::string source = "--set";
  if (equals == std::string::npos || equals == 0) {
    return mistakes_.Add({source}, equals == 0 ? "" : PlainText(key),
                         "is not key=value; write one such as --set log.level=debug");
  }
  if (std::count(key.begin(), key.end(), '.') > kMaxGroups) {
    return mistakes_.Add({source}, PlainText(key), "unknown key; see hookcastd --help for all");
  }
  const std::string text = set.substr(equals + 1);
  if (IsScalarKey(key) && !FindInvalidUtf8(text)) {
    // [::1]:8081 is a list in YAML; where only a word can be meant, it is taken as typed.
    YamlNode node;
    const bool scalar = !ParseYaml(text, &node) && node.kind == YamlNode::Kind::kScalar;
    Add(key, ScalarNode(scalar ? node.text : text), source);
  } else if (std::optional<YamlNode> node = Parse(text, {source}, PlainText(key))) {
    Add(key, *std::move(node), source);
  }
}

void Loader::AddInsecure() { Add("insecure", ScalarNode("true"), "--insecure"); }

absl::StatusOr<Config> Loader::Finish() {
  // Without the file, keys would seem to lack what may well be there.
  if (complete_) Validate(config_, origins_, &mistakes_);
  if (!mistakes_.empty()) return mistakes_.ToStatus();
  return std::move(config_);
}

}  // namespace

Environment ProcessEnvironment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

absl::StatusOr<Config> LoadConfig(const CommandLine& command_line, const Environment& environment) {
  Loader loader;
  const auto variable = environment.find(std::string(kFileVariable));
  if (command_line.file) {
    loader.AddFile(*command_line.file, "--config");
  } else if (variable != environment.end()) {
    loader.AddFile(variable->second, variable->first);
  }
  for (const auto& [name, value] : environment) loader.AddVariable(name, value);
  for (const std::string& set : command_line.sets) loader.AddSet(set);
  if (command_line.insecure) loader.AddInsecure();
  return loader.Finish();
}

}  // namespace hookcast::config

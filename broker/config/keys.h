#pragma once

#include <string>
#include <vector>

#include "broker/config/config.h"
#include "broker/config/mistakes.h"
#include "broker/config/yaml_tree.h"

namespace hookcast::config {

// All keys, declared in one place (keys.cc). What reads, prints, explains or checks the
// configuration comes from there.

// What people are told about a key.
struct KeyFacts {
  std::string name;  // "websocket.ping_interval", "routes[].limits.message"
  std::string type;  // "duration", "memory or redis"
  std::string unit;  // "ms, s, m or h", "topics"; empty where there is none
  std::string default_text;
  std::string help;    // a sentence
  bool scalar = true;  // its value is one word of text, not a list or a group
};

// In the order of the declaration, each group and list before the keys in it.
const std::vector<KeyFacts>& AllKeys();

// Sets in `*config` what `root` says, and the place of each such value in `*origins`. `source` is
// the Place::source of all that is in `root`. Mistakes leave their key as it was.
void ReadConfig(const YamlNode& root, const std::string& source, Config* config, Origins* origins,
                Mistakes* mistakes);

// `config` as YAML, every key with its value, secrets hidden.
std::string WriteConfig(const Config& config);

}  // namespace hookcast::config

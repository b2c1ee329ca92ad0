#pragma once

#include <string>
#include <vector>

#include "broker/config/config.h"
#include "broker/config/key.h"
#include "broker/config/mistakes.h"

namespace hookcast::config {

// The keys by which nodes reach and trust each other, and by which one takes its leave, for the
// tables of keys.cc. Each adds its own at the table's end.

void AddAdvertiseKey(KeyTable<Config>* keys);  // of the group "control"
void AddClusterKeys(KeyTable<Config>* keys);
void AddShutdownKeys(KeyTable<Config>* keys);  // of the group "shutdown", behind its timeout

// What is wrong with them as a whole: the key at fault, and a sentence.
struct KeyMistake {
  std::string key;
  std::string text;
};
std::vector<KeyMistake> CheckClusterKeys(const Config& config, const Origins& origins);

}  // namespace hookcast::config

#include "tests/unit/broker/config/load_yaml.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace hookcast::config {

TemporaryFile::TemporaryFile(std::string_view text) {
  static std::atomic<int> count = 0;
  path_ = absl::StrCat(::testing::TempDir(), "hookcast-config-", getpid(), "-", ++count, ".yaml");
  std::ofstream(path_, std::ios::binary) << text;
}

TemporaryFile::~TemporaryFile() { std::remove(path_.c_str()); }

absl::StatusOr<Config> LoadYaml(std::string_view yaml, const Environment& environment,
                                CommandLine command_line) {
  const TemporaryFile file(yaml);
  command_line.file = file.path();
  absl::StatusOr<Config> config = LoadConfig(command_line, environment);
  if (config.ok()) return config;
  return absl::Status(config.status().code(),
                      absl::StrReplaceAll(config.status().message(), {{file.path(), "node.yaml"}}));
}

std::string ErrorsOf(std::string_view yaml, const Environment& environment,
                     CommandLine command_line) {
  return std::string(LoadYaml(yaml, environment, std::move(command_line)).status().message());
}

Config ConfigOf(std::string_view yaml, const Environment& environment, CommandLine command_line) {
  absl::StatusOr<Config> config = LoadYaml(yaml, environment, std::move(command_line));
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *std::move(config) : Config();
}

}  // namespace hookcast::config

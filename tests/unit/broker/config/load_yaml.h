#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "broker/config/config.h"
#include "broker/config/loader.h"

namespace hookcast::config {

// A file with `text` in the tests' temporary folder, for as long as this lives.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Loads `yaml` as a file, beside `environment` and the rest of `command_line`. In errors the file
// is called "node.yaml".
absl::StatusOr<Config> LoadYaml(std::string_view yaml, const Environment& environment = {},
                                CommandLine command_line = {});

// The text of the error that LoadYaml gives; "" where it gives none.
std::string ErrorsOf(std::string_view yaml, const Environment& environment = {},
                     CommandLine command_line = {});

// The Config that LoadYaml gives; a default one, and a test failure, where it gives none.
Config ConfigOf(std::string_view yaml, const Environment& environment = {},
                CommandLine command_line = {});

}  // namespace hookcast::config

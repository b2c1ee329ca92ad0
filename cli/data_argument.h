#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/terminal.h"
#include "hookcast/v1/types.pb.h"

namespace CLI {
class App;
}

namespace hookcast::cli {

// The DATA argument of publish and send, and the options that say what it is.
class DataArgument {
 public:
  // Adds them to app, after the positional arguments that it has. REQUIRES: this outlives app.
  void Declare(CLI::App& app);

  // Reads the data, from standard input or a file where DATA says so, to the byte.
  // Errors: usage failures for what cannot be read, is not UTF-8, is not JSON, or is over 64 MiB.
  absl::StatusOr<v1::Data> Read(Terminal& terminal) const;

 private:
  absl::StatusOr<std::string> ReadBytes(Terminal& terminal) const;

  std::string data_;
  bool binary_ = false;
  bool json_ = false;
  std::string id_;
  std::string event_;
  std::string retry_;
};

}  // namespace hookcast::cli

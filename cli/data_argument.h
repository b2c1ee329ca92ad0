#pragma once

#include <istream>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "cli/peer_selection.h"
#include "cli/terminal.h"
#include "hookcast/v1/types.pb.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace hookcast::cli {

// The DATA argument of publish and send, and the options that say what it is.
class DataArgument {
 public:
  // More than any node takes; keeps a slip such as @/dev/zero from filling the memory.
  static constexpr size_t kMostBytes = size_t{64} << 20;
  // Of data as it travels: what a call takes, but for names.
  static constexpr size_t kMostInACall = (size_t{16} << 20) + (size_t{32} << 10);

  // Where DATA comes from, as a stream.
  struct Stream {
    std::istream* in;
    std::unique_ptr<std::istream> owned;  // what `in` points to, or null
    std::string name;                     // "standard input"
  };

  // Adds them to app, after the positional arguments that it has. Answers DATA. REQUIRES: this
  // outlives app.
  CLI::Option* Declare(CLI::App& app);

  // DATA as it was written.
  Argument& argument() { return data_; }

  // Reads the data, from standard input or a file where DATA says so, to the byte.
  // Errors: usage failures for what cannot be read, is not UTF-8, is not JSON, or is more than a
  // call takes.
  absl::StatusOr<v1::Data> Read(Terminal& terminal) const;

  // The same in two steps, for what is read bit by bit. A stop ends the stream of a file; that of
  // standard input is the terminal's.
  absl::StatusOr<Stream> Open(Terminal& terminal, std::stop_token stop = {}) const;
  absl::StatusOr<v1::Data> Make(std::string bytes) const;

  // Whether the options can be true of any data. Errors: usage failures.
  absl::Status Check() const;

 private:
  Argument data_;
  bool binary_ = false;
  bool json_ = false;
  bool compress_ = false;
  std::string id_;
  std::string event_;
  std::string retry_;
};

}  // namespace hookcast::cli

#pragma once

#include <array>
#include <istream>
#include <memory>
#include <optional>
#include <stop_token>
#include <streambuf>
#include <string>

#include "absl/status/statusor.h"

namespace hookcast::cli {

// What an istream reads from a file descriptor: as it comes, to the descriptor's end, or until a
// stop is requested, which looks like the end. What cannot be read sets the istream's badbit.
//
// Thread: any one thread; the stop from any.
class FdInput final : public std::streambuf {
 public:
  // The descriptor is not owned.
  FdInput(int fd, std::stop_token stop);
  ~FdInput() override;

 protected:
  int_type underflow() override;

 private:
  struct WakeOnStop {
    int fd;
    void operator()() const;
  };

  const int fd_;
  const std::stop_token stop_;
  const int wake_fd_;  // an eventfd
  std::optional<std::stop_callback<WakeOnStop>> wake_;
  std::array<char, 65536> buffer_;
};

// Opens a file to read it so. Errors: a usage failure that says why it cannot be read.
absl::StatusOr<std::unique_ptr<std::istream>> OpenFile(const std::string& name,
                                                       std::stop_token stop = {});

// The rest of a stream, to the byte. Errors: usage failures where it cannot be read, saying its
// name, and where it is longer than `most` bytes.
absl::StatusOr<std::string> ReadAll(std::istream& in, const std::string& name, size_t most);

}  // namespace hookcast::cli

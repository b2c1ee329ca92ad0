#pragma once

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace hookcast::control {

// A file of a token, for the life of this.
class TokenFile {
 public:
  explicit TokenFile(std::string_view text) : path_(NewPath()) { Write(text); }
  TokenFile(const TokenFile&) = delete;
  TokenFile& operator=(const TokenFile&) = delete;
  ~TokenFile() { Remove(); }

  void Write(std::string_view text) const { std::ofstream(path_, std::ios::binary) << text; }
  void Remove() const { unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  static std::string NewPath() {
    std::string path = "/tmp/hookcast-token-XXXXXX";
    const int fd = mkstemp(path.data());
    if (fd >= 0) close(fd);
    return path;
  }

  const std::string path_;
};

}  // namespace hookcast::control

#include "cli/fd_input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ios>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/failure.h"
#include "cli/system_error.h"
#include "cli/text.h"

namespace hookcast::cli {
namespace {

// The istream that closes what it reads.
class FileStream final : public std::istream {
 public:
  FileStream(int fd, std::stop_token stop)
      : std::istream(nullptr), fd_(fd), input_(fd, std::move(stop)) {
    rdbuf(&input_);
  }
  ~FileStream() override { close(fd_); }

 private:
  const int fd_;
  FdInput input_;
};

}  // namespace

void FdInput::WakeOnStop::operator()() const {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(fd, &one, sizeof(one));
}

FdInput::FdInput(int fd, std::stop_token stop)
    : fd_(fd), stop_(std::move(stop)), wake_fd_(eventfd(0, EFD_CLOEXEC)) {
  wake_.emplace(stop_, WakeOnStop{wake_fd_});
}

FdInput::~FdInput() {
  wake_.reset();
  close(wake_fd_);
}

FdInput::int_type FdInput::underflow() {
  for (;;) {
    std::array<pollfd, 2> fds = {{{fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}}};
    if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) break;
    if (stop_.stop_requested()) return traits_type::eof();
    if (fds[0].revents == 0) continue;
    const ssize_t count = read(fd_, buffer_.data(), buffer_.size());
    if (count == 0) return traits_type::eof();
    if (count > 0) {
      setg(buffer_.data(), buffer_.data(), buffer_.data() + count);
      return traits_type::to_int_type(buffer_[0]);
    }
    if (errno != EINTR && errno != EAGAIN) break;
  }
  throw std::ios_base::failure("cannot read");  // the istream makes it badbit
}

absl::StatusOr<std::unique_ptr<std::istream>> OpenFile(const std::string& name,
                                                       std::stop_token stop) {
  const int fd = open(name.c_str(), O_RDONLY | O_CLOEXEC);
  int error = fd < 0 ? errno : 0;
  struct stat facts;
  if (fd >= 0 && fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode)) error = EISDIR;
  if (error != 0) {
    if (fd >= 0) close(fd);
    return UsageFailure(absl::StrCat("cannot read ", Quoted(name), ": ", SystemError(error)));
  }
  return std::make_unique<FileStream>(fd, std::move(stop));
}

absl::StatusOr<std::string> ReadAll(std::istream& in, const std::string& name, size_t most) {
  std::string bytes;
  std::array<char, 65536> piece;
  while (in.read(piece.data(), piece.size()), in.gcount() > 0) {
    bytes.append(piece.data(), static_cast<size_t>(in.gcount()));
    if (bytes.size() > most) {
      return UsageFailure(absl::StrCat(name, " is longer than ", FormatBytes(most)));
    }
  }
  if (in.bad()) return UsageFailure(absl::StrCat("cannot read ", name));
  return bytes;
}

}  // namespace hookcast::cli

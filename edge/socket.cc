#include "edge/socket.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

namespace hookcast::edge {

void Socket::Close() {
  if (fd_ < 0) return;
  ::close(std::exchange(fd_, -1));
  slot_.reset();
  if (count_ != nullptr) std::exchange(count_, nullptr)->Add(-1);
}

void Socket::ShutdownWrite() { ::shutdown(fd_, SHUT_WR); }

ssize_t Socket::Read(char* buffer, size_t size) {
  while (true) {
    const ssize_t n = ::recv(fd_, buffer, size, MSG_DONTWAIT);
    if (n >= 0 || errno != EINTR) return n;
  }
}

ssize_t Socket::Write(const iovec* vectors, size_t count) {
  while (true) {
    ssize_t n;
    if (count == 1) {
      n = ::send(fd_, vectors[0].iov_base, vectors[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    } else {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(vectors);
      message.msg_iovlen = count;
      n = ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    if (n >= 0 || errno != EINTR) return n;
  }
}

}  // namespace hookcast::edge

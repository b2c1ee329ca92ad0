#include "edge/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <utility>

#include "tests/unit/edge/client_socket.h"

namespace hookcast::edge {
namespace {

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) != -1; }

TEST(SocketTest, IsCountedWhileItIsOpen) {
  metrics::Gauge gauge{"g", "h"};
  ConnectionCount count;
  count.node = &gauge;
  Connected a = ConnectLoopback();
  const int fd = a.server;
  {
    count.Add(1);
    Socket socket(fd, &count);
    EXPECT_TRUE(socket.open());
    Socket moved = std::move(socket);
    EXPECT_EQ(gauge.value(), 1);
    Socket assigned;
    EXPECT_FALSE(assigned.open());
    assigned = std::move(moved);
    EXPECT_EQ(assigned.fd(), fd);
    EXPECT_EQ(gauge.value(), 1);
    EXPECT_EQ(count.here.load(), 1);
    assigned.Close();
    assigned.Close();
    EXPECT_EQ(gauge.value(), 0);
    EXPECT_EQ(count.here.load(), 0);
  }
  EXPECT_EQ(gauge.value(), 0);
  EXPECT_FALSE(IsOpen(fd));
}

TEST(SocketTest, ClosesAtItsEndAlsoWhereNobodyCounts) {
  Connected a = ConnectLoopback();
  { Socket socket(a.server, nullptr); }
  EXPECT_FALSE(IsOpen(a.server));
}

TEST(SocketTest, NeitherReadNorWriteBlocksOrRaisesASignal) {
  Connected a = ConnectLoopback();
  Socket socket(a.server, nullptr);
  char buffer[16];
  EXPECT_EQ(socket.Read(buffer, sizeof buffer), -1);
  EXPECT_TRUE(errno == EAGAIN || errno == EWOULDBLOCK);

  std::string block(1 << 20, 'x');
  const iovec one{block.data(), block.size()};
  ssize_t n = 0;
  for (int i = 0; i < 1'000 && n >= 0; ++i) n = socket.Write(&one, 1);
  EXPECT_EQ(n, -1);
  EXPECT_TRUE(errno == EAGAIN || errno == EWOULDBLOCK);

  a.client.Reset();
  EXPECT_EQ(socket.Write(&one, 1), -1);
  EXPECT_EQ(socket.Write(&one, 1), -1);
  EXPECT_TRUE(errno == EPIPE || errno == ECONNRESET);
}

TEST(SocketTest, WritesManyVectorsAsOneAndGoesOnReadingAfterItsWriteSideEnded) {
  Connected a = ConnectLoopback();
  Socket socket(a.server, nullptr);
  std::string first = "one ", second = "two";
  const iovec vectors[] = {{first.data(), first.size()}, {second.data(), second.size()}};
  EXPECT_EQ(socket.Write(vectors, 2), 7);
  socket.ShutdownWrite();
  while (!a.client.gone()) a.client.Pump();
  EXPECT_TRUE(a.client.ended());
  EXPECT_EQ(a.client.received(), "one two");

  a.client.Send("back");
  char buffer[16];
  ssize_t n;
  while ((n = socket.Read(buffer, sizeof buffer)) < 0) ASSERT_EQ(errno, EAGAIN);
  EXPECT_EQ(std::string(buffer, static_cast<size_t>(n)), "back");
}

}  // namespace
}  // namespace hookcast::edge

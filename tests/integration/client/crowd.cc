// hookcast-test-crowd: many WebSocket clients in a process of their own, which a test can kill.
//
// Usage: hookcast-test-crowd HOST:PORT TARGET COUNT
// Connects, prints "connected", and reads whatever comes until it is killed or the server ends a
// connection.

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "tests/integration/client/websocket_client.h"

int main(int argc, char** argv) {
  using hookcast::testing::WebSocketClient;
  if (argc != 4) return 2;
  const int count = std::atoi(argv[3]);
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  std::vector<pollfd> watched;
  for (int i = 0; i < count; ++i) {
    auto client = WebSocketClient::Connect(argv[1], argv[2]);
    if (!client.ok()) {
      std::printf("client %d: %s\n", i, client.status().ToString().c_str());
      return 1;
    }
    watched.push_back({(*client)->fd(), POLLIN, 0});
    clients.push_back(*std::move(client));
  }
  std::printf("connected\n");
  std::fflush(stdout);
  std::vector<char> bytes(64 * 1024);
  while (poll(watched.data(), watched.size(), -1) > 0) {
    for (const pollfd& client : watched) {
      if (client.revents == 0) continue;
      const ssize_t got = recv(client.fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN)) {
        std::printf("the server ended a connection\n");
        return 1;
      }
    }
  }
  return 1;
}

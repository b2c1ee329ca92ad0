// The cheapest WebSocket server that is still honest: one thread, one epoll, a flat table of peers.
// It is what the product is measured against, so it does what the product's example routes do
// (/echo, /sub, /pub, and /sub as Server-Sent Events) and nothing besides: no hooks, no namespaces,
// no limits for slow peers.

#ifndef HOOKCAST_BENCH_BASELINE_SERVER_H_
#define HOOKCAST_BENCH_BASELINE_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"

namespace hookcast::bench {

struct FrameHeader;

// Thread: the one that calls Run.
class BaselineServer {
 public:
  enum class Mode {
    kDirect,    // one send for each message and peer
    kGathered,  // one send for each peer and turn of the loop, with all that the turn published
  };

  // `listen`: IPv4 "host:port", port 0 for any.
  static absl::StatusOr<std::unique_ptr<BaselineServer>> Listen(const std::string& listen,
                                                                Mode mode);
  ~BaselineServer();
  BaselineServer(const BaselineServer&) = delete;
  BaselineServer& operator=(const BaselineServer&) = delete;

  const std::string& address() const { return address_; }

  // Serves until something that it cannot go on from; returns why.
  absl::Status Run();

 private:
  enum class Role : uint8_t {
    kNone,
    kHandshake,
    kEcho,
    kSubscriber,
    kEventSubscriber,
    kPublisher,
  };

  // All there is of a peer whose bytes come and go whole. Indexed by descriptor.
  struct Peer {
    uint32_t subscriber = 0;  // index in SubscribersOf(role)
    Role role = Role::kNone;
    bool has_side = false;  // an entry in sides_
  };

  // What a peer has only while its bytes come or go in parts.
  struct Side {
    std::string input;    // the beginning of a frame, or of the handshake
    std::string output;   // what its socket did not take
    std::string message;  // the fragments so far
    uint8_t message_opcode = 0;
    bool closing = false;  // close once output has gone
  };

  BaselineServer(int listen_fd, int epoll_fd, std::string address, Mode mode);

  absl::Status Accept();
  void OnReadable(int fd);
  // Takes what it can from the front; returns how many bytes. May have closed the peer.
  size_t TakeHandshake(int fd, std::string_view input);
  void TakeWebSocket(int fd, std::string_view path, std::string_view key);
  void TakeEventRequest(int fd, std::string_view path);
  size_t TakeFrames(int fd, char* data, size_t size);
  void OnFrame(int fd, const FrameHeader& header, std::string_view payload);
  void OnMessage(int fd, uint8_t opcode, std::string_view payload);
  void FlushEcho(int fd);
  void Refuse(int fd, std::string_view status);
  void EndWith(int fd, uint16_t close_code);

  void Publish(uint8_t opcode, std::string_view payload);
  std::vector<int>& SubscribersOf(Role role) {
    return role == Role::kEventSubscriber ? event_subscribers_ : subscribers_;
  }
  void Subscribe(int fd, Role role);
  void FlushBatches();
  void SendToAll(const std::vector<int>& peers, std::string_view bytes);
  void Send(int fd, std::string_view bytes);
  void OnWritable(int fd);
  // Closes now, or when what was sent has gone.
  void Finish(int fd);
  void CloseNow(int fd);
  bool Closed(int fd) const { return peers_[static_cast<size_t>(fd)].role == Role::kNone; }

  const int listen_fd_;
  const int epoll_fd_;
  const std::string address_;
  const Mode mode_;
  std::vector<Peer> peers_;
  std::vector<int> subscribers_;
  std::vector<int> event_subscribers_;
  std::unordered_map<int, Side> sides_;
  std::vector<char> read_buffer_;
  std::string frame_;        // scratch
  std::string batch_;        // what was published and not sent: in kGathered, all of this turn
  std::string event_batch_;  // the same as events
  std::string echo_;         // kGathered: what this read is answered with
};

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_BASELINE_SERVER_H_

// What the load tool can do to a server. Each scenario checks all that it receives: a message lost,
// repeated, out of order or damaged, a connection that ends when it should not, are errors.

#ifndef HOOKCAST_BENCH_LOAD_SCENARIOS_H_
#define HOOKCAST_BENCH_LOAD_SCENARIOS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "bench/load/loop.h"
#include "bench/load/report.h"
#include "bench/load/server_meter.h"

namespace hookcast::bench {

// Peers that do nothing: the server's memory for each, its processor time meanwhile. At the end
// each must still answer a ping, and be closed by a closing handshake; a stream of events must end
// once its client has.
struct IdleOptions {
  std::string url;
  size_t peers = 10000;
  size_t concurrency = 100;
  double settle_s = 1;   // from the last open to the reading of memory
  double measure_s = 5;  // of processor time
  double hold_s = 0;     // more time open after that
};
absl::Status RunIdle(Loop& loop, const ServerMeter& meter, const IdleOptions& options,
                     Report& report);

// A publisher at `pub`, a WebSocket, whose messages reach all peers at `sub`.
struct FanoutOptions {
  std::string sub;
  std::string pub;
  size_t peers = 1000;
  size_t concurrency = 100;
  uint64_t in_flight = 1;  // messages sent that have not reached all peers
  double rate = 0;         // messages a second, as far as in_flight allows; 0: as fast as that
  uint64_t messages = 2000;
  uint64_t warmup = 100;  // messages before those that count
  size_t bytes = 128;
  bool binary = false;
};
absl::Status RunFanout(Loop& loop, const ServerMeter& meter, const FanoutOptions& options,
                       Report& report);

// Peers that each send a message as soon as the last one has come back.
struct EchoOptions {
  std::string url;
  size_t peers = 100;
  size_t concurrency = 100;
  uint64_t messages = 200000;  // of all peers together
  uint64_t warmup = 2000;
  size_t bytes = 128;
  bool binary = false;
};
absl::Status RunEcho(Loop& loop, const ServerMeter& meter, const EchoOptions& options,
                     Report& report);

// Clients of streams of events, or of the subprotocol hookcast.v1.json, that leave at random and
// come back with the last id they had, while messages are published at a rate. What they missed has
// to be in the server's history still.
struct ResumeOptions {
  std::string sub;  // http://, or ws://
  std::string pub;  // ws://
  size_t clients = 500;
  size_t concurrency = 100;
  uint64_t messages = 10000;
  double rate = 500;  // messages a second
  double stay_s = 1;  // mean time that a client stays
  double away_s = 0.2;
  size_t bytes = 128;
  uint64_t seed = 1;  // of when they come and go
};
absl::Status RunResume(Loop& loop, const ServerMeter& meter, const ResumeOptions& options,
                       Report& report);

// Connections that come and go.
enum class ConnectEnd {
  kClose,      // closing handshake; the server ends TCP
  kFin,        // FIN after the open, without Close; the server must let go
  kRst,        // RST after the open
  kHandshake,  // gone before the handshake is sent, or in its middle, by FIN and by RST
  kMixed,      // all of these in turn
};
struct ConnectOptions {
  std::string url;
  uint64_t count = 10000;
  uint64_t warmup = 500;
  size_t concurrency = 16;
  ConnectEnd end = ConnectEnd::kClose;
};
absl::Status RunConnect(Loop& loop, const ServerMeter& meter, const ConnectOptions& options,
                        Report& report);

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_LOAD_SCENARIOS_H_

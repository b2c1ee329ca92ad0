// A blocking client of event streams for tests. It reads as a browser's EventSource does, with
// codecs of its own, and does not reconnect by itself. Every operation has a deadline; waiting is
// poll(), never sleep.

#ifndef HOOKCAST_TESTS_INTEGRATION_CLIENT_EVENT_STREAM_CLIENT_H_
#define HOOKCAST_TESTS_INTEGRATION_CLIENT_EVENT_STREAM_CLIENT_H_

#include <chrono>
#include <deque>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/event_stream/event_stream_parser.h"
#include "tests/integration/client/chunk_reader.h"
#include "tests/integration/client/http_client.h"

namespace hookcast::testing {

class Socket;

// One connection. The destructor ends it (FIN).
// Thread: any one at a time.
class EventStreamClient {
 public:
  using Event = EventStreamParser::Event;

  struct Options {
    // Sent after Host and `Accept: text/event-stream`; one that names one of these replaces it.
    HttpHeaders headers;
    std::string version = "HTTP/1.1";
    std::chrono::milliseconds timeout{10000};  // of each operation, and of connecting
    std::string source_address;                // an IPv4 address to bind to; "" for any
  };

  // How the stream ended. kWhole: with its last chunk, or, where it has no chunks, with the
  // connection. kCut: the connection ended (FIN) within the chunked body. kReset: by RST.
  enum class End { kWhole, kCut, kReset };

  // Sends GET and reads the response's head. Checks 200 and the content type.
  // Errors: UNAVAILABLE (could not connect), FAILED_PRECONDITION ("HTTP 401 Unauthorized: <body>",
  // the server refused), DATA_LOSS (no event stream), DEADLINE_EXCEEDED.
  static absl::StatusOr<std::unique_ptr<EventStreamClient>> Connect(const std::string& host_port,
                                                                    const std::string& target,
                                                                    Options options);
  static absl::StatusOr<std::unique_ptr<EventStreamClient>> Connect(const std::string& host_port,
                                                                    const std::string& target);

  ~EventStreamClient();
  EventStreamClient(const EventStreamClient&) = delete;
  EventStreamClient& operator=(const EventStreamClient&) = delete;

  // The answer to the request; its body is empty.
  const HttpResponse& response() const { return response_; }
  // Comments, blocks without data, the last event id and the retry, as of what was read so far.
  // Events that Receive has not returned yet may be among that.
  const EventStreamParser& parser() const { return parser_; }
  // All bytes of the body that were read so far, without chunks.
  const std::string& body() const { return body_; }
  const ChunkReader& chunks() const { return chunks_; }

  // The next event, whatever it is.
  // Errors: DEADLINE_EXCEEDED (none within the timeout; call again), OUT_OF_RANGE (the stream has
  // ended: AwaitEnd tells how), DATA_LOSS (the server broke RFC 9112).
  absl::StatusOr<Event> Receive();
  absl::StatusOr<Event> Receive(std::chrono::milliseconds timeout);
  // The same, but skips what the node says itself: events whose names begin with "hookcast.", but
  // for hookcast.binary, which carries what others say.
  absl::StatusOr<Event> ReceiveMessage();

  // Reads on until `holds` is true, asked first and after each read. Events that come stay for
  // Receive. Errors: as Receive.
  absl::Status Await(absl::FunctionRef<bool(const EventStreamClient&)> holds);

  // Reads on to the end; events that come stay for Receive. Errors: DEADLINE_EXCEEDED, DATA_LOSS.
  absl::StatusOr<End> AwaitEnd();

  void Reset();        // RST
  void CloseSocket();  // FIN, both ways
  int fd() const;      // -1 after Reset or CloseSocket

 private:
  EventStreamClient(std::unique_ptr<Socket> socket, HttpResponse response,
                    std::chrono::milliseconds timeout);
  absl::Status Take(std::string_view bytes);
  // Reads once. Errors: as Receive.
  absl::Status ReadMore(std::chrono::steady_clock::time_point deadline);

  const std::unique_ptr<Socket> socket_;
  const HttpResponse response_;
  const std::chrono::milliseconds timeout_;
  const bool chunked_;
  ChunkReader chunks_;
  EventStreamParser parser_;
  std::string body_;
  std::deque<Event> events_;
  bool ended_ = false;
  End end_ = End::kWhole;  // once ended
};

}  // namespace hookcast::testing

#endif  // HOOKCAST_TESTS_INTEGRATION_CLIENT_EVENT_STREAM_CLIENT_H_

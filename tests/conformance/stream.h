#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/rule.h"
#include "tests/event_stream/event_stream_parser.h"
#include "tests/integration/client/chunk_reader.h"
#include "tests/integration/client/http_client.h"
#include "tests/integration/client/socket.h"
#include "tests/integration/node_process.h"

namespace hookcast::conformance {

using Seen = testing::EventStreamParser::Event;

// The namespace and the topic in which the rows of event streams publish: their routes' peers are
// subscribed to it.
inline constexpr std::string_view kStreamNamespace = "conformance";
inline constexpr std::string_view kStreamTopic = "t";

// A GET with Accept: text/event-stream.
Request StreamRequest(std::string target = "/events");

// A client of event streams that sends any request and reads strictly: the chunked coding by the
// letter, no byte of it but whole blocks, and each of them as a browser does.
//
// Thread: one at a time.
class Stream {
 public:
  // Sends the request, and reads the response's head. Null where the server could not be reached or
  // did not answer.
  static std::unique_ptr<Stream> Open(const std::string& host_port, const Request& request,
                                      bool chopped);

  const testing::HttpResponse& response() const { return response_; }
  // The next block, with its empty line, and the events that a browser has seen with it. Empty
  // where none came.
  std::string NextBlock();
  std::vector<Seen> TakeEvents() { return parser_.TakeEvents(); }
  const testing::EventStreamParser& parser() const { return parser_; }
  // "" where nothing more came, and the body and the connection ended as they have to: the body of
  // a stream by its last chunk where it is chunked.
  std::string AwaitEnd();
  // All that came behind the head, as it was on the wire.
  const std::string& raw() const { return raw_; }

 private:
  // False at the end, or where `wrong_` says more.
  bool Read();

  std::unique_ptr<testing::Socket> socket_;
  testing::HttpResponse response_;
  bool chunked_ = false;
  std::string raw_;
  testing::ChunkReader chunks_;
  std::string body_;  // of it what was not taken yet
  testing::EventStreamParser parser_;
  std::string wrong_;
  bool at_end_ = false;
};

// Publishes to those of kStreamTopic. `data`: hookcast.v1.Data in JSON. The answer to the call.
absl::StatusOr<testing::HttpResponse> PublishTo(testing::NodeProcess& node, std::string_view data);

// "" where the stream begins as it has to: 200 with the headers of event streams and these, and the
// event hookcast.open. Its data, JSON, go into *open, where that is not null.
std::string CheckBeginning(Stream& stream, const Request& request,
                           const std::vector<HeaderIs>& headers, std::string* open = nullptr);
// "" where what is published next is what the client sees next.
std::string CheckItIsNext(testing::NodeProcess& node, Stream& stream);

// The request is answered by an event stream, on which what is published arrives.
Case Streams(std::string name, Request request, std::vector<HeaderIs> headers = {});
// What is published with these data comes as this block, and as this event to a browser.
struct Published {
  std::string data;
  std::string block;
  Seen seen;
};
Case Delivers(std::string name, std::vector<Published> published);
// Nobody can publish these data: INVALID_ARGUMENT, and no client sees anything.
Case RefusesData(std::string name, std::string data);
// The request is answered with that status, without a stream, and the connection ends. A body of
// 200 or 204 has to be empty.
Case Answers(std::string name, Request request, int status, std::vector<HeaderIs> headers = {});

}  // namespace hookcast::conformance

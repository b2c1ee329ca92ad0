// The messages that clients of event streams post: RFC 9110, for a protocol of our own.

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/conformance/player.h"
#include "tests/conformance/stream.h"
#include "tests/conformance/tables.h"

namespace hookcast::conformance {
namespace {

using testing::HttpHeaders;
using testing::NodeProcess;

// A post by a client that has an event stream, on the node's /echo-stream unless said otherwise.
struct Post {
  std::string body = "hello";
  HttpHeaders headers;        // beside Hookcast-Peer
  std::string secret;         // in place of the right one, where it is not empty
  std::string named;          // in place of the peer and its secret
  std::string other_path;     // where it is posted, if elsewhere
  bool stream_ended = false;  // before the post
  int times = 1;              // until one is refused, at most
  std::string target = "/echo-stream";
};

std::string Ask(NodeProcess& node, const Post& post, int status, const std::string& block,
                const std::vector<HeaderIs>& headers) {
  const Request request = StreamRequest(post.target);
  auto stream = Stream::Open(node.clients(), request, false);
  if (stream == nullptr) return "no answer";
  std::string open;
  if (std::string wrong = CheckBeginning(*stream, request, {}, &open); !wrong.empty()) return wrong;
  const auto json = nlohmann::json::parse(open, nullptr, false);
  const std::string peer = json.value("peer", "");
  const std::string secret = post.secret.empty() ? json.value("secret", "") : post.secret;
  if (secret.empty()) return "hookcast.open has no secret";
  if (post.stream_ended) {
    stream.reset();
    if (!node.MetricBecomes("hookcast_peers", 0)) return "the peer stays";
  }
  HttpHeaders all = {
      {"Hookcast-Peer", post.named.empty() ? absl::StrCat(peer, ".", secret) : post.named}};
  all.insert(all.end(), post.headers.begin(), post.headers.end());
  absl::StatusOr<testing::HttpResponse> answer;
  for (int i = 0; i < post.times; ++i) {
    answer = testing::HttpRequest(node.clients(), "POST",
                                  post.other_path.empty() ? post.target : post.other_path, all,
                                  post.body);
    if (!answer.ok()) return std::string(answer.status().message());
    if (answer->status != 202) break;
  }
  if (answer->status != status) {
    return absl::StrCat("expected status ", status, ", got ", answer->status, " ", answer->body);
  }
  if (answer->status != 202 && answer->body.empty()) return "a refusal says nothing of the reason";
  if (std::string wrong = CheckHeaders(*answer, headers); !wrong.empty()) return wrong;
  if (block.empty()) return "";
  const std::string came = stream->NextBlock();
  return came == block ? "" : absl::StrCat("expected ", block, ", got ", came);
}

// The message comes back as this block.
Case Echoes(std::string name, Post post, std::string block) {
  Case row;
  row.name = std::move(name);
  row.chopped = false;
  row.play = [post = std::move(post), block = std::move(block)](NodeProcess& node, bool) {
    return Ask(node, post, 202, block, {{"Access-Control-Allow-Origin", "*"}});
  };
  return row;
}

Case RefusesPost(std::string name, Post post, int status, std::vector<HeaderIs> headers = {}) {
  Case row;
  row.name = std::move(name);
  row.outcome = absl::StrCat(status);
  row.refused = true;
  row.chopped = false;
  headers.emplace_back("Access-Control-Allow-Origin", "*");
  row.play = [post = std::move(post), status, headers = std::move(headers)](
                 NodeProcess& node, bool) { return Ask(node, post, status, "", headers); };
  return row;
}

Post Typed(std::string type, std::string body = "hello") {
  return {.body = std::move(body), .headers = {{"Content-Type", std::move(type)}}};
}

}  // namespace

Table PostTable() {
  const std::string hello = "data: hello\n\n";
  const std::string binary = "event: hookcast.binary\ndata: aGVsbG8=\n\n";
  return {
      .name = "Post",
      .about =
          "RFC 9110, sections 9.3.3 and 15: messages that clients of event streams post, here "
          "of at most 64 bytes, to a route that sends them back.",
      .config = R"(
shards: 2
routes:
  - { path: /echo, static: { on_message: echo } }
  - { path: /echo-stream, transports: [sse], static: { on_message: echo }, limits: { message: 64 } }
  - { path: /slow-stream, transports: [sse], static: { on_message: echo },
      limits: { message: 64, messages_per_second: 1 } }
  - { path: /silent-stream, transports: [sse], static: {} }
)",
      .rules = {
          {"15.3.3",
           "A message of a peer that says its secret is 202 once it waits for its hook; the peer "
           "is "
           "told both by hookcast.open",
           {Echoes("Message", {}, hello), Echoes("EmptyMessage", {.body = ""}, "data: \n\n"),
            Echoes("LargestMessage", {.body = std::string(64, 'x')},
                   absl::StrCat("data: ", std::string(64, 'x'), "\n\n")),
            RefusesPost("OtherSecret", {.secret = "00000000000000000000000000000000"}, 404),
            RefusesPost("SecretCutShort", {.secret = "0"}, 404),
            RefusesPost("NoSuchPeer", {.named = "0123456789abcdef-0-1.secret"}, 404),
            RefusesPost("PeerThatIsNoId", {.named = "me"}, 404),
            RefusesPost("StreamThatEnded", {.stream_ended = true}, 404),
            RefusesPost("PathOfAnotherStream", {.other_path = "/slow-stream"}, 404)}},
          {"8.3",
           "A body is text by its |Content-Type|, or where there is none, and binary else; text is "
           "UTF-8",
           {Echoes("Text", Typed("text/plain;charset=UTF-8"), hello),
            Echoes("Json", Typed("application/json"), hello),
            Echoes("JsonOfAKind", Typed("application/ld+json"), hello),
            Echoes("TypeInUpperCase", Typed("TEXT/PLAIN"), hello),
            Echoes("Utf8", Typed("text/plain", "caf\xC3\xA9"), "data: caf\xC3\xA9\n\n"),
            Echoes("Bytes", Typed("application/octet-stream"), binary),
            Echoes("BytesOfAnotherType", Typed("image/png"), binary),
            RefusesPost("NotUtf8", Typed("text/plain", "a\xFF"), 400)}},
          {"15.5.14",
           "A message beyond the peer's limit is 413",
           {Echoes("WithinTheLimit", {}, hello),
            RefusesPost("OneByteMore", {.body = std::string(65, 'x')}, 413),
            RefusesPost("MegabytesMore", {.body = std::string(1 << 20, 'x')}, 413)}},
          {"15.5.16",
           "An encoded body is 415",
           {Echoes("Identity", {.headers = {{"Content-Encoding", "identity"}}}, hello),
            RefusesPost("Gzip", {.headers = {{"Content-Encoding", "gzip"}}}, 415)}},
          {"6585 4",
           "A client that posts faster than its route allows is 429, with |Retry-After|",
           {Echoes("AsFastAsAllowed", {.target = "/slow-stream"}, hello),
            RefusesPost("Faster", {.times = 20, .target = "/slow-stream"}, 429,
                        {{"Retry-After", "1"}})}},
          {"15.5.1",
           "A request that does not say whose message it is, or says it twice, is 400",
           {Echoes("SaysIt", {}, hello),
            RefusesPost("SaysItTwice",
                        {.headers = {{"hookcast-peer", "0123456789abcdef-0-1.secret"}}}, 400)}},
      }};
}

}  // namespace hookcast::conformance

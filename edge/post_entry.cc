#include "edge/post_entry.h"

#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "broker/base/utf8.h"
#include "edge/session.h"

namespace hookcast::edge {
namespace {

using pubsub::DataKind;

// Whom a request names, if its secret is right.
std::optional<PeerId> PeerOf(const HttpRequest& request, const PeerSecrets& secrets) {
  const std::string_view named = request.Values("Hookcast-Peer")[0];
  const size_t dot = named.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::optional<PeerId> peer = PeerId::Parse(named.substr(0, dot));
  if (!peer || !secrets.Matches(*peer, named.substr(dot + 1))) return std::nullopt;
  return peer;
}

DataKind KindOf(const HttpRequest& request) {
  const std::vector<std::string_view> types = request.Values("Content-Type");
  if (types.empty()) return DataKind::kText;
  const std::string_view type = types[0].substr(0, types[0].find(';'));
  const std::string name = absl::AsciiStrToLower(
      absl::StripAsciiWhitespace(absl::string_view(type.data(), type.size())));
  const bool text = name.empty() || name.starts_with("text/") || name == "application/json" ||
                    name.ends_with("+json") || name == "application/x-www-form-urlencoded";
  return text ? DataKind::kText : DataKind::kBinary;
}

bool IsLonger(const HttpRequest& request, size_t limit) {
  const std::vector<std::string_view> lengths = request.Values("Content-Length");
  if (lengths.empty()) return false;  // chunked; looked at once it is read
  size_t length = 0;
  const auto [end, error] =
      std::from_chars(lengths[0].data(), lengths[0].data() + lengths[0].size(), length);
  return error != std::errc() || length > limit;
}

HttpResponse TooLarge() {
  return HttpResponse::Text(413, "The message is larger than this peer may send.");
}

HttpResponse NoSuchPeer() {
  return HttpResponse::Text(
      404, "No event stream of this path has this peer and secret; it may have ended.");
}

HttpResponse TooMuch() {
  HttpResponse response =
      HttpResponse::Text(429, "The messages before this one are not worked on yet; try again.");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

std::pair<metrics::Post, HttpResponse> AnswerTo(Session::Posted posted) {
  switch (posted) {
    case Session::Posted::kTaken:
      return {metrics::Post::kTaken, HttpResponse{202, {}, ""}};
    case Session::Posted::kTooLarge:
      return {metrics::Post::kRefused, TooLarge()};
    case Session::Posted::kTooMuch:
      return {metrics::Post::kWindowFull, TooMuch()};
    case Session::Posted::kUnknown:
      break;
  }
  return {metrics::Post::kUnknown, NoSuchPeer()};
}

}  // namespace

std::optional<HttpResponse> PostEntry::Refuse(const config::Route& route,
                                              const HttpRequest& request) const {
  if (request.Values("Hookcast-Peer").size() != 1) {
    return HttpResponse::Text(
        400,
        "A message has to say whose it is, in one header: Hookcast-Peer: <peer>.<secret>, as the "
        "stream's first event, hookcast.open, has them.");
  }
  if (!PeerOf(request, shard_->peer_secrets())) return NoSuchPeer();
  for (const std::string_view encoding : request.Values("Content-Encoding")) {
    if (absl::EqualsIgnoreCase({encoding.data(), encoding.size()}, "identity")) continue;
    return HttpResponse::Text(415, "A message is taken as it is; leave Content-Encoding out.");
  }
  if (IsLonger(request, route.limits.message)) return TooLarge();
  return std::nullopt;
}

void PostEntry::Take(ConnectionId id, const config::Route& route, HttpRequest request,
                     HttpHeaders headers) {
  if (auto refusal = Refuse(route, request)) {
    const auto result = refusal->status == 404 ? metrics::Post::kUnknown : metrics::Post::kRefused;
    return Answer(id, headers, result, *std::move(refusal));
  }
  const DataKind kind = KindOf(request);
  if (kind == DataKind::kText && !IsValidUtf8(request.body)) {
    return Answer(id, headers, metrics::Post::kRefused,
                  HttpResponse::Text(400,
                                     "The message is not UTF-8; say Content-Type: "
                                     "application/octet-stream for bytes."));
  }
  const PeerId peer = *PeerOf(request, shard_->peer_secrets());
  shard_->WithSession(peer, [this, id, kind, request = std::move(request),
                             headers = std::move(headers)](Session* session) mutable {
    const auto posted = session == nullptr ? Session::Posted::kUnknown
                                           : session->Post(request.path(), kind, request.body);
    ShardLoop& home = shard_->reactor().loop();
    const auto answer = [this, id, posted, headers = std::move(headers)] {
      auto [result, response] = AnswerTo(posted);
      Answer(id, headers, result, std::move(response));
    };
    if (home.InLoop()) return answer();
    home.Post(answer);
  });
}

void PostEntry::Answer(ConnectionId id, const HttpHeaders& headers, metrics::Post result,
                       HttpResponse response) {
  shard_->metrics().posts.Add(result);
  response.headers.insert(response.headers.end(), headers.begin(), headers.end());
  server_->Respond(id, response);
}

}  // namespace hookcast::edge

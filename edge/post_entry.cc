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

// What the request says of its body's length; null for chunks.
std::optional<size_t> LengthOf(const HttpRequest& request) {
  const std::vector<std::string_view> lengths = request.Values("Content-Length");
  if (lengths.empty()) return std::nullopt;
  size_t length = 0;
  const auto [end, error] =
      std::from_chars(lengths[0].data(), lengths[0].data() + lengths[0].size(), length);
  return error == std::errc() ? length : SIZE_MAX;
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
      HttpResponse::Text(429, "More waits, or came of late, than this peer may send; try again.");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

HttpResponse Later(const char* why) {
  HttpResponse response = HttpResponse::Text(503, why);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

HttpResponse NodeAway() {
  return Later("The node of this event stream did not answer; try again.");
}

PostOutcome OutcomeOf(Session::Posted posted) {
  switch (posted) {
    case Session::Posted::kTaken:
      return PostOutcome::kTaken;
    case Session::Posted::kTooLarge:
      return PostOutcome::kTooLarge;
    case Session::Posted::kTooMuch:
      return PostOutcome::kTooMuch;
    case Session::Posted::kUnknown:
      break;
  }
  return PostOutcome::kUnknown;
}

HttpResponse AnswerTo(PostOutcome outcome) {
  switch (outcome) {
    case PostOutcome::kTaken:
      return {202, {}, ""};
    case PostOutcome::kTooLarge:
      return TooLarge();
    case PostOutcome::kTooMuch:
      return TooMuch();
    case PostOutcome::kUnreachable:
      return NodeAway();
    case PostOutcome::kTooMany:
      return Later("Too many messages come at once; try again.");
    case PostOutcome::kUnknown:
      break;
  }
  return NoSuchPeer();
}

metrics::Post ResultOf(const HttpResponse& answer) {
  switch (answer.status) {
    case 202:
      return metrics::Post::kTaken;
    case 404:
      return metrics::Post::kUnknown;
    case 429:
      return metrics::Post::kWindowFull;
    case 503:
      return metrics::Post::kUnavailable;
    default:
      return metrics::Post::kRefused;
  }
}

}  // namespace

std::variant<PostEntry::Sender, HttpResponse> PostEntry::SenderOf(
    const HttpRequest& request) const {
  using Holder = PostForwarding::Holder;
  const std::string_view named = request.Values("Hookcast-Peer")[0];
  const size_t dot = named.rfind('.');
  if (dot == std::string_view::npos) return NoSuchPeer();
  const std::optional<PeerId> peer = PeerId::Parse(named.substr(0, dot));
  if (!peer) return NoSuchPeer();
  const std::string_view secret = named.substr(dot + 1);
  const PostForwarding& others = shard_->post_forwarding();
  switch (others.holder_of == nullptr ? Holder::kHere : others.holder_of(peer->incarnation)) {
    case Holder::kHere:
      if (!shard_->peer_secrets().Matches(*peer, secret)) return NoSuchPeer();
      return Sender{*peer, secret, false};
    case Holder::kElsewhere:
      // Only its node can tell whether it is right; what cannot be is not sent there.
      if (!PeerSecrets::MayBeOne(secret)) return NoSuchPeer();
      return Sender{*peer, secret, true};
    case Holder::kNotKnown:
      return NodeAway();
    case Holder::kGone:
      break;
  }
  return NoSuchPeer();
}

std::variant<PostEntry::Sender, HttpResponse> PostEntry::Check(const config::Route& route,
                                                               const HttpRequest& request) const {
  if (request.Values("Hookcast-Peer").size() != 1) {
    return HttpResponse::Text(
        400,
        "A message has to say whose it is, in one header: Hookcast-Peer: <peer>.<secret>, as the "
        "stream's first event, hookcast.open, has them.");
  }
  auto sender = SenderOf(request);
  if (std::holds_alternative<HttpResponse>(sender)) return sender;
  for (const std::string_view encoding : request.Values("Content-Encoding")) {
    if (absl::EqualsIgnoreCase({encoding.data(), encoding.size()}, "identity")) continue;
    return HttpResponse::Text(415, "A message is taken as it is; leave Content-Encoding out.");
  }
  if (LengthOf(request).value_or(0) > route.limits.message) return TooLarge();
  return sender;
}

std::optional<HttpResponse> PostEntry::Await(ConnectionId id, const config::Route& route,
                                             const HttpRequest& head, size_t* body_limit) {
  auto checked = Check(route, head);
  if (auto* refusal = std::get_if<HttpResponse>(&checked)) return Counted(std::move(*refusal));
  const size_t bytes = LengthOf(head).value_or(route.limits.message);
  if (awaited_bytes_ != 0 && awaited_bytes_ + bytes > kMostAwaited) {
    return Counted(Later("Too many messages come at once; try again."));
  }
  awaited_.emplace(id, bytes);
  awaited_bytes_ += bytes;
  *body_limit = route.limits.message;
  return std::nullopt;
}

HttpResponse PostEntry::Counted(HttpResponse response) {
  shard_->metrics().posts.Add(ResultOf(response));
  return response;
}

void PostEntry::Release(ConnectionId id) {
  const auto found = awaited_.find(id);
  if (found == awaited_.end()) return;
  awaited_bytes_ -= found->second;
  awaited_.erase(found);
}

void PostEntry::Take(ConnectionId id, const config::Route& route, HttpRequest request,
                     HttpHeaders headers) {
  Release(id);
  auto checked = Check(route, request);
  if (auto* refusal = std::get_if<HttpResponse>(&checked)) {
    return Answer(id, headers, std::move(*refusal));
  }
  const Sender sender = std::get<Sender>(checked);
  const DataKind kind = KindOf(request);
  if (kind == DataKind::kText && !IsValidUtf8(request.body)) {
    return Answer(id, headers,
                  HttpResponse::Text(400,
                                     "The message is not UTF-8; say Content-Type: "
                                     "application/octet-stream for bytes."));
  }
  if (sender.elsewhere) {
    ForwardedPost post{sender.peer, std::string(sender.secret), std::string(request.path()), kind,
                       std::move(request.body)};
    return Forward(id, std::move(post), std::move(headers));
  }
  shard_->WithSession(sender.peer, [this, id, kind, request = std::move(request),
                                    headers = std::move(headers)](Session* session) mutable {
    const auto posted = session == nullptr ? Session::Posted::kUnknown
                                           : session->Post(request.path(), kind, request.body);
    ShardLoop& home = shard_->reactor().loop();
    const auto answer = [this, id, posted, headers = std::move(headers)] {
      Answer(id, headers, AnswerTo(OutcomeOf(posted)));
    };
    if (home.InLoop()) return answer();
    home.Post(answer);
  });
}

void PostEntry::Forward(ConnectionId id, ForwardedPost post, HttpHeaders headers) {
  shard_->post_forwarding().forward(std::move(post),
                                    [this, id, &home = shard_->reactor().loop(),
                                     headers = std::move(headers)](PostOutcome outcome) mutable {
                                      home.Post([this, id, outcome, headers = std::move(headers)] {
                                        Answer(id, headers, AnswerTo(outcome));
                                      });
                                    });
}

void PostEntry::Answer(ConnectionId id, const HttpHeaders& headers, HttpResponse answer) {
  HttpResponse response = Counted(std::move(answer));
  response.headers.insert(response.headers.end(), headers.begin(), headers.end());
  server_->Respond(id, response);
}

}  // namespace hookcast::edge

#include "edge/admission.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "broker/config/path_pattern.h"
#include "broker/pubsub/limits.h"
#include "edge/resume_request.h"
#include "edge/session.h"
#include "edge/websocket/json_envelope.h"
#include "edge/websocket/websocket_transport.h"

namespace hookcast::edge {
namespace {

using metrics::Refusal;

HttpLimits LimitsOf(const config::HttpConfig& http) {
  return {.header_bytes = http.max_header_bytes,
          .headers = static_cast<size_t>(http.max_headers),
          .target_bytes = http.max_target_bytes};
}

std::vector<websocket::HeaderView> ViewsOf(const HttpHeaders& headers) {
  std::vector<websocket::HeaderView> views;
  views.reserve(headers.size());
  for (const auto& [name, value] : headers) views.push_back({name, value});
  return views;
}

HttpResponse ShuttingDown() {
  return HttpResponse::Text(503, "The node is shutting down; connect again.");
}

// RFC 9112 section 3.2.2: a server takes the absolute form as well, and means its path.
std::string OriginForm(std::string target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!absl::StartsWithIgnoreCase(target, {scheme.data(), scheme.size()})) continue;
    const size_t path = target.find_first_of("/?", scheme.size());
    if (path == std::string::npos) return "/";
    return target[path] == '?' ? "/" + target.substr(path) : target.substr(path);
  }
  return target;
}

// A route's limit, narrowed by what the application said for this peer.
template <typename T, typename U>
T Narrowed(T route, U peer) {
  return peer == 0 ? route : static_cast<T>(std::min<uint64_t>(route, peer));
}

// What was agreed on with a client that offers permessage-deflate, where the route has it.
const websocket::DeflateAgreement* AgreedOn(const config::Route& route,
                                            const websocket::Handshake& handshake) {
  const bool wanted = route.compression.mode != config::CompressionMode::kOff;
  return wanted && handshake.deflate ? &*handshake.deflate : nullptr;
}

WebSocketForm FormOf(const config::Route& route, const std::string& subprotocol,
                     const websocket::DeflateAgreement* deflate) {
  WebSocketForm form{.json = subprotocol == websocket::kJsonSubprotocol};
  if (deflate == nullptr) return form;
  form.window_bits = deflate->window_bits;
  if (route.compression.mode == config::CompressionMode::kAlways) {
    form.compress_from = static_cast<uint32_t>(route.compression.threshold);
  }
  return form;
}

std::string SwitchingProtocols(const websocket::Handshake& handshake, const hooks::Accept& accept,
                               const websocket::DeflateAgreement* deflate) {
  std::string head = absl::StrCat(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: ",
      handshake.accept, "\r\n");
  if (!accept.subprotocol.empty()) {
    absl::StrAppend(&head, "Sec-WebSocket-Protocol: ", accept.subprotocol, "\r\n");
  }
  if (deflate != nullptr) {
    absl::StrAppend(&head, "Sec-WebSocket-Extensions: ", std::string(deflate->answer), "\r\n");
  }
  for (const auto& [name, value] : accept.headers) {
    absl::StrAppend(&head, name, ": ", value, "\r\n");
  }
  return head.append("\r\n");
}

}  // namespace

Admission::Admission(Shard* shard)
    : shard_(shard),
      server_(&shard->reactor(), this, LimitsOf(shard->config().http),
              shard->config().http.header_timeout) {}

Admission::~Admission() = default;

void Admission::Shutdown() {
  std::vector<ConnectionId> waiting;
  for (const auto& [id, pending] : pending_) waiting.push_back(id);
  for (const ConnectionId id : waiting) {
    pending_.erase(id);
    Refuse(id, Refusal::kShutdown, ShuttingDown());
  }
  server_.CloseAll();
}

void Admission::OnRequest(HttpServer& server, ConnectionId id, HttpRequest request) {
  if (shard_->closing()) {
    return Refuse(id, Refusal::kShutdown, ShuttingDown());
  }
  if (shard_->too_many_leaving()) {
    return Refuse(id, Refusal::kHookFailed,
                  HttpResponse::Text(503, "Too much waits for the application; try again."));
  }
  request.target = OriginForm(std::move(request.target));
  if (!absl::StartsWith(request.target, "/")) {
    return Refuse(id, Refusal::kMalformed,
                  HttpResponse::Text(400, "The request's target has to begin with a slash."));
  }
  config::Params params;
  const config::Route* route = shard_->routes().Match(request.path(), &params);
  if (route == nullptr) {
    return Refuse(id, Refusal::kNoRoute, HttpResponse::Text(404, "No route has this path."));
  }
  const std::vector<websocket::HeaderView> headers = ViewsOf(request.headers);
  auto checked =
      websocket::CheckHandshake({request.method, request.version, request.target, headers});
  if (auto* rejection = std::get_if<websocket::HandshakeRejection>(&checked)) {
    HttpResponse response = HttpResponse::Text(rejection->status, rejection->body);
    for (auto& header : rejection->headers) response.headers.push_back(std::move(header));
    return Refuse(id, Refusal::kMalformed, response);
  }

  auto facts = std::make_unique<pubsub::PeerFacts>();
  facts->ns = route->namespace_template.empty()
                  ? std::string(request.path())
                  : config::ExpandTemplate(route->namespace_template, params, request.path());
  if (absl::Status status = pubsub::CheckNamespace(facts->ns); !status.ok()) {
    return Refuse(
        id, Refusal::kTooLarge,
        HttpResponse::Text(
            414, absl::StrCat("The path is too long: ", std::string(status.message()), ".")));
  }
  ClientAddress client =
      shard_->entry_rules().AddressOf(server.remote_address(id), request.headers);
  auto entered = shard_->entry_rules().Enter(*route, request, client, shard_->reactor().Now());
  if (const auto* refusal = std::get_if<EntryRefusal>(&entered)) {
    return Refuse(id, refusal->cause, refusal->response);
  }
  std::string resume_text = ResumeTextOf(request);
  facts->target = std::move(request.target);
  for (const auto& [name, value] : request.headers) facts->headers.Add(name, value);
  facts->headers.ShrinkToFit();
  facts->remote_address = std::move(client.text);
  facts->tls = client.tls;
  facts->route = route->path;
  facts->params = std::move(params);

  RouteBinding& binding = shard_->BindingOf(*route);
  pending_.emplace(id, Pending{&binding, shard_->hub().NextPeerId(), std::move(facts),
                               std::get<websocket::Handshake>(std::move(checked)),
                               std::get<EntryRules::Place>(std::move(entered)),
                                  std::move(resume_text)});
  AskUpgrade(id);
}

void Admission::AskUpgrade(ConnectionId id) {
  const Pending& pending = pending_.at(id);
  if (!pending.binding->policy.Wants(hooks::Hook::kUpgrade)) {
    return OnVerdict(id, hooks::UpgradeVerdict(hooks::Accept{}));
  }
  shard_->metrics().hooks_sent.Add(hooks::Hook::kUpgrade);
  shard_->metrics().hooks_in_flight.Add(1);
  const hooks::UpgradeEvent event{pending.peer, pending.facts.get(),
                                  &pending.handshake.offered_subprotocols};
  pending.binding->client->Upgrade(
      event, pending.binding->policy.deadline(hooks::Hook::kUpgrade),
      [this, id](absl::StatusOr<hooks::UpgradeVerdict> verdict) {
        shard_->metrics().hooks_in_flight.Add(-1);
        shard_->metrics().hook_results.Add(hooks::ResultOf(verdict.status()));
        OnVerdict(id, std::move(verdict));
      });
}

void Admission::OnVerdict(ConnectionId id, absl::StatusOr<hooks::UpgradeVerdict> verdict) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;  // the client left meanwhile
  Pending pending = std::move(found->second);
  pending_.erase(found);

  absl::Status status = verdict.status();
  if (status.ok()) status = hooks::CheckVerdict(*verdict, pending.binding->route->limits.context);
  if (!status.ok()) return OnHookFailure(id, pending, status);
  if (auto* reject = std::get_if<hooks::Reject>(&*verdict)) return Reject(id, std::move(*reject));

  auto& accept = std::get<hooks::Accept>(*verdict);
  const auto& offered = pending.handshake.offered_subprotocols;
  const auto was_offered = [&](std::string_view name) {
    return std::find(offered.begin(), offered.end(), name) != offered.end();
  };
  // The broker's own: the application need not know it.
  if (accept.subprotocol.empty() && was_offered(websocket::kJsonSubprotocol)) {
    accept.subprotocol = websocket::kJsonSubprotocol;
  }
  if (!accept.subprotocol.empty() && !was_offered(accept.subprotocol)) {
    return OnHookFailure(id, pending,
                         absl::InvalidArgumentError(absl::StrCat(
                             "the application chose the subprotocol \"",
                             absl::CHexEscape(accept.subprotocol), "\", which was not offered")));
  }
  if (shard_->closing()) {
    return Refuse(id, Refusal::kShutdown, ShuttingDown());
  }
  Admit(id, std::move(pending), std::move(accept));
}

// An application that cannot be asked is 503, and UNIMPLEMENTED is no consent: a proxy's bare 404
// looks the same. One that answers nonsense, or an error of its own, is 500.
void Admission::OnHookFailure(ConnectionId id, const Pending& pending, const absl::Status& status) {
  const bool unreachable = status.code() == absl::StatusCode::kUnavailable ||
                           status.code() == absl::StatusCode::kDeadlineExceeded ||
                           status.code() == absl::StatusCode::kUnimplemented;
  shard_->WarnOfHook(pending.binding, metrics::NameOf(hooks::Hook::kUpgrade), status);
  Refuse(id, Refusal::kHookFailed,
         unreachable ? HttpResponse::Text(503, "The application did not answer; try again.")
                     : HttpResponse::Text(500, "The application answered with an error."));
}

void Admission::Reject(ConnectionId id, hooks::Reject reject) {
  HttpResponse response{reject.status, std::move(reject.headers), std::move(reject.body)};
  const bool typed = std::any_of(
      response.headers.begin(), response.headers.end(),
      [](const auto& header) { return absl::EqualsIgnoreCase(header.first, "content-type"); });
  if (!typed && !response.body.empty()) {
    response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  }
  Refuse(id, Refusal::kByApplication, response);
}

void Admission::Admit(ConnectionId id, Pending pending, hooks::Accept accept) {
  std::optional<Detached> connection = server_.Detach(id);
  if (!connection) return;
  connection->socket.Occupy(std::move(pending.place));
  if (accept.ns) pending.facts->ns = *std::move(accept.ns);
  pending.facts->subprotocol = accept.subprotocol;
  pending.facts->connected_at = Clock::System().WallNow();

  const config::Route& route = *pending.binding->route;
  // A client that did not await the answer (section 4.1) has not compressed what it sent, and
  // as much of it as a turn should not inflate is read in one.
  const bool waited = connection->rest.size() <= WebSocketTransport::kCompressedRead;
  const websocket::DeflateAgreement* const deflate =
      waited ? AgreedOn(route, pending.handshake) : nullptr;
  WebSocketOptions options{
      .form = FormOf(route, pending.facts->subprotocol, deflate),
      .reader = {.max_message_bytes =
                     Narrowed(route.limits.message, accept.limits.max_message_bytes),
                 .max_fragments = static_cast<uint32_t>(route.limits.fragments),
                 .allow_compressed = deflate != nullptr},
      .max_queue_bytes = Narrowed(route.limits.queue, accept.limits.max_queue_bytes),
      .slow_peer = route.slow_peer};
  const std::string head = SwitchingProtocols(pending.handshake, accept, deflate);
  auto session = std::make_unique<Session>(
      shard_, pending.binding, pending.peer,
      Narrowed(static_cast<uint32_t>(route.limits.topics), accept.limits.max_topics),
      std::move(pending.facts), std::move(accept.context));
  auto transport = std::make_unique<WebSocketTransport>(shard_, session.get(),
                                                        std::move(connection->socket), options);
  Session* const started = session.get();
  WebSocketTransport* const reading = transport.get();
  shard_->Keep(std::move(session));
  // The response leads the queue, so that what the open hook's reply sends comes behind it.
  reading->Start(head);
  reading->Greet(started->id());
  // Without envelopes a client cannot learn a position.
  started->Start(std::move(transport), options.form.json ? pending.resume_text : std::string());
  reading->ReadOn(connection->rest);
}

void Admission::Refuse(ConnectionId id, Refusal cause, const HttpResponse& response) {
  shard_->metrics().refused.Add(cause);
  server_.Respond(id, response);
}

// What the handler refused itself is counted already, by cause.
void Admission::OnEnded(ConnectionId id, HttpEnding how) {
  pending_.erase(id);
  switch (how) {
    case HttpEnding::kMalformed:
      return shard_->metrics().refused.Add(Refusal::kMalformed);
    case HttpEnding::kTooLarge:
      return shard_->metrics().refused.Add(Refusal::kTooLarge);
    case HttpEnding::kTimeout:
      return shard_->metrics().refused.Add(Refusal::kTimeout);
    case HttpEnding::kGone:
      return shard_->metrics().refused.Add(Refusal::kGone);
    case HttpEnding::kShutdown:
      return shard_->metrics().refused.Add(Refusal::kShutdown);
    case HttpEnding::kAnswered:
    case HttpEnding::kDetached:
      return;
  }
}

}  // namespace hookcast::edge

#include "edge/admission.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "broker/config/path_pattern.h"
#include "broker/pubsub/limits.h"
#include "edge/cors.h"
#include "edge/resume_request.h"
#include "edge/sse_entry.h"
#include "edge/websocket/json_envelope.h"
#include "edge/websocket_entry.h"

namespace hookcast::edge {
namespace {

using metrics::Refusal;

HttpResponse NoMoreClients() {
  HttpResponse response =
      HttpResponse::Text(503, "This node takes no more clients; connect again.");
  response.headers.emplace_back("Retry-After", "1");
  return response;
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

bool HasEventStreams(const config::Route& route) {
  return std::find(route.transports.begin(), route.transports.end(), config::TransportKind::kSse) !=
         route.transports.end();
}

// The largest message that a client may post somewhere; 0 where nobody may.
size_t LargestPost(const config::Config& config) {
  size_t largest = 0;
  for (const config::Route& route : config.routes) {
    if (HasEventStreams(route)) largest = std::max(largest, route.limits.message);
  }
  return largest;
}

HttpLimits LimitsOf(const config::Config& config) {
  return {.header_bytes = config.http.max_header_bytes,
          .headers = static_cast<size_t>(config.http.max_headers),
          .target_bytes = config.http.max_target_bytes,
          .body_bytes = LargestPost(config)};
}

HttpResponse With(HttpResponse response, const HttpHeaders& headers) {
  response.headers.insert(response.headers.end(), headers.begin(), headers.end());
  return response;
}

}  // namespace

Admission::Admission(Shard* shard)
    : shard_(shard),
      server_(&shard->reactor(), this, LimitsOf(shard->config()),
              shard->config().http.header_timeout),
      posts_(shard, &server_) {}

Admission::~Admission() = default;

void Admission::RefuseWaiting() {
  std::vector<ConnectionId> waiting;
  for (const auto& [id, pending] : pending_) waiting.push_back(id);
  for (const ConnectionId id : waiting) {
    pending_.erase(id);
    Refuse(id, Refusal::kShutdown, NoMoreClients());
  }
}

void Admission::Shutdown() {
  RefuseWaiting();
  server_.CloseAll();
}

const std::vector<std::string>& Admission::Pending::offered() const {
  static const auto* const none = new std::vector<std::string>;
  const auto* handshake = std::get_if<websocket::Handshake>(&wants);
  return handshake == nullptr ? *none : handshake->offered_subprotocols;
}

std::variant<Admission::Matched, EntryRefusal> Admission::Match(HttpRequest* request) {
  request->target = OriginForm(std::move(request->target));
  if (!absl::StartsWith(request->target, "/")) {
    return EntryRefusal{Refusal::kMalformed,
                        HttpResponse::Text(400, "The request's target has to begin with a slash.")};
  }
  Matched matched{};
  matched.route = shard_->routes().Match(request->path(), &matched.params);
  if (matched.route == nullptr) {
    return EntryRefusal{Refusal::kNoRoute, HttpResponse::Text(404, "No route has this path.")};
  }
  matched.binding = &shard_->BindingOf(*matched.route);
  if (HasEventStreams(*matched.route)) {
    if (auto refusal = shard_->entry_rules().CheckOrigin(*matched.route, *request)) {
      return *std::move(refusal);
    }
    matched.cors = CorsHeaders(*matched.route, *request);
  }
  return matched;
}

// A body is read for those alone who may post one.
std::optional<HttpResponse> Admission::OnHead(ConnectionId id, const HttpRequest& head,
                                              size_t* body_limit) {
  HttpRequest request = head;
  auto found = Match(&request);
  if (auto* refusal = std::get_if<EntryRefusal>(&found)) {
    shard_->metrics().refused.Add(refusal->cause);
    return std::move(refusal->response);
  }
  const Matched& matched = std::get<Matched>(found);
  Negotiated wants = Negotiate(*matched.route, matched.posts(), request);
  if (std::holds_alternative<WantsPost>(wants)) {
    auto refusal = posts_.Await(id, *matched.route, request, body_limit);
    if (!refusal) return std::nullopt;
    return With(*std::move(refusal), matched.cors);
  }
  if (shard_->closing()) return NoMoreClients();
  shard_->metrics().refused.Add(Refusal::kMalformed);
  if (auto* refusal = std::get_if<HttpResponse>(&wants)) {
    return With(std::move(*refusal), matched.cors);
  }
  return With(HttpResponse::Text(413, "The request has a body; this request takes none."),
              matched.cors);
}

void Admission::OnRequest(HttpServer&, ConnectionId id, HttpRequest request) {
  if (shard_->too_many_leaving()) {
    return Refuse(id, Refusal::kHookFailed,
                  HttpResponse::Text(503, "Too much waits for the application; try again."));
  }
  auto found = Match(&request);
  if (const auto* refusal = std::get_if<EntryRefusal>(&found)) {
    return Refuse(id, refusal->cause, refusal->response);
  }
  Matched matched = std::get<Matched>(std::move(found));
  Negotiated wants = Negotiate(*matched.route, matched.posts(), request);
  // Peers that were not told to leave yet may still say something.
  if (shard_->closing() && !std::holds_alternative<WantsPost>(wants)) {
    return Refuse(id, Refusal::kShutdown, NoMoreClients());
  }
  if (auto* handshake = std::get_if<websocket::Handshake>(&wants)) {
    return Enter(id, std::move(matched), std::move(request), std::move(*handshake));
  }
  if (const auto* stream = std::get_if<WantsEventStream>(&wants)) {
    return Enter(id, std::move(matched), std::move(request), *stream);
  }
  if (std::holds_alternative<WantsPost>(wants)) {
    return posts_.Take(id, *matched.route, std::move(request), std::move(matched.cors));
  }
  if (std::holds_alternative<WantsHead>(wants)) {
    HttpResponse response{200, EventStreamHeaders(), ""};
    response.endless = true;
    return server_.Respond(id, With(std::move(response), matched.cors));
  }
  if (std::holds_alternative<WantsOptions>(wants)) {
    return server_.Respond(id,
                           PreflightAnswer(*matched.route, request, MethodsOf(matched.posts())));
  }
  Refuse(id, Refusal::kMalformed, With(std::get<HttpResponse>(std::move(wants)), matched.cors));
}

void Admission::Enter(ConnectionId id, Matched matched, HttpRequest request,
                      std::variant<websocket::Handshake, WantsEventStream> wants) {
  const config::Route& route = *matched.route;
  auto facts = std::make_unique<pubsub::PeerFacts>();
  facts->ns =
      route.namespace_template.empty()
          ? std::string(request.path())
          : config::ExpandTemplate(route.namespace_template, matched.params, request.path());
  if (absl::Status status = pubsub::CheckNamespace(facts->ns); !status.ok()) {
    return Refuse(
        id, Refusal::kTooLarge,
        With(HttpResponse::Text(
                 414, absl::StrCat("The path is too long: ", std::string(status.message()), ".")),
             matched.cors));
  }
  ClientAddress client =
      shard_->entry_rules().AddressOf(server_.remote_address(id), request.headers);
  auto entered = shard_->entry_rules().Enter(route, request, client, shard_->reactor().Now());
  if (const auto* refusal = std::get_if<EntryRefusal>(&entered)) {
    return Refuse(id, refusal->cause, With(refusal->response, matched.cors));
  }
  facts->transport = std::holds_alternative<WantsEventStream>(wants)
                         ? pubsub::TransportKind::kSse
                         : pubsub::TransportKind::kWebSocket;
  std::string resume_text = ResumeTextOf(request);
  facts->target = std::move(request.target);
  for (const auto& [name, value] : request.headers) facts->headers.Add(name, value);
  facts->headers.ShrinkToFit();
  facts->remote_address = std::move(client.text);
  facts->tls = client.tls;
  facts->route = route.path;
  facts->params = std::move(matched.params);

  pending_.emplace(
      id, Pending{matched.binding, shard_->hub().NextPeerId(), std::move(facts), std::move(wants),
                  std::move(matched.cors), std::get<EntryRules::Place>(std::move(entered)),
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
  const hooks::UpgradeEvent event{pending.peer, pending.facts.get(), &pending.offered()};
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
  if (auto* reject = std::get_if<hooks::Reject>(&*verdict)) {
    return Reject(id, pending, std::move(*reject));
  }

  auto& accept = std::get<hooks::Accept>(*verdict);
  const auto& offered = pending.offered();
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
    return Refuse(id, Refusal::kShutdown, NoMoreClients());
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
         With(unreachable ? HttpResponse::Text(503, "The application did not answer; try again.")
                          : HttpResponse::Text(500, "The application answered with an error."),
              pending.cors));
}

void Admission::Reject(ConnectionId id, const Pending& pending, hooks::Reject reject) {
  HttpResponse response{reject.status, std::move(reject.headers), std::move(reject.body)};
  const bool typed = std::any_of(
      response.headers.begin(), response.headers.end(),
      [](const auto& header) { return absl::EqualsIgnoreCase(header.first, "content-type"); });
  if (!typed && !response.body.empty()) {
    response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  }
  AddCorsHeaders(pending.cors, &response.headers);
  Refuse(id, Refusal::kByApplication, response);
}

void Admission::Admit(ConnectionId id, Pending pending, hooks::Accept accept) {
  std::optional<Detached> connection = server_.Detach(id);
  if (!connection) return;
  connection->socket.Occupy(std::move(pending.place));
  if (accept.ns) pending.facts->ns = *std::move(accept.ns);
  pending.facts->subprotocol = accept.subprotocol;
  pending.facts->connected_at = Clock::System().WallNow();

  Admitted admitted{pending.binding,   pending.peer,           std::move(pending.facts),
                    std::move(accept), *std::move(connection), std::move(pending.resume_text)};
  if (const auto* handshake = std::get_if<websocket::Handshake>(&pending.wants)) {
    return StartWebSocket(shard_, std::move(admitted), *handshake);
  }
  AddCorsHeaders(pending.cors, &admitted.accept.headers);
  const bool posts = pending.binding->policy.Wants(hooks::Hook::kMessage);
  StartEventStream(shard_, std::move(admitted), std::get<WantsEventStream>(pending.wants).chunked,
                   posts);
}

void Admission::Refuse(ConnectionId id, Refusal cause, const HttpResponse& response) {
  shard_->metrics().refused.Add(cause);
  server_.Respond(id, response);
}

// What the handler refused itself is counted already, by cause.
void Admission::OnEnded(ConnectionId id, HttpEnding how) {
  pending_.erase(id);
  posts_.Forget(id);
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

#include "broker/control/handlers.h"

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "broker/base/mutex.h"
#include "broker/control/history_page.h"
#include "broker/control/name_page.h"
#include "broker/control/peer_filter.h"
#include "broker/control/peer_info.h"
#include "broker/control/peer_page.h"
#include "broker/hooks/proto_codec.h"
#include "broker/pubsub/limits.h"

namespace hookcast::control {
namespace {

absl::Status NoSuchPeer(const std::string& id) {
  constexpr size_t kShown = 80;
  return absl::NotFoundError(absl::StrCat("there is no peer \"",
                                          absl::CHexEscape(id.substr(0, kShown)),
                                          id.size() > kShown ? "…\"" : "\""));
}

absl::StatusOr<pubsub::Publication> ReadPublication(const v1::PublishRequest& request) {
  absl::StatusOr<pubsub::Data> data = hooks::FromProto(request.data());
  if (!data.ok()) return data.status();
  const std::optional<PeerId> exclude = PeerId::Parse(request.exclude_peer());
  if (!exclude && !request.exclude_peer().empty()) {
    return absl::InvalidArgumentError(
        "exclude_peer is not the id of a peer; it need not be connected, but has to be whole");
  }
  return pubsub::Publication{request.namespace_(), request.topic(), *std::move(data), exclude,
                             request.idempotency_key()};
}

absl::StatusOr<v1::PublishResponse> ReadPublished(const pubsub::Published& published) {
  if (published.status.ok()) {
    v1::PublishResponse response;
    response.set_id(published.id.ToString());
    response.set_local_count(published.local_count);
    return response;
  }
  absl::Status status = published.status;
  if (absl::IsUnavailable(status)) {
    v1::PublishFailure failure;
    failure.set_local_count(published.local_count);
    failure.set_outcome(pubsub::OthersMayHaveIt(status) ? v1::PublishFailure::OUTCOME_UNKNOWN
                                                        : v1::PublishFailure::OUTCOME_NOT_TAKEN);
    status.SetPayload(kPublishFailure, absl::Cord(failure.SerializeAsString()));
  }
  return status;
}

// The results of a batch, each written by whoever publishes it. Answers once nobody holds it any
// more; what was never written then is a publish that a stopping node dropped.
class Batch {
 public:
  Batch(int size, Answer<v1::PublishBatchResponse> answer) : answer_(std::move(answer)) {
    const v1::PublishResult dropped = ResultOf(absl::UnavailableError("the node is stopping"));
    for (int i = 0; i < size; ++i) *response_.add_results() = dropped;
  }
  ~Batch() { answer_(std::move(response_)); }

  void Set(int i, const absl::StatusOr<v1::PublishResponse>& response) {
    *response_.mutable_results(i) = ResultOf(response);
  }

 private:
  v1::PublishBatchResponse response_;
  Answer<v1::PublishBatchResponse> answer_;
};

// What all shards together did for a filter.
struct Tally {
  void Add(uint64_t peers, uint64_t refusals, const absl::Status& status) {
    const MutexLock lock(&mutex);
    matched += peers;
    refused += refusals;
    first_error.Update(status);
  }

  absl::StatusOr<uint64_t> Sum() {
    const MutexLock lock(&mutex);
    if (refused == 0) return matched;
    return absl::Status(first_error.code(),
                        absl::StrCat(refused, " of ", matched, " matching peers refused: ",
                                     std::string(first_error.message())));
  }

  Mutex mutex;
  uint64_t matched HOOKCAST_GUARDED_BY(mutex) = 0;
  uint64_t refused HOOKCAST_GUARDED_BY(mutex) = 0;
  absl::Status first_error HOOKCAST_GUARDED_BY(mutex);
};

// A subscribe that was carried out, until what is published from now on comes to all whom it is
// for. Answers once nobody holds it any more.
class Subscribing {
 public:
  explicit Subscribing(Answer<uint64_t> answer) : answer_(std::move(answer)) {}
  ~Subscribing() { answer_(std::move(matched_)); }
  void Set(absl::StatusOr<uint64_t> matched) { matched_ = std::move(matched); }

 private:
  Answer<uint64_t> answer_;
  absl::StatusOr<uint64_t> matched_ = absl::UnavailableError("the node is stopping");
};

// An answer that wants no more than how many peers matched.
template <typename Response>
Answer<uint64_t> Matched(Answer<Response> answer) {
  return [answer = std::move(answer)](absl::StatusOr<uint64_t> matched) mutable {
    if (!matched.ok()) return answer(matched.status());
    Response response;
    response.set_matched(*matched);
    answer(std::move(response));
  };
}

// How many entries a page of a list may have.
absl::StatusOr<size_t> ReadLimit(uint32_t limit, const char* what) {
  if (limit > kMaxPage) {
    return absl::InvalidArgumentError(
        absl::StrCat("limit is ", limit, "; a page has at most ", kMaxPage, " ", what));
  }
  return limit == 0 ? kDefaultPage : limit;
}

absl::Status NotACursor(const char* method) {
  return absl::InvalidArgumentError(absl::StrCat(
      "cursor is not one that ", method, " gave; leave it out to start from the beginning"));
}

// How long a drain is to take; nothing where the request does not say.
absl::StatusOr<std::optional<Duration>> ReadOver(const v1::DrainNodeRequest& request) {
  if (!request.has_over()) return std::optional<Duration>();
  const google::protobuf::Duration& over = request.over();
  if (over.seconds() >= 0 && over.seconds() <= kMostDrain.count() && over.nanos() >= 0) {
    const Duration time =
        std::chrono::seconds(over.seconds()) + std::chrono::nanoseconds(over.nanos());
    if (time <= kMostDrain) return std::optional<Duration>(time);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("over is out of range; a drain takes 0 to ", kMostDrain.count(), " s"));
}

}  // namespace

v1::PublishResult ResultOf(const absl::StatusOr<v1::PublishResponse>& response) {
  v1::PublishResult result;
  if (response.ok()) {
    result.set_id(response->id());
    result.set_local_count(response->local_count());
    return result;
  }
  result.set_code(static_cast<uint32_t>(response.status().code()));
  result.set_error(std::string(response.status().message()));
  if (const auto payload = response.status().GetPayload(kPublishFailure)) {
    v1::PublishFailure failure;
    if (failure.ParseFromString(std::string(*payload))) {
      result.set_local_count(failure.local_count());
      result.set_outcome(failure.outcome());
    }
  }
  return result;
}

Handlers::Handlers(NodeFacts facts, pubsub::ShardSet* shards, pubsub::Watchers* watchers,
                   pubsub::Publisher* publisher, const hooks::ActionExecutor* executor,
                   pubsub::InterestTable* interest, const Clock* clock)
    : facts_(std::move(facts)),
      shards_(shards),
      watchers_(watchers),
      publisher_(publisher),
      executor_(executor),
      interest_(interest),
      clock_(clock) {}

void Handlers::Publish(const v1::PublishRequest& request, Answer<v1::PublishResponse> answer) {
  absl::StatusOr<pubsub::Publication> publication = ReadPublication(request);
  if (!publication.ok()) return answer(publication.status());
  publisher_->Publish(*std::move(publication),
                      [answer = std::move(answer)](const pubsub::Published& published) mutable {
                        answer(ReadPublished(published));
                      });
}

void Handlers::PublishBatch(const v1::PublishBatchRequest& request,
                            Answer<v1::PublishBatchResponse> answer) {
  if (request.messages_size() > kMaxBatchMessages) {
    return answer(absl::ResourceExhaustedError(
        absl::StrCat("the batch has ", request.messages_size(), " messages; it may have at most ",
                     kMaxBatchMessages)));
  }
  const auto batch = std::make_shared<Batch>(request.messages_size(), std::move(answer));
  for (int i = 0; i < request.messages_size(); ++i) {
    Publish(request.messages(i), [batch, i](const absl::StatusOr<v1::PublishResponse>& response) {
      batch->Set(i, response);
    });
  }
}

Handlers::Apply Handlers::Executing(hooks::Action action) const {
  return [executor = executor_, action = std::move(action)](pubsub::Hub& hub, pubsub::Peer& peer) {
    return executor->Execute(action, hub, peer);
  };
}

void Handlers::Send(const v1::SendRequest& request, Answer<v1::SendResponse> answer) {
  absl::StatusOr<pubsub::Data> data = hooks::FromProto(request.data());
  if (!data.ok()) return answer(data.status());
  data->forms = std::make_shared<pubsub::WireForms>();
  OnPeers(request.peers(), Executing(hooks::SendAction{*std::move(data)}),
          Matched(std::move(answer)));
}

void Handlers::Subscribe(const v1::SubscribeRequest& request,
                         Answer<v1::SubscribeResponse> answer) {
  hooks::SubscribeAction action{request.topic()};
  if (request.has_since()) action.since = hooks::FromProto(request.since());
  if (absl::Status status = pubsub::CheckTopic(request.topic()); !status.ok()) {
    return answer(status);
  }
  const auto subscribing = std::make_shared<Subscribing>(Matched(std::move(answer)));
  const auto apply = [shards = shards_, subscribing, execute = Executing(std::move(action))](
                         pubsub::Hub& hub, pubsub::Peer& peer) {
    absl::Status status = execute(hub, peer);
    const std::string& ns = peer.membership().ns();
    if (!status.ok() || hub.backplane().Hears(ns)) return status;
    hub.backplane().AwaitHeard(peer.membership().ns(),
                               [shards, subscribing, id = peer.id()](bool heard) {
                                 if (heard) return;
                                 shards->WithPeer(id, [](pubsub::Hub&, pubsub::Peer* peer) {
                                   // Who was unsubscribed meanwhile misses nothing.
                                   if (peer == nullptr || peer->membership().topic_count() == 0) {
                                     return;
                                   }
                                   peer->OnMissed(std::nullopt);
                                 });
                               });
    return status;
  };
  OnPeers(request.peers(), apply, [subscribing](absl::StatusOr<uint64_t> matched) {
    subscribing->Set(std::move(matched));
  });
}

void Handlers::Unsubscribe(const v1::UnsubscribeRequest& request,
                           Answer<v1::UnsubscribeResponse> answer) {
  if (request.topic().empty()) {
    const auto from_all = [](pubsub::Hub& hub, pubsub::Peer& peer) {
      hub.UnsubscribeAll(&peer);
      return absl::OkStatus();
    };
    return OnPeers(request.peers(), from_all, Matched(std::move(answer)));
  }
  if (absl::Status status = pubsub::CheckTopic(request.topic()); !status.ok()) {
    return answer(status);
  }
  OnPeers(request.peers(), Executing(hooks::UnsubscribeAction{request.topic()}),
          Matched(std::move(answer)));
}

void Handlers::Close(const v1::ClosePeersRequest& request, Answer<v1::ClosePeersResponse> answer) {
  const uint32_t code = request.code() == 0 ? 1000 : request.code();
  if (absl::Status status = hooks::CheckClose(code, request.reason()); !status.ok()) {
    return answer(status);
  }
  OnPeers(request.peers(),
          Executing(hooks::CloseAction{static_cast<uint16_t>(code), request.reason()}),
          Matched(std::move(answer)));
}

void Handlers::Terminate(const v1::TerminateRequest& request,
                         Answer<v1::TerminateResponse> answer) {
  OnPeers(request.peers(), Executing(hooks::TerminateAction{}), Matched(std::move(answer)));
}

void Handlers::GetPeer(const v1::GetPeerRequest& request, Answer<v1::GetPeerResponse> answer) {
  const auto id = PeerId::Parse(request.peer());
  if (!id) return answer(NoSuchPeer(request.peer()));
  shards_->WithPeer(*id, [node = facts_.id, text = request.peer(), answer = std::move(answer)](
                             pubsub::Hub&, pubsub::Peer* peer) mutable {
    if (peer == nullptr) return answer(NoSuchPeer(text));
    v1::GetPeerResponse response;
    *response.mutable_peer() = Describe(*peer, node);
    hooks::ToProto(peer->facts(), response.mutable_peer()->mutable_request());
    answer(std::move(response));
  });
}

void Handlers::ListPeers(const v1::ListPeersRequest& request,
                         Answer<v1::ListPeersResponse> answer) {
  absl::StatusOr<PeerFilter> filter = PeerFilter::Read(request.filter());
  if (!filter.ok()) return answer(filter.status());
  const absl::StatusOr<size_t> limit = ReadLimit(request.limit(), "peers");
  if (!limit.ok()) return answer(limit.status());
  const auto cursor = PeerCursor::Parse(request.cursor());
  if (!cursor) return answer(NotACursor("ListPeers"));
  // Each shard writes its own page.
  auto pages = std::make_shared<std::vector<ShardPage>>(shards_->size());
  shards_->OnAll(
      [pages, filter = *std::move(filter), after = *cursor, limit = *limit,
       node = facts_.id](pubsub::Hub& hub) {
        (*pages)[static_cast<size_t>(hub.shard())] = TakePage(hub, filter, after, limit, node);
      },
      [pages, limit = *limit, answer = std::move(answer)]() mutable {
        answer(MergePages(std::move(*pages), limit));
      });
}

void Handlers::ListTopics(const v1::ListTopicsRequest& request,
                          Answer<v1::ListTopicsResponse> answer) {
  std::optional<std::string> ns;
  if (request.has_namespace_()) {
    ns = request.namespace_();
    if (absl::Status status = pubsub::CheckNamespace(*ns); !status.ok()) return answer(status);
  }
  const absl::StatusOr<size_t> limit = ReadLimit(request.limit(), "topics");
  if (!limit.ok()) return answer(limit.status());
  NameCursor after;
  if (!ReadNameCursor(request.cursor(), &after)) return answer(NotACursor("ListTopics"));
  auto pages = std::make_shared<std::vector<NamePage>>(shards_->size());
  shards_->OnAll(
      [pages, ns = std::move(ns), after = std::move(after), limit = *limit](pubsub::Hub& hub) {
        (*pages)[static_cast<size_t>(hub.shard())] = TakeTopics(hub, ns, after, limit);
      },
      [pages, limit = *limit, answer = std::move(answer)]() mutable {
        answer(MergeTopics(*pages, limit));
      });
}

void Handlers::ListNamespaces(const v1::ListNamespacesRequest& request,
                              Answer<v1::ListNamespacesResponse> answer) {
  const absl::StatusOr<size_t> limit = ReadLimit(request.limit(), "namespaces");
  if (!limit.ok()) return answer(limit.status());
  NameCursor after;
  if (!ReadNameCursor(request.cursor(), &after)) return answer(NotACursor("ListNamespaces"));
  auto pages = std::make_shared<std::vector<NamePage>>(shards_->size());
  shards_->OnAll(
      [pages, after = std::move(after), limit = *limit](pubsub::Hub& hub) {
        (*pages)[static_cast<size_t>(hub.shard())] = TakeNamespaces(hub, after, limit);
      },
      [pages, limit = *limit, with_hashes = request.with_topic_hashes(),
       answer = std::move(answer)]() mutable {
        answer(MergeNamespaces(*pages, limit, with_hashes));
      });
}

void Handlers::History(const v1::HistoryRequest& request, Answer<v1::HistoryResponse> answer) {
  absl::Status status = pubsub::CheckNamespace(request.namespace_());
  if (!request.topic().empty()) status.Update(pubsub::CheckTopic(request.topic()));
  if (!status.ok()) return answer(status);
  const absl::StatusOr<size_t> limit = ReadLimit(request.limit(), "messages");
  if (!limit.ok()) return answer(limit.status());
  ReadHistoryPage(&interest_->backplane(), request, *limit, std::move(answer));
}

void Handlers::DrainNode(const v1::DrainNodeRequest& request,
                         Answer<v1::DrainNodeResponse> answer) {
  if (!request.node().empty() && request.node() != facts_.id) {
    return answer(absl::NotFoundError(absl::StrCat("there is no node \"",
                                                   absl::CHexEscape(request.node().substr(0, 80)),
                                                   "\"; ListNodes names those that are alive")));
  }
  absl::StatusOr<std::optional<Duration>> over = ReadOver(request);
  if (!over.ok()) return answer(over.status());
  facts_.drain(*over, [this, answer = std::move(answer)](absl::StatusOr<uint64_t> peers) mutable {
    if (!peers.ok()) return answer(peers.status());
    v1::DrainNodeResponse response;
    response.set_node(facts_.id);
    response.set_peers(*peers);
    answer(std::move(response));
  });
}

void Handlers::ListNodes(const v1::ListNodesRequest&, Answer<v1::ListNodesResponse> answer) {
  struct Counts {
    Mutex mutex;
    uint64_t peers HOOKCAST_GUARDED_BY(mutex) = 0;
    // Hashes of the names: a namespace may have peers on several shards, and names may be long.
    absl::flat_hash_set<size_t> namespaces HOOKCAST_GUARDED_BY(mutex);
  };
  auto counts = std::make_shared<Counts>();
  shards_->OnAll(
      [counts](pubsub::Hub& hub) {
        std::vector<size_t> seen;
        seen.reserve(hub.index().namespace_count());
        hub.index().VisitNamespaces(
            [&](const std::string& ns, size_t, size_t) { seen.push_back(absl::HashOf(ns)); });
        const MutexLock lock(&counts->mutex);
        counts->peers += hub.peer_count();
        counts->namespaces.insert(seen.begin(), seen.end());
      },
      [this, counts, answer = std::move(answer)]() mutable {
        const MutexLock lock(&counts->mutex);
        v1::ListNodesResponse response;
        v1::NodeInfo* const node = response.add_nodes();
        node->set_id(facts_.id);
        node->set_version(facts_.version);
        node->set_control_address(facts_.control_address());
        *node->mutable_started_at() = ToTimestamp(facts_.started_at);
        node->set_peers(counts->peers);
        node->set_namespaces(counts->namespaces.size());
        node->set_ready(facts_.ready());
        node->set_draining(facts_.draining());
        answer(std::move(response));
      });
}

void Handlers::Ping(const v1::PingRequest&, Answer<v1::PingResponse> answer) {
  auto peers = std::make_shared<std::atomic<uint64_t>>(0);
  shards_->OnAll([peers](pubsub::Hub& hub) { *peers += hub.peer_count(); },
                 [this, peers, answer = std::move(answer)]() mutable {
                   v1::PingResponse response;
                   response.set_node(facts_.id);
                   response.set_version(facts_.version);
                   *response.mutable_time() = ToTimestamp(clock_->WallNow());
                   response.set_peers(*peers);
                   const auto uptime = clock_->Now() - facts_.started;
                   const auto seconds = std::chrono::floor<std::chrono::seconds>(uptime);
                   response.mutable_uptime()->set_seconds(seconds.count());
                   response.mutable_uptime()->set_nanos(
                       static_cast<int32_t>(std::chrono::nanoseconds(uptime - seconds).count()));
                   answer(std::move(response));
                 });
}

void Handlers::OnPeers(const v1::PeerSelector& selector, Apply apply, Answer<uint64_t> matched) {
  if (selector.has_peer()) {
    const auto id = PeerId::Parse(selector.peer());
    if (!id) return matched(NoSuchPeer(selector.peer()));
    shards_->WithPeer(
        *id, [apply = std::move(apply), text = selector.peer(), matched = std::move(matched)](
                 pubsub::Hub& hub, pubsub::Peer* peer) mutable {
          if (peer == nullptr) return matched(NoSuchPeer(text));
          if (absl::Status status = apply(hub, *peer); !status.ok()) return matched(status);
          matched(1);
        });
    return;
  }
  if (!selector.has_filter()) {
    return matched(absl::InvalidArgumentError("peers names neither a peer nor a filter"));
  }
  absl::StatusOr<PeerFilter> filter = PeerFilter::Read(selector.filter());
  if (!filter.ok()) return matched(filter.status());
  auto tally = std::make_shared<Tally>();
  shards_->OnAll(
      [tally, filter = *std::move(filter), apply = std::move(apply)](pubsub::Hub& hub) {
        // By id, since what is applied may change the hub, and end any peer.
        std::vector<PeerId> peers;
        filter.Visit(hub, [&](const pubsub::Peer* peer) { peers.push_back(peer->id()); });
        uint64_t refused = 0;
        absl::Status first_error;
        for (const PeerId& id : peers) {
          pubsub::Peer* const peer = hub.Find(id);
          if (peer == nullptr) continue;
          absl::Status status = apply(hub, *peer);
          if (!status.ok()) ++refused;
          first_error.Update(std::move(status));
        }
        tally->Add(peers.size(), refused, first_error);
      },
      [tally, matched = std::move(matched)]() mutable { matched(tally->Sum()); });
}

}  // namespace hookcast::control

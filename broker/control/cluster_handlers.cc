#include "broker/control/cluster_handlers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "broker/control/methods.h"
#include "broker/control/name_page.h"
#include "broker/control/node_info.h"
#include "broker/control/peer_list.h"

namespace hookcast::control {

// A method by its name, for members.
#define HOOKCAST_METHOD(Name)                                \
  Method<MethodTypes<decltype(&Handlers::Name)>::Request,    \
         MethodTypes<decltype(&Handlers::Name)>::Response> { \
    "hookcast.v1.BrokerService/" #Name, &Handlers::Name      \
  }

namespace {

constexpr size_t kMostNamed = 8;  // nodes in an error

absl::Status DoesNotKnowAll() {
  return absl::UnavailableError(
      "this node does not know all others now, as it has just started or cannot hear them; try "
      "again, or ask another");
}

// An error of the caller's: the others' answers are the same, or of no matter.
bool IsOfTheCaller(const absl::Status& status) {
  return status.code() == absl::StatusCode::kInvalidArgument;
}
bool IsMissing(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable;
}

// What all nodes together did, out of what each did. `settled`: all are known.
template <typename Response>
absl::StatusOr<Response> Sum(const std::vector<absl::StatusOr<Response>>& answers, bool settled) {
  Response sum;
  size_t done = 0;
  const absl::Status* refused = nullptr;
  std::vector<std::string> missing;
  for (const absl::StatusOr<Response>& answer : answers) {
    if (answer.ok()) {
      ++done;
      sum.set_matched(sum.matched() + answer->matched());
    } else if (IsOfTheCaller(answer.status())) {
      return answer.status();
    } else if (IsMissing(answer.status())) {
      missing.emplace_back(answer.status().message());
    } else {
      refused = &answer.status();
    }
  }
  const std::string so_far =
      absl::StrCat(done, " of ", answers.size(), " nodes did it, for ", sum.matched(), " peers; ");
  if (missing.empty() && !settled) {
    return absl::UnavailableError(absl::StrCat(so_far, std::string(DoesNotKnowAll().message())));
  }
  if (!missing.empty()) {
    const size_t more = missing.size() - std::min(missing.size(), kMostNamed);
    missing.resize(missing.size() - more);
    return absl::UnavailableError(
        absl::StrCat(so_far, absl::StrJoin(missing, "; "),
                     more == 0 ? "" : absl::StrCat("; and ", more, " more"),
                     "; whether it was done there is not known"));
  }
  if (refused != nullptr) {
    return absl::Status(refused->code(),
                        absl::StrCat(so_far, "on another ", std::string(refused->message())));
  }
  return sum;
}

}  // namespace

ClusterHandlers::ClusterHandlers(Incarnation self, Handlers* local,
                                 const cluster::NodeDirectory* directory, NodeLinks* links)
    : self_(self), local_(local), directory_(directory), links_(links) {}

// ---- asking ------------------------------------------------------------------------------------

std::vector<ClusterHandlers::Target> ClusterHandlers::Targets() const {
  std::vector<Target> targets;
  targets.push_back({self_, std::nullopt});
  for (cluster::NodeRecord& node : directory_->Others()) {
    const Incarnation incarnation = node.incarnation;
    targets.push_back({incarnation, std::move(node)});
  }
  std::sort(targets.begin(), targets.end(), [](const Target& a, const Target& b) {
    return a.incarnation.value < b.incarnation.value;
  });
  return targets;
}

template <typename Request, typename Response>
void ClusterHandlers::Ask(const Target& target, Method<Request, Response> method,
                          const Request& request, Duration limit, Answer<Response> answer) {
  if (!target.node) return (local_->*method.handler)(request, std::move(answer));
  links_->Call<Response>(*target.node, method.name, NodeLinks::Encode(request), limit,
                         std::move(answer));
}

template <typename Request, typename Response>
void ClusterHandlers::AskAll(const std::vector<Target>& targets, Method<Request, Response> method,
                             const Request& request, Duration limit,
                             typename Gathered<Response>::Done done) {
  Gathered<Response> gathered(targets.size(), std::move(done));
  // Once: it may be large, and the nodes many.
  const Bytes encoded = targets.size() > 1 ? NodeLinks::Encode(request) : Bytes();
  for (size_t i = 0; i < targets.size(); ++i) {
    if (targets[i].node) {
      links_->Call<Response>(*targets[i].node, method.name, encoded, limit, gathered.At(i));
    } else {
      (local_->*method.handler)(request, gathered.At(i));
    }
  }
}

template <typename Request, typename Response>
void ClusterHandlers::AskHolder(const std::string& peer, Method<Request, Response> method,
                                const Request& request, Answer<Response> answer) {
  const std::optional<PeerId> id = PeerId::Parse(peer);
  Target holder{self_, std::nullopt};
  if (id && id->incarnation != self_) {
    holder = {id->incarnation, directory_->Find(id->incarnation)};
    if (!holder.node && !directory_->settled()) return answer(DoesNotKnowAll());
  }
  // This node says that there is no such peer where no node holds it.
  Ask(holder, method, request, NodeLinks::kCall, std::move(answer));
}

template <typename Request, typename Response>
void ClusterHandlers::AskPeers(Method<Request, Response> method, const Request& request,
                               Answer<Response> answer) {
  if (request.peers().has_peer()) {
    return AskHolder(request.peers().peer(), method, request, std::move(answer));
  }
  const std::vector<Target> targets = Targets();
  const bool settled = directory_->settled();
  if (targets.size() == 1 && settled) return (local_->*method.handler)(request, std::move(answer));
  AskAll(targets, method, request, NodeLinks::kCall,
         [settled, answer = std::move(answer)](typename Gathered<Response>::All answers) mutable {
           answer(Sum(answers, settled));
         });
}

// ---- what this node does alone -----------------------------------------------------------------

void ClusterHandlers::Publish(const v1::PublishRequest& request,
                              Answer<v1::PublishResponse> answer) {
  local_->Publish(request, std::move(answer));
}

void ClusterHandlers::PublishBatch(const v1::PublishBatchRequest& request,
                                   Answer<v1::PublishBatchResponse> answer) {
  local_->PublishBatch(request, std::move(answer));
}

void ClusterHandlers::History(const v1::HistoryRequest& request,
                              Answer<v1::HistoryResponse> answer) {
  local_->History(request, std::move(answer));
}

void ClusterHandlers::Ping(const v1::PingRequest& request, Answer<v1::PingResponse> answer) {
  local_->Ping(request, std::move(answer));
}

// ---- what concerns peers -----------------------------------------------------------------------

void ClusterHandlers::Send(const v1::SendRequest& request, Answer<v1::SendResponse> answer) {
  AskPeers(HOOKCAST_METHOD(Send), request, std::move(answer));
}

void ClusterHandlers::Subscribe(const v1::SubscribeRequest& request,
                                Answer<v1::SubscribeResponse> answer) {
  AskPeers(HOOKCAST_METHOD(Subscribe), request, std::move(answer));
}

void ClusterHandlers::Unsubscribe(const v1::UnsubscribeRequest& request,
                                  Answer<v1::UnsubscribeResponse> answer) {
  AskPeers(HOOKCAST_METHOD(Unsubscribe), request, std::move(answer));
}

void ClusterHandlers::Close(const v1::ClosePeersRequest& request,
                            Answer<v1::ClosePeersResponse> answer) {
  AskPeers(HOOKCAST_METHOD(Close), request, std::move(answer));
}

void ClusterHandlers::Terminate(const v1::TerminateRequest& request,
                                Answer<v1::TerminateResponse> answer) {
  AskPeers(HOOKCAST_METHOD(Terminate), request, std::move(answer));
}

void ClusterHandlers::GetPeer(const v1::GetPeerRequest& request,
                              Answer<v1::GetPeerResponse> answer) {
  AskHolder(request.peer(), HOOKCAST_METHOD(GetPeer), request, std::move(answer));
}

// ---- lists -------------------------------------------------------------------------------------

// One page of ListPeers, in two rounds: each node says how many of its peers match, and the first
// that the page may begin at gives its own; then those that are needed to fill it are asked, all at
// once, and no others.
class ClusterHandlers::PeerList : public std::enable_shared_from_this<PeerList> {
 public:
  PeerList(ClusterHandlers* handlers, v1::ListPeersRequest request, PeerListCursor cursor,
           Answer<v1::ListPeersResponse> answer)
      : handlers_(handlers),
        request_(std::move(request)),
        targets_(handlers->Targets()),
        partial_(!handlers->directory_->settled()),
        answer_(std::move(answer)) {
    std::vector<uint64_t> nodes;
    for (const Target& target : targets_) nodes.push_back(target.incarnation.value);
    plan_.emplace(std::move(nodes), cursor, request_.limit());
  }

  // The request's limit is set.
  void Start() {
    Round(plan_->First(), [self = shared_from_this()](Gathered<v1::ListPeersResponse>::All pages) {
      for (const auto& page : pages) {
        if (IsOfTheCaller(page.status())) return self->answer_(page.status());
      }
      self->Keep(std::move(pages));
      self->Round(self->plan_->Second(), [self](Gathered<v1::ListPeersResponse>::All more) {
        self->Keep(std::move(more));
        v1::ListPeersResponse response = self->plan_->Finish();
        response.set_partial(self->partial_);
        self->answer_(std::move(response));
      });
    });
  }

 private:
  using Pages = Gathered<v1::ListPeersResponse>::All;

  void Round(std::vector<PeerListPlan::Question> questions,
             Gathered<v1::ListPeersResponse>::Done then) {
    asked_ = std::move(questions);
    if (asked_.empty()) return then({});
    Gathered<v1::ListPeersResponse> gathered(asked_.size(), std::move(then));
    for (size_t i = 0; i < asked_.size(); ++i) {
      v1::ListPeersRequest request = request_;
      request.set_cursor(asked_[i].cursor);
      request.set_limit(asked_[i].limit);
      handlers_->Ask(targets_[asked_[i].node], HOOKCAST_METHOD(ListPeers), request,
                     NodeLinks::kList / 2, gathered.At(i));
    }
  }

  void Keep(Pages pages) {
    for (size_t i = 0; i < pages.size(); ++i) {
      partial_ |= !pages[i].ok();
      plan_->Take(asked_[i], pages[i].ok() ? *std::move(pages[i]) : v1::ListPeersResponse());
    }
  }

  ClusterHandlers* const handlers_;
  const v1::ListPeersRequest request_;
  const std::vector<Target> targets_;
  std::optional<PeerListPlan> plan_;
  std::vector<PeerListPlan::Question> asked_;
  bool partial_;
  Answer<v1::ListPeersResponse> answer_;
};

void ClusterHandlers::ListPeers(const v1::ListPeersRequest& request,
                                Answer<v1::ListPeersResponse> answer) {
  const std::optional<PeerListCursor> cursor = PeerListCursor::Parse(request.cursor());
  if (!cursor) {
    return answer(absl::InvalidArgumentError(
        "cursor is not one that ListPeers gave; leave it out to start from the beginning"));
  }
  v1::ListPeersRequest whole = request;
  if (whole.limit() == 0) whole.set_limit(kDefaultPage);
  std::make_shared<PeerList>(this, std::move(whole), *cursor, std::move(answer))->Start();
}

template <typename Request, typename Response, typename Merge>
void ClusterHandlers::ListNames(Method<Request, Response> method, const Request& request,
                                Merge merge, Answer<Response> answer) {
  const size_t limit = request.limit() == 0 ? kDefaultPage : request.limit();
  AskAll(Targets(), method, request, NodeLinks::kList,
         [settled = directory_->settled(), limit, merge,
          answer = std::move(answer)](typename Gathered<Response>::All answers) mutable {
           bool partial = !settled;
           std::vector<NamePage> pages;
           for (const auto& list : answers) {
             if (IsOfTheCaller(list.status())) return answer(list.status());
             partial |= !list.ok();
             if (list.ok()) pages.push_back(PageOf(*list));
           }
           Response response = merge(pages, limit);
           response.set_partial(partial);
           answer(std::move(response));
         });
}

void ClusterHandlers::ListTopics(const v1::ListTopicsRequest& request,
                                 Answer<v1::ListTopicsResponse> answer) {
  ListNames(HOOKCAST_METHOD(ListTopics), request, MergeTopics, std::move(answer));
}

void ClusterHandlers::ListNamespaces(const v1::ListNamespacesRequest& request,
                                     Answer<v1::ListNamespacesResponse> answer) {
  v1::ListNamespacesRequest with_hashes = request;
  with_hashes.set_with_topic_hashes(true);
  ListNames(
      HOOKCAST_METHOD(ListNamespaces), with_hashes,
      [](const auto& pages, size_t limit) { return MergeNamespaces(pages, limit); },
      std::move(answer));
}

// ---- nodes -------------------------------------------------------------------------------------

void ClusterHandlers::ListNodes(const v1::ListNodesRequest& request,
                                Answer<v1::ListNodesResponse> answer) {
  std::vector<Target> targets = Targets();
  AskAll(targets, HOOKCAST_METHOD(ListNodes), request, NodeLinks::kList,
         [targets, settled = directory_->settled(),
          answer = std::move(answer)](Gathered<v1::ListNodesResponse>::All answers) mutable {
           v1::ListNodesResponse response;
           response.set_partial(!settled);
           for (size_t i = 0; i < answers.size(); ++i) {
             if (answers[i].ok() && answers[i]->nodes_size() == 1) {
               *response.add_nodes() = std::move(*answers[i]->mutable_nodes(0));
               continue;
             }
             response.set_partial(true);
             if (!targets[i].node) continue;
             v1::NodeInfo* const silent = response.add_nodes();
             *silent = Describe(*targets[i].node);
             silent->set_silent(true);
             silent->set_silence(SilenceOf(answers[i].status()));
           }
           answer(std::move(response));
         });
}

void ClusterHandlers::DrainNode(const v1::DrainNodeRequest& request,
                                Answer<v1::DrainNodeResponse> answer) {
  const std::vector<Target> targets = Targets();
  const auto named = std::find_if(targets.begin(), targets.end(), [&](const Target& target) {
    return target.node && target.incarnation.ToString() == request.node();
  });
  if (named == targets.end()) {
    const bool here = request.node().empty() || request.node() == self_.ToString();
    if (!here && !directory_->settled()) return answer(DoesNotKnowAll());
    return local_->DrainNode(request, std::move(answer));
  }
  Ask(*named, HOOKCAST_METHOD(DrainNode), request, NodeLinks::kCall, std::move(answer));
}

}  // namespace hookcast::control

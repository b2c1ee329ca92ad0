#include "edge/app/cluster_part.h"

#include <memory>
#include <utility>

#include "edge/session.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::app {
namespace {

static_assert(cluster::Announcement::kMostBytes <= pubsub::Backplane::kMostAnnouncement);

using edge::PostOutcome;
using Holder = edge::PostForwarding::Holder;

PostOutcome OutcomeOf(const absl::StatusOr<v1::PostResponse>& response) {
  if (!response.ok()) return PostOutcome::kUnreachable;
  switch (response->outcome()) {
    case v1::PostResponse::OUTCOME_TAKEN:
      return PostOutcome::kTaken;
    case v1::PostResponse::OUTCOME_TOO_LARGE:
      return PostOutcome::kTooLarge;
    case v1::PostResponse::OUTCOME_TOO_MUCH:
      return PostOutcome::kTooMuch;
    default:
      return PostOutcome::kUnknown;
  }
}

v1::PostResponse::Outcome ToProto(edge::Session::Posted posted) {
  using Posted = edge::Session::Posted;
  switch (posted) {
    case Posted::kTaken:
      return v1::PostResponse::OUTCOME_TAKEN;
    case Posted::kTooLarge:
      return v1::PostResponse::OUTCOME_TOO_LARGE;
    case Posted::kTooMuch:
      return v1::PostResponse::OUTCOME_TOO_MUCH;
    case Posted::kUnknown:
      break;
  }
  return v1::PostResponse::OUTCOME_UNKNOWN;
}

v1::PostResponse Response(v1::PostResponse::Outcome outcome) {
  v1::PostResponse response;
  response.set_outcome(outcome);
  return response;
}

}  // namespace

ClusterPart::ClusterPart(Parts parts)
    : parts_(std::move(parts)),
      directory_(parts_.self, parts_.alone, &Clock::System(), parts_.metrics),
      membership_(
          {.describe = parts_.describe,
           .announce = [this](std::string bytes) { parts_.backplane->Announce(std::move(bytes)); },
           .wake = [this] { loop_.Post([this] { Beat(); }); }},
          &directory_, &Clock::System(), parts_.metrics),
      links_(parts_.token, parts_.metrics) {}

ClusterPart::~ClusterPart() { loop_.Stop(); }

void ClusterPart::Start() {
  loop_.Start();
  loop_.Post([this] { Beat(); });
}

// Nothing beats any more: a node that announced itself behind this would be there again.
void ClusterPart::Leave() {
  loop_.Stop();
  membership_.Leave();
}

void ClusterPart::Beat() {
  beat_.expires_after(membership_.Beat());
  AskSilent();
  beat_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Beat();
  });
}

void ClusterPart::AskSilent() {
  directory_.Sweep();
  for (const cluster::NodeRecord& node : directory_.Silent()) {
    links_.Call<v1::PingResponse>(
        node, "hookcast.v1.BrokerService/Ping", control::NodeLinks::Encode(v1::PingRequest()),
        control::NodeLinks::kList,
        [this, id = node.incarnation](const absl::StatusOr<v1::PingResponse>& response) {
          if (response.ok()) directory_.Answered(id);
        });
  }
}

void ClusterPart::After(Duration time, absl::AnyInvocable<void()> task) {
  loop_.Post([this, time, task = std::move(task)]() mutable {
    after_.expires_after(time);
    after_.async_wait([task = std::move(task)](const boost::system::error_code& error) mutable {
      if (!error) task();
    });
  });
}

Holder ClusterPart::HolderOf(Incarnation incarnation) const {
  if (incarnation == parts_.self) return Holder::kHere;
  if (directory_.Find(incarnation)) return Holder::kElsewhere;
  return directory_.settled() ? Holder::kGone : Holder::kNotKnown;
}

void ClusterPart::Forward(edge::ForwardedPost post, absl::AnyInvocable<void(PostOutcome)> done) {
  const std::optional<cluster::NodeRecord> node = directory_.Find(post.peer.incarnation);
  if (!node) return done(PostOutcome::kUnknown);
  const size_t bytes = post.payload.size();
  const bool few = posts_.fetch_add(1) < kMostPosts;
  const bool small = post_bytes_.fetch_add(bytes) + bytes <= kMostPostBytes;
  auto counted = [this, bytes, done = std::move(done)](metrics::ForwardedPost result,
                                                       PostOutcome outcome) mutable {
    post_bytes_ -= bytes;
    --posts_;
    parts_.metrics->posts_forwarded.Add(result);
    done(outcome);
  };
  if (!few || !small) return counted(metrics::ForwardedPost::kTooMany, PostOutcome::kTooMany);
  v1::PostRequest request;
  request.set_peer(post.peer.ToString());
  request.set_secret(std::move(post.secret));
  request.set_path(std::move(post.path));
  if (post.kind == pubsub::DataKind::kText) {
    request.set_text(std::move(post.payload));
  } else {
    request.set_binary(std::move(post.payload));
  }
  links_.Call<v1::PostResponse>(
      *node, "hookcast.v1.NodeService/Post", control::NodeLinks::Encode(request),
      control::NodeLinks::kCall,
      [counted = std::move(counted)](const absl::StatusOr<v1::PostResponse>& response) mutable {
        const PostOutcome outcome = OutcomeOf(response);
        counted(outcome == PostOutcome::kUnreachable ? metrics::ForwardedPost::kUnreachable
                                                     : metrics::ForwardedPost::kAnswered,
                outcome);
      });
}

void ClusterPart::Take(const v1::PostRequest& request, control::Answer<v1::PostResponse> answer) {
  const std::optional<PeerId> peer = PeerId::Parse(request.peer());
  if (!peer || !parts_.secrets->Matches(*peer, request.secret())) {
    return answer(Response(v1::PostResponse::OUTCOME_UNKNOWN));
  }
  // Nothing but sessions is in the hubs of a node.
  parts_.shards->WithPeer(
      *peer, [request, answer = std::move(answer)](pubsub::Hub&, pubsub::Peer* found) mutable {
        if (found == nullptr) return answer(Response(v1::PostResponse::OUTCOME_UNKNOWN));
        const bool text = request.has_text();
        answer(Response(ToProto(static_cast<edge::Session*>(found)->Post(
            request.path(), text ? pubsub::DataKind::kText : pubsub::DataKind::kBinary,
            text ? request.text() : request.binary()))));
      });
}

}  // namespace hookcast::app

#include "broker/control/history_page.h"

#include <memory>
#include <utility>

#include "broker/control/peer_info.h"
#include "broker/hooks/proto_codec.h"

namespace hookcast::control {
namespace {

constexpr size_t kMostBytes = 1 << 20;
constexpr int kMostReads = 64;

// One call, which may take several reads.
struct Call {
  pubsub::Backplane* backplane;
  pubsub::HistoryQuery query;
  size_t limit;
  size_t bytes = 0;
  int reads = 0;
  v1::HistoryResponse response{};
  Answer<v1::HistoryResponse> answer;
};

void Add(const pubsub::Message& message, v1::HistoryResponse* response) {
  v1::HistoryEntry* const entry = response->add_entries();
  hooks::ToProto(*message.position, entry->mutable_position());
  v1::PublishedMessage* const published = entry->mutable_message();
  published->set_id(message.id.ToString());
  published->set_namespace_(message.ns);
  published->set_topic(message.topic);
  hooks::ToProto(message.data, published->mutable_data());
  *published->mutable_published_at() = ToTimestamp(message.kept_at);
}

void Read(std::shared_ptr<Call> call) {
  Call& c = *call;
  ++c.reads;
  c.query.limit = c.limit - static_cast<size_t>(c.response.entries_size());
  c.query.bytes = kMostBytes - c.bytes;
  c.backplane->ReadHistory(c.query, [call](absl::StatusOr<pubsub::HistoryPage> page) mutable {
    Call& c = *call;
    if (!page.ok()) return c.answer(page.status());
    for (const pubsub::MessageRef& message : page->messages) {
      c.bytes += message->data.payload.size();
      Add(*message, &c.response);
    }
    // What a later read of one call misses is a gap as well.
    if (page->gap) c.response.set_gap(true);
    hooks::ToProto(page->head, c.response.mutable_head());
    hooks::ToProto(page->scanned, c.response.mutable_next());
    c.query.after = page->scanned;
    const bool full = static_cast<size_t>(c.response.entries_size()) >= c.limit ||
                      c.bytes >= kMostBytes || c.reads >= kMostReads;
    if (full || page->scanned >= page->head) return c.answer(std::move(c.response));
    Read(std::move(call));
  });
}

}  // namespace

void ReadHistoryPage(pubsub::Backplane* backplane, const v1::HistoryRequest& request, size_t limit,
                     Answer<v1::HistoryResponse> answer) {
  pubsub::HistoryQuery query;
  query.ns = request.namespace_();
  if (request.has_since()) query.after = hooks::FromProto(request.since());
  if (!request.topic().empty()) {
    query.topics = std::make_shared<const pubsub::TopicSet>(pubsub::TopicSet{request.topic()});
  }
  Read(std::make_shared<Call>(Call{.backplane = backplane,
                                   .query = std::move(query),
                                   .limit = limit,
                                   .answer = std::move(answer)}));
}

}  // namespace hookcast::control

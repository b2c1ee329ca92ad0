#include "broker/control/name_page.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "broker/control/peer_page.h"

namespace hookcast::control {
namespace {

// A name where it lies in the index, and its peers.
struct Found {
  std::string_view ns;
  std::string_view topic;
  size_t peers;

  friend bool operator<(const Found& a, const Found& b) {
    return std::tie(a.ns, a.topic) < std::tie(b.ns, b.topic);
  }
};

// Keeps the first `limit` of the names behind the cursor, whatever order they come in.
class FirstNames {
 public:
  FirstNames(const NameCursor& after, size_t limit) : after_(after), limit_(limit) {}

  void Add(const Found& found) {
    if (after_ && !(Found{after_->ns, after_->topic, 0} < found)) return;
    if (kept_.size() == limit_) {
      more_ = true;
      if (!(found < *kept_.rbegin())) return;
      kept_.erase(std::prev(kept_.end()));
    }
    kept_.insert(found);
  }

  // `complete` adds what is not in a Found.
  NamePage Take(absl::FunctionRef<void(NameEntry*)> complete) {
    NamePage page;
    page.more = more_;
    size_t bytes = 0;
    for (const Found& found : kept_) {
      NameEntry entry{{std::string(found.ns), std::string(found.topic)}, found.peers, {}};
      complete(&entry);
      bytes += sizeof(entry) + entry.name.ns.size() + entry.name.topic.size() +
               entry.topics.size() * sizeof(uint64_t);
      if (bytes > kPageBytes && !page.entries.empty()) {
        page.more = true;
        break;
      }
      page.entries.push_back(std::move(entry));
    }
    return page;
  }

 private:
  const NameCursor& after_;
  const size_t limit_;
  std::set<Found> kept_;
  bool more_ = false;
};

// Calls `add` for each name of the page, in order, with what all shards have of it, until it
// returns false; says where the list goes on, or "" at its end.
std::string Merge(const std::vector<NamePage>& pages, size_t limit,
                  absl::FunctionRef<bool(const std::vector<const NameEntry*>&)> add) {
  // What a shard left out lies behind its last, so nothing behind that is known whole.
  const Name* end = nullptr;
  for (const NamePage& page : pages) {
    if (!page.more || page.entries.empty()) continue;
    const Name& last = page.entries.back().name;
    if (end == nullptr || last < *end) end = &last;
  }
  std::vector<size_t> at(pages.size(), 0);
  const Name* last = nullptr;
  for (size_t taken = 0;; ++taken) {
    const Name* next = nullptr;
    for (size_t i = 0; i < pages.size(); ++i) {
      if (at[i] == pages[i].entries.size()) continue;
      const Name& name = pages[i].entries[at[i]].name;
      if (next == nullptr || name < *next) next = &name;
    }
    if (next == nullptr && end == nullptr) return "";
    if (next == nullptr || taken == limit || (end != nullptr && *end < *next)) break;
    std::vector<const NameEntry*> same;
    for (size_t i = 0; i < pages.size(); ++i) {
      if (at[i] < pages[i].entries.size() && pages[i].entries[at[i]].name == *next) {
        same.push_back(&pages[i].entries[at[i]++]);
      }
    }
    if (!add(same)) break;
    last = next;
  }
  // Null where a page of another node is out of order: there is nothing to go on from.
  return last == nullptr ? "" : last->ToCursor();
}

uint64_t PeersOf(const std::vector<const NameEntry*>& entries) {
  uint64_t peers = 0;
  for (const NameEntry* entry : entries) peers += entry->peers;
  return peers;
}

absl::flat_hash_set<uint64_t> TopicsOf(const std::vector<const NameEntry*>& entries) {
  absl::flat_hash_set<uint64_t> topics;
  for (const NameEntry* entry : entries) topics.insert(entry->topics.begin(), entry->topics.end());
  return topics;
}

// FNV-1a, which all nodes compute alike. Whoever makes two topics meet is counted one too few.
uint64_t HashOf(std::string_view topic) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : topic) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211u;
  }
  return hash;
}

// Adds `info` to `list` if the page does not grow beyond its bytes by it.
template <typename List, typename Info>
bool AddWithin(size_t* bytes, List* list, Info info) {
  *bytes += info.ByteSizeLong();
  if (*bytes > kPageBytes && !list->empty()) return false;
  *list->Add() = std::move(info);
  return true;
}

}  // namespace

std::string Name::ToCursor() const {
  return absl::StrCat(ns.size(), ".", absl::WebSafeBase64Escape(absl::StrCat(ns, topic)));
}

bool ReadNameCursor(std::string_view text, NameCursor* cursor) {
  cursor->reset();
  if (text.empty()) return true;
  const size_t dot = text.find('.');
  size_t ns_bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ns_bytes);
  if (dot == std::string_view::npos || error != std::errc() || end != text.data() + dot) {
    return false;
  }
  std::string names;
  const std::string_view escaped = text.substr(dot + 1);
  if (!absl::WebSafeBase64Unescape({escaped.data(), escaped.size()}, &names)) return false;
  if (ns_bytes > names.size()) return false;
  *cursor = Name{names.substr(0, ns_bytes), names.substr(ns_bytes)};
  return true;
}

NamePage TakeNamespaces(const pubsub::Hub& hub, const NameCursor& after, size_t limit) {
  FirstNames first(after, limit);
  hub.index().VisitNamespaces([&](const std::string& ns, size_t peers, size_t) {
    first.Add({ns, {}, peers});
  });
  return first.Take([&](NameEntry* entry) {
    hub.index().VisitTopics(entry->name.ns, [entry](const std::string& topic, size_t) {
      entry->topics.push_back(HashOf(topic));
    });
  });
}

NamePage TakeTopics(const pubsub::Hub& hub, const std::optional<std::string>& ns,
                    const NameCursor& after, size_t limit) {
  FirstNames first(after, limit);
  const auto add_topics = [&](const std::string& space) {
    if (after && space < after->ns) return;
    hub.index().VisitTopics(space, [&](const std::string& topic, size_t subscribers) {
      first.Add({space, topic, subscribers});
    });
  };
  if (ns) {
    add_topics(*ns);
  } else {
    hub.index().VisitNamespaces(
        [&](const std::string& space, size_t, size_t) { add_topics(space); });
  }
  return first.Take([](NameEntry*) {});
}

v1::ListNamespacesResponse MergeNamespaces(const std::vector<NamePage>& pages, size_t limit,
                                           bool with_hashes) {
  v1::ListNamespacesResponse response;
  size_t bytes = 0;
  response.set_next_cursor(Merge(pages, limit, [&](const std::vector<const NameEntry*>& entries) {
    v1::NamespaceInfo info;
    info.set_namespace_(entries[0]->name.ns);
    info.set_peers(PeersOf(entries));
    const absl::flat_hash_set<uint64_t> topics = TopicsOf(entries);
    info.set_topics(topics.size());
    if (with_hashes)
      info.mutable_topic_hashes()->mutable_hashes()->Add(topics.begin(), topics.end());
    return AddWithin(&bytes, response.mutable_namespaces(), std::move(info));
  }));
  return response;
}

v1::ListTopicsResponse MergeTopics(const std::vector<NamePage>& pages, size_t limit) {
  v1::ListTopicsResponse response;
  size_t bytes = 0;
  response.set_next_cursor(Merge(pages, limit, [&](const std::vector<const NameEntry*>& entries) {
    v1::TopicInfo info;
    info.set_namespace_(entries[0]->name.ns);
    info.set_topic(entries[0]->name.topic);
    info.set_peers(PeersOf(entries));
    return AddWithin(&bytes, response.mutable_topics(), std::move(info));
  }));
  return response;
}

NamePage PageOf(const v1::ListNamespacesResponse& list) {
  NamePage page;
  page.more = !list.next_cursor().empty();
  for (const v1::NamespaceInfo& info : list.namespaces()) {
    const auto& hashes = info.topic_hashes().hashes();
    page.entries.push_back({{info.namespace_(), ""}, info.peers(), {hashes.begin(), hashes.end()}});
  }
  return page;
}

NamePage PageOf(const v1::ListTopicsResponse& list) {
  NamePage page;
  page.more = !list.next_cursor().empty();
  for (const v1::TopicInfo& info : list.topics()) {
    page.entries.push_back({{info.namespace_(), info.topic()}, info.peers(), {}});
  }
  return page;
}

}  // namespace hookcast::control

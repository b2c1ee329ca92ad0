// WHATWG HTML, sections 9.2.3 and 9.2.4: a client that comes back says what it has, and gets what
// it missed.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/conformance/stream.h"
#include "tests/conformance/tables.h"

namespace hookcast::conformance {
namespace {

using testing::NodeProcess;
using Data = std::vector<std::string>;

// A client's stay: from its request to when it leaves.
class Visit {
 public:
  Visit(NodeProcess& node, const Request& request)
      : stream_(Stream::Open(node.clients(), request, false)) {
    if (stream_ == nullptr) {
      wrong_ = "no answer";
    } else {
      wrong_ = CheckBeginning(*stream_, request, {});
    }
  }

  // The next event; id blocks without data move the position alone.
  Seen Next() {
    while (wrong_.empty()) {
      const std::string block = stream_->NextBlock();
      std::vector<Seen> seen = stream_->TakeEvents();
      if (!seen.empty()) return std::move(seen[0]);
      if (block.empty()) wrong_ = "no event came";
    }
    return {};
  }
  // Expects these to be next, and none else before what is published then.
  std::string Gets(NodeProcess& node, const Data& data) {
    for (const std::string& each : data) {
      const Seen seen = Next();
      if (wrong_.empty() && seen.type + ":" + seen.data != each) {
        wrong_ = absl::StrCat("expected ", each, ", got ", seen.type, ":", seen.data);
      }
    }
    if (!PublishTo(node, R"({"text": "last"})").ok()) wrong_ = "could not publish";
    const Seen seen = Next();
    if (wrong_.empty() && seen.data != "last") wrong_ = "one too many: " + seen.data;
    return wrong_;
  }
  const std::string& last_event_id() const { return stream_->parser().last_event_id(); }
  const std::string& wrong() const { return wrong_; }

 private:
  std::unique_ptr<Stream> stream_;
  std::string wrong_;
};

void Publish(NodeProcess& node, const Data& texts) {
  for (const std::string& text : texts) {
    (void)PublishTo(node, absl::StrCat("{\"text\": \"", text, "\"}"));
  }
}

// Has seen one event, and left.
std::string IdOfAVisit(NodeProcess& node, const std::string& data = R"({"text": "seen"})") {
  Visit visit(node, StreamRequest());
  (void)PublishTo(node, data);
  visit.Next();
  return visit.last_event_id();
}

Case Tries(std::string name, std::function<std::string(NodeProcess&)> play) {
  Case row;
  row.name = std::move(name);
  row.chopped = false;
  row.play = [play = std::move(play)](NodeProcess& node, bool) { return play(node); };
  return row;
}

// Leaves, misses some, and comes back with its id in this request: gets these, then what is live.
Case ComesBack(std::string name, const Data& missed, std::function<Request(std::string id)> request,
               const Data& gets) {
  return Tries(std::move(name), [=](NodeProcess& node) {
    const std::string id = IdOfAVisit(node);
    if (id.empty()) return std::string("no id");
    Publish(node, missed);
    Visit back(node, request(id));
    return back.Gets(node, gets);
  });
}

Request WithHeader(std::string id) { return StreamRequest().With("Last-Event-ID", std::move(id)); }
Request WithQuery(const std::string& id) { return StreamRequest("/events?last_event_id=" + id); }

// The id with one of its three parts replaced.
std::string Replaced(const std::string& id, size_t part, const std::string& by) {
  std::vector<std::string> parts = absl::StrSplit(id, '.');
  if (part < parts.size()) parts[part] = by;
  return absl::StrJoin(parts, ".");
}

}  // namespace

Table EventStreamResumeTable() {
  const Data missed = {"a", "b"};
  const Data both = {"message:a", "message:b"};
  const Data four = {"a", "b", "c", "d"};
  const Data gap = {"hookcast.gap:{}", "message:a", "message:b", "message:c", "message:d"};
  return {
      .name = "EventStreamResume",
      .about = "Sections 9.2.3 and 9.2.4 in a namespace that keeps its last four messages.",
      .config = R"(
shards: 1
routes:
  - { path: /echo, static: { on_message: echo } }
  - { path: /events, transports: [sse], namespace: conformance, static: { subscribe: [t] },
      history: { size: 4, age: 1h } }
)",
      .rules = {
          {"9.2.6",
           "Each event has an id, by which its client can come back; an application's own stands "
           "behind a semicolon",
           {Tries("IdsOfEvents",
                  [](NodeProcess& node) -> std::string {
                    Visit visit(node, StreamRequest());
                    Publish(node, {"a", "b"});
                    const Seen first = visit.Next();
                    const Seen second = visit.Next();
                    if (!visit.wrong().empty()) return visit.wrong();
                    const bool good =
                        !first.last_event_id.empty() && first.last_event_id != second.last_event_id;
                    return good ? "" : "ids: " + first.last_event_id + " " + second.last_event_id;
                  }),
            Tries("OwnIdBehindIt",
                  [](NodeProcess& node) -> std::string {
                    const std::string id =
                        IdOfAVisit(node, R"({"text": "x", "event": {"id": "own"}})");
                    return id.size() > 4 && id.ends_with(";own") ? "" : "id: " + id;
                  })},
           true},
          {"9.2.4",
           "A client that comes back with Last-Event-ID gets each message that it missed once, in "
           "order, and then what is live; one without it what is live alone",
           {ComesBack("MissedSome", missed, WithHeader, both),
            ComesBack("MissedNone", {}, WithHeader, {}),
            ComesBack("MissedAsManyAsAreHeld", {"a", "b", "c", "d"}, WithHeader,
                      {"message:a", "message:b", "message:c", "message:d"}),
            ComesBack("ByTheQuery", missed, WithQuery, both),
            ComesBack(
                "HeaderBeforeQuery", missed,
                [](const std::string& id) { return WithQuery("0").With("Last-Event-ID", id); },
                both),
            ComesBack(
                "WithAnIdOfItsOwn", missed,
                [](const std::string& id) { return WithHeader(id + ";own: x"); }, both),
            ComesBack("SaysNothing", missed, [](const std::string&) { return StreamRequest(); },
                      {}),
            ComesBack("SaysAnEmptyId", missed, [](const std::string&) { return WithHeader(""); },
                      {}),
            ComesBack(
                "Http10", missed,
                [](const std::string& id) { return WithHeader(id).Version("HTTP/1.0"); }, both)},
           true},
          {"9.2.4",
           "What is no longer held is a gap, told before what is held; an id that is none of this "
           "namespace is one too, behind which its client is like a new one",
           {ComesBack("MissedMoreThanIsHeld", {"a", "b", "c", "d", "e", "f"}, WithHeader,
                      {"hookcast.gap:{}", "message:c", "message:d", "message:e", "message:f"}),
            ComesBack(
                "IdOfAnotherEpoch", four,
                [](const std::string& id) { return WithHeader(Replaced(id, 1, "7")); }, gap),
            ComesBack(
                "IdAboveTheHead", four,
                [](const std::string& id) { return WithHeader(Replaced(id, 2, "99999999")); }, gap),
            ComesBack("IdOfAnotherNamespace", four,
                      [](const std::string& id) { return WithHeader(Replaced(id, 0, "00000000")); },
                      {"hookcast.gap:{}"}),
            ComesBack("IdThatIsNone", four, [](const std::string&) { return WithHeader("42"); },
                      {"hookcast.gap:{}"}),
            ComesBack("IdOfManyBytes", four,
                      [](const std::string&) { return WithHeader(std::string(4000, '9')); },
                      {"hookcast.gap:{}"})},
           true},
      }};
}

}  // namespace hookcast::conformance

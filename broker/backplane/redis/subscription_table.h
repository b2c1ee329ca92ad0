#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "broker/base/clock.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/backplane.h"

namespace hookcast::backplane {

// What this node wants to hear of, against what its link to Redis is subscribed to. Says which
// commands lead from one to the other, and is told of their answers.
//
//   - Everything counts for one life of the link (a generation). A new one begins with nothing, and
//     what is wanted is subscribed to again, from the start.
//   - No two commands for one namespace are under way at once, so that their order cannot be lost.
//     What is wanted when an answer comes decides what follows it.
//   - What nobody wants any more stays subscribed for a while, for those who come back.
//
// Thread: one at a time. Pure: no sockets, no clock.
class SubscriptionTable {
 public:
  static constexpr size_t kMostLingering = 10'000;
  static constexpr Duration kHeardWithin = std::chrono::seconds(1);

  // `linger` is that while. The metrics outlive it.
  SubscriptionTable(metrics::Catalogue* metrics, Duration linger)
      : metrics_(metrics), linger_(linger) {}
  SubscriptionTable(const SubscriptionTable&) = delete;
  SubscriptionTable& operator=(const SubscriptionTable&) = delete;
  ~SubscriptionTable();

  // An answer to whoever waits to be heard. To be called when no lock is held.
  struct Answer {
    pubsub::HeardCallback done;
    bool heard;
  };
  using Answers = std::vector<Answer>;

  void Want(std::string_view ns);
  // Who waits for it is answered in the negative.
  void Unwant(std::string_view ns, TimePoint now, Answers* answers);
  // `done` goes into `answers`, now or by a later call.
  void AwaitHeard(std::string_view ns, pubsub::HeardCallback done, TimePoint now, Answers* answers);

  // The link can take commands: a generation begins.
  void LinkUp();
  // It ends. What was subscribed is not any more.
  void LinkDown();

  struct Command {
    bool subscribe = false;
    std::vector<std::string_view> namespaces;  // valid until the table is told of anything
  };
  // The next command to send, of at most `most` namespaces, which counts as sent; none while the
  // link is down, everything is as wanted, or kMostUnanswered namespaces are owed an answer.
  std::optional<Command> NextCommand(size_t most);
  static constexpr size_t kMostUnanswered = 10'000;

  // Redis answered for the namespace. True where somebody has to be told that messages may be
  // missing in front of what comes now: it was heard before the link was lost, and wanted all the
  // time, or somebody waited for it for too long.
  bool Subscribed(std::string_view ns, Answers* answers);
  void Unsubscribed(std::string_view ns);

  // Ends lingering, and answers those who waited for too long.
  void Tick(TimePoint now, Answers* answers);
  // Answers all who wait in the negative.
  void Stop(Answers* answers);

  // The namespace is wanted, and heard in this generation.
  bool IsHeard(std::string_view ns) const;
  // Of what was wanted when this generation began, so much is not heard yet.
  size_t restoring() const { return restoring_; }
  size_t unanswered() const { return unanswered_; }
  size_t wanted() const { return wanted_; }
  size_t lingering() const { return lingering_.size(); }
  // Namespaces that it knows of: none are left behind once they are neither wanted nor lingering.
  size_t size() const { return entries_.size(); }

 private:
  struct Entry;
  struct Waiter {
    Entry* entry;
    TimePoint until;
    pubsub::HeardCallback done;
  };
  using Waiters = std::list<Waiter>;
  using Entries = std::list<Entry*>;
  enum class Wire : uint8_t { kNothing, kSubscribing, kSubscribed, kUnsubscribing };
  struct Entry {
    std::string ns;
    bool wanted = false;
    bool lingers = false;
    bool due = false;        // in due_, at due_at
    bool restoring = false;  // counted in restoring_
    bool missed = false;     // somebody who wants it does not have all of it
    Wire wire = Wire::kNothing;
    Entries::iterator due_at;
    Entries::iterator lingers_at;
    TimePoint lingers_until;
    std::vector<Waiters::iterator> waiters;
  };

  Entry* Find(std::string_view ns) const;
  // Sees to it that the entry's wire becomes what is wanted, and forgets what nobody needs.
  void Settle(Entry* entry);
  void SetWire(Entry* entry, Wire wire);
  void SetDue(Entry* entry, bool due);
  void SetRestoring(Entry* entry, bool restoring);
  void EndLingering(Entry* entry);
  void AnswerAll(Entry* entry, bool heard, Answers* answers);

  metrics::Catalogue* const metrics_;
  const Duration linger_;
  absl::flat_hash_map<std::string_view, std::unique_ptr<Entry>> entries_;  // keys are the entries'
  bool up_ = false;
  Entries due_;        // a command has to be sent
  Entries lingering_;  // the one that ends first in front
  Waiters waiters_;    // the one that gives up first in front
  size_t wanted_ = 0;
  size_t restoring_ = 0;
  size_t unanswered_ = 0;
};

}  // namespace hookcast::backplane

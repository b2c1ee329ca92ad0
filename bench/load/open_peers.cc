#include "bench/load/open_peers.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "bench/load/progress.h"
#include "bench/wire/process.h"

namespace hookcast::bench {
namespace {

class Opening final : public Connection::Observer {
 public:
  Opening(Loop& loop, const Target& target, size_t count, Connection::Observer& then, Peers& peers)
      : loop_(loop), target_(target), count_(count), then_(then), peers_(peers) {}

  void StartNext() {
    if (peers_.size() == count_) return;
    peers_.push_back(std::make_unique<Connection>(loop_, *this, peers_.size()));
    peers_.back()->Start(target_, peers_.back()->id(), count_);
  }

  size_t opened() const { return opened_; }

  void OnOpen(Connection& connection) override {
    connection.set_observer(then_);
    ++opened_;
    StartNext();
  }
  void OnMessage(Connection&, uint8_t, std::string_view) override {}
  void OnCloseFrame(Connection&, uint16_t, std::string_view) override {}
  void OnEnd(Connection& connection, const absl::Status& error) override {
    loop_.Fail(absl::Status(error.code(), absl::StrCat("peer ", connection.id() + 1, " of ", count_,
                                                       ": ", std::string(error.message()))));
  }

 private:
  Loop& loop_;
  const Target& target_;
  const size_t count_;
  Connection::Observer& then_;
  Peers& peers_;
  size_t opened_ = 0;
};

}  // namespace

absl::Status OpenPeers(Loop& loop, const Target& target, size_t count, size_t concurrency,
                       Connection::Observer& observer, Peers& peers) {
  if (absl::Status allowed = AllowDescriptors(count); !allowed.ok()) return allowed;
  // It stays the observer of those that did not open in time, so it lives as long as they may be
  // served; the loop does not serve after a failure.
  Opening opening(loop, target, count, observer, peers);
  peers.reserve(count);
  for (size_t i = 0; i < concurrency; ++i) opening.StartNext();
  Progress progress("peers open", count);
  return loop.RunUntil(
      [&] {
        progress.Update(opening.opened());
        return opening.opened() == count;
      },
      absl::StrCat("the opening of all ", count, " peers at ", target.url));
}

}  // namespace hookcast::bench

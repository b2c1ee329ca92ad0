#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstddef>
#include <utility>

namespace hookcast::hooks {

// How many peers go to one place where events are answered. It may outlive that place.
//
// Thread: shard-affine.
struct PeerCount : boost::intrusive_ref_counter<PeerCount, boost::thread_unsafe_counter> {
  size_t peers = 0;
};

// Where a peer's events went last, so that the next go there too: an application may keep things at
// hand for the peers that it knows. Part of the peer's session; empty until its first event.
//
// Thread: shard-affine.
class Affinity {
 public:
  Affinity() = default;
  Affinity(const Affinity&) = delete;
  Affinity& operator=(const Affinity&) = delete;
  ~Affinity() { MoveTo(nullptr); }

  const PeerCount* place() const { return place_.get(); }
  void MoveTo(PeerCount* place) {
    if (place_ != nullptr) --place_->peers;
    place_ = place;
    if (place_ != nullptr) ++place_->peers;
  }

 private:
  boost::intrusive_ptr<PeerCount> place_;
};

}  // namespace hookcast::hooks

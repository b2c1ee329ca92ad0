#include "broker/hooks/hook_event.h"

#include "absl/strings/str_cat.h"

namespace hookcast::hooks {

Hook PeerEvent::hook() const {
  static constexpr Hook kByAlternative[] = {Hook::kOpen,  Hook::kMessage, Hook::kClose,
                                            Hook::kError, Hook::kDrain,   Hook::kResume};
  return kByAlternative[what.index()];
}

std::string EventId(const PeerId& peer, uint64_t number) {
  return absl::StrCat(peer.ToString(), "/", number);
}

}  // namespace hookcast::hooks

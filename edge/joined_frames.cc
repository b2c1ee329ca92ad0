#include "edge/joined_frames.h"

namespace hookcast::edge {

std::string_view JoinedFrames::Join(const OutboundQueue& queue) {
  if (Holds(queue)) return bytes_;
  Clear();
  frames_.reserve(queue.frames());
  for (size_t i = 0; i < queue.frames(); ++i) {
    frames_.push_back(queue.frame(i));
    bytes_.append(frames_.back().view());
  }
  return bytes_;
}

void JoinedFrames::Clear() {
  frames_.clear();
  bytes_.clear();
}

bool JoinedFrames::Holds(const OutboundQueue& queue) const {
  if (queue.frames() != frames_.size()) return false;
  for (size_t i = 0; i < frames_.size(); ++i) {
    if (!(queue.frame(i) == frames_[i])) return false;
  }
  return true;
}

}  // namespace hookcast::edge

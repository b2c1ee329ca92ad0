#pragma once

#include <array>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "broker/config/config.h"

namespace hookcast::control {

// What the nodes of a cluster prove to each other that they belong together with; or none.
//
// Thread: immutable.
class ClusterToken {
 public:
  // None.
  ClusterToken() = default;
  // Reads the file where the configuration names one. INVALID_ARGUMENT or another error that names
  // the file, and nothing of what is in it.
  static absl::StatusOr<ClusterToken> Read(const config::ClusterConfig& config);

  bool empty() const { return text_.empty(); }
  // For the calls of this node. Never log it.
  const std::string& text() const { return text_; }
  // Whether `shown` is it, in a time that does not depend on what differs. False where there is
  // none.
  bool Matches(std::string_view shown) const;

 private:
  explicit ClusterToken(std::string text);

  std::string text_;
  std::array<unsigned char, 32> digest_{};
};

}  // namespace hookcast::control

#pragma once

#include <string>

namespace hookcast::cli {

// What gRPC itself says of a call that failed, without its own terms: of a message that is too
// long, and of a node that cannot be connected to. All other words as they are.
std::string PlainTransportWords(const std::string& said);

}  // namespace hookcast::cli

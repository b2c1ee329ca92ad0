#pragma once

#include <string>
#include <vector>

namespace hookcast::testing {

// A node with a history, and bench/load's crowd of clients of event streams that leave at random
// and come back with their last id while messages are published, as `flags` of "hookcast-load
// resume" say. Fails the test where a client does not get each message once, in order, with no gap,
// or where the node keeps a peer or does not end well (as under a sanitizer that has something to
// report).
void CrowdResumes(std::vector<std::string> flags);

}  // namespace hookcast::testing

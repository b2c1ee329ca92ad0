#pragma once

#include <string>
#include <vector>

namespace hookcast::testing {

// A node with a history, and the crowd of bench/load, whose clients leave at random and come back
// with their last id while messages are published, as `flags` of "hookcast-load resume" say.
// `scheme`: "http" for event streams, "ws" for hookcast.v1.json. Fails the test where a client does
// not get each message once, in order, with no gap, or where the node keeps a connection or does
// not end well (as under a sanitizer that has something to report).
void CrowdResumes(const std::string& scheme, std::vector<std::string> flags);

}  // namespace hookcast::testing

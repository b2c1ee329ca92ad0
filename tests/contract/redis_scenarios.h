#pragma once

#include <cstddef>

#include "tests/contract/redis_node.h"
#include "tests/integration/redis_process.h"

// What the short tests of failures do a few times, and the long ones many.

namespace hookcast::contract {

// `b` hears so many namespaces; each round breaks its subscriptions, and breaks them again while
// they are being made again. All of it is heard by `a`'s publishes afterwards. REQUIRES: both are
// ready.
void BreakAmidResubscription(testing::RedisProcess* redis, RedisNode* a, RedisNode* b,
                             size_t namespaces, int rounds);

// Kills Redis, or its links, at random instants of publishes and of the way back. Every publish is
// answered once, and in the end all is heard. REQUIRES: both are ready.
void DieAtAnyInstant(testing::RedisProcess* redis, RedisNode* a, RedisNode* b, int rounds);

}  // namespace hookcast::contract

#pragma once

namespace hookcast::testing {

// In each round `clients` connect from a process of their own, hear what is published as fast as
// the node takes it, and vanish in one instant, by SIGKILL. Fails the test where the node does not
// let go of all of them, misses a close hook, calls more close hooks at once than the route's
// max_in_flight, or does not end well (as under a sanitizer that has something to report).
// `session`: its hooks go over Session, else as unary calls.
void CrowdVanishes(int clients, int rounds, bool session);

}  // namespace hookcast::testing

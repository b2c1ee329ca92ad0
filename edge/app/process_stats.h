#pragma once

namespace hookcast::app {

// What the kernel says of this process; 0 where it does not say. Thread: any.
double OpenDescriptors();
double MostDescriptors();
// Clients get descriptors below this number; a sixteenth, 16 to 256, is for all else: the links to
// Redis, applications and other nodes, the pages, control.
int DescriptorsForClients();
double ResidentBytes();

}  // namespace hookcast::app

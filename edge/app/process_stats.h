#pragma once

namespace hookcast::app {

// What the kernel says of this process; 0 where it does not say. Thread: any.
double OpenDescriptors();
double MostDescriptors();
double ResidentBytes();

}  // namespace hookcast::app

#pragma once

#include "broker/config/config.h"
#include "broker/config/key.h"

namespace hookcast::config {

// The keys of server-sent events, for the tables of keys.cc. Each adds its own at the table's end.

void AddSseKeys(KeyTable<Config>* keys);
void AddSseRouteKeys(KeyTable<Route>* keys);

}  // namespace hookcast::config

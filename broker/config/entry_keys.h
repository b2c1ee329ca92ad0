#pragma once

#include "broker/config/config.h"
#include "broker/config/key.h"

namespace hookcast::config {

// The keys of what decides about a connection before any hook, for the tables of keys.cc. Each adds
// its own at the table's end.

void AddOriginKeys(KeyTable<Route>* keys);
// Of the group "limits".
void AddEntryLimitKeys(KeyTable<Route>* keys);
void AddProxyKeys(KeyTable<Config>* keys);

}  // namespace hookcast::config

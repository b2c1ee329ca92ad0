#pragma once

#include "broker/config/key.h"

namespace hookcast::config {

// What is kept of past messages: of a route, of an entry of `namespaces`, and of the node.
void AddHistoryKeys(KeyTable<Route>* keys);
const KeyTable<NamespaceSettings>& NamespaceKeys();
void AddHistoryKeys(KeyTable<Config>* keys);

}  // namespace hookcast::config

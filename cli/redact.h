#pragma once

#include "hookcast/v1/types.pb.h"

namespace hookcast::cli {

// Replaces by "***" what could let somebody in, in the request that a peer's details show: the
// values of the query, in the target and in Referer, and of headers that carry credentials
// (Authorization, cookies, and those whose names speak of a token, key, secret or password).
void HideSecrets(v1::PeerInfo* peer);

}  // namespace hookcast::cli

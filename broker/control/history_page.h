#pragma once

#include <cstddef>

#include "broker/control/answer.h"
#include "broker/pubsub/backplane.h"
#include "hookcast/v1/broker.pb.h"

namespace hookcast::control {

// Answers a History call with up to `limit` messages. A topic that is rare among others is looked
// for in a bounded number of them: a page may hold few messages, or none, and `next` goes on.
//
// The backplane outlives the answer. REQUIRES: the request's names were checked. Thread: any.
void ReadHistoryPage(pubsub::Backplane* backplane, const v1::HistoryRequest& request, size_t limit,
                     Answer<v1::HistoryResponse> answer);

}  // namespace hookcast::control

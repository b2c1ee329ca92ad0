#pragma once

#include <string>
#include <vector>

#include "tests/conformance/rule.h"
#include "tests/integration/client/http_client.h"
#include "tests/integration/node_process.h"

namespace hookcast::conformance {

// Plays one row against a node that runs with the table's configuration. Returns "" where all came
// as it should, else where it did not and what came in place of it.
//
// `chopped`: the client's bytes go out one by one, or, where they are many, in small odd pieces.
//
// Behind a dialogue that leaves the connection open a message is echoed, which shows that nothing
// else was to come; behind a refusal or a Close the server has to end the connection first.
std::string Play(testing::NodeProcess& node, const Table& table, const Case& row, bool chopped);

// "" where each of the headers is there once with its value, or, where that is empty, not at all.
std::string CheckHeaders(const testing::HttpResponse& response,
                         const std::vector<HeaderIs>& headers);

}  // namespace hookcast::conformance

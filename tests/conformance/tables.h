#pragma once

#include <vector>

#include "tests/conformance/rule.h"

namespace hookcast::conformance {

// RFC 6455, in the order of its sections. A file each. A further table has a configuration and,
// where it needs one, a handshake of its own; it is one more of Tables().
Table HandshakeTable();
Table FrameTable();
Table FragmentTable();
Table Utf8Table();
Table CloseTable();
Table LimitTable();
Table DeadlineTable();
// RFC 7692.
Table DeflateTable();
// WHATWG HTML, section 9.2.
Table EventStreamTable();
Table EventStreamTimesTable();
Table EventStreamResumeTable();
// The HTTP around it: RFC 9110, 9111 and 9112; the Fetch standard.
Table EventStreamHttpTable();
Table CorsTable();
Table PostTable();

// All of them: what the tests run and docs/conformance.md shows.
std::vector<Table> Tables();

}  // namespace hookcast::conformance

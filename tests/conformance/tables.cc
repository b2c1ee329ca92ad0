#include "tests/conformance/tables.h"

namespace hookcast::conformance {

std::vector<Table> Tables() {
  return {HandshakeTable(),
          FrameTable(),
          FragmentTable(),
          Utf8Table(),
          CloseTable(),
          LimitTable(),
          DeadlineTable(),
          DeflateTable(),
          EventStreamTable(),
          EventStreamTimesTable(),
          EventStreamResumeTable(),
          EventStreamHttpTable(),
          CorsTable(),
          PostTable()};
}

}  // namespace hookcast::conformance

// What a client does not do in time: RFC 6455 leaves the times to the server.

#include <string>

#include "tests/conformance/tables.h"

namespace hookcast::conformance {

Table DeadlineTable() {
  return {
      .name = "Deadlines",
      .about = "Sections 7.1.1, 7.2.3 and 10.4: clients that do not do their part in time.",
      .config = R"(
shards: 1
http: { header_timeout: 1s }
websocket: { close_timeout: 1s }
routes:
  - { path: /echo, static: { on_message: echo } }
)",
      .rules = {
          {"10.4",
           "A request has to be there in time, however steadily it drips, else 408",
           {Whole(Accepts("HandshakeInTime", Handshake())),
            Dripped(Refuses("HandshakeThatDrips", Handshake(), 408))}},
          {"7.1.1",
           "A client that does not answer the server's Close is not waited for for ever",
           {Whole(Accepts("CloseIsAnswered",
                          {ServerCloses(4000, ""), GetClose(4000), Send(Close(4000)), GetEnd()})),
            Whole(Accepts("CloseIsIgnored", {ServerCloses(4000, ""), GetClose(4000), GetEnd()})),
            Whole(
                Accepts("DataInPlaceOfAClose", {ServerCloses(4000, ""), GetClose(4000),
                                                Send(Text("no")), Send(Text("never")), GetEnd()})),
            Whole(Accepts("NonsenseInPlaceOfAClose", {ServerCloses(4000, ""), GetClose(4000),
                                                      Send(Text("x").Unmasked()), GetEnd()}))},
           true},
      }};
}

}  // namespace hookcast::conformance

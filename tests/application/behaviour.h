#pragma once

#include <chrono>
#include <string>

namespace hookcast::testing {

// What the application does, as its command line says.
struct Behaviour {
  std::string listen = "127.0.0.1:0";
  std::string record;  // file to which each event is appended; empty: none
  bool print = false;  // each event, on stdout
  bool session = true;
  bool echo = false;    // a message is sent back to its peer
  bool reject = false;  // every upgrade, with 403
  bool obey = false;    // the client says what is answered; see Obedience
  bool silent = false;  // no message is ever answered
  std::chrono::milliseconds message_delay{0};
  std::chrono::milliseconds upgrade_delay{0};  // on streams
  unsigned credit_events = 0;                  // 0: the protocol's default
};

}  // namespace hookcast::testing

#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/frame.h"
#include "tests/conformance/request.h"
#include "tests/conformance/wire.h"

namespace hookcast::testing {
class NodeProcess;
}

namespace hookcast::conformance {

// What the server has to do next.
struct Expected {
  std::string description;
  std::function<bool(const Event&)> matches;
};

// One step of a dialogue, seen from the client.
struct Step {
  enum class Kind {
    kSend,          // `bytes` go out
    kGet,           // the next that the server does is `expected`
    kServerCloses,  // the server is told, past this connection, to close it with `code` and `bytes`
    kClientEnds,    // the client ends its side of the TCP connection
  };

  Kind kind = Kind::kSend;
  std::string bytes;
  Expected expected;
  uint16_t code = 0;
};

// Steps in order. Dialogues nest, so that a row may be written as {Send(…), Get(…), Echo(…)}.
struct Dialogue {
  Dialogue() = default;
  Dialogue(std::initializer_list<Dialogue> parts);  // NOLINT: rows are lists
  explicit Dialogue(Step step) { steps.push_back(std::move(step)); }

  std::vector<Step> steps;
};

Dialogue Send(const Frame& frame);
Dialogue Send(std::string bytes);
Dialogue Get(const Frame& frame);
Dialogue Get(Expected expected);
// A Close with that code, whatever its reason. 1005: without one.
Dialogue GetClose(uint16_t code);
// The server ends the connection without a further word.
Dialogue GetEnd();
// The message goes out and comes back.
Dialogue Echo(const Frame& frame);
Dialogue ServerCloses(uint16_t code, std::string reason);
Dialogue ClientEnds();
Dialogue Repeat(int times, const Dialogue& dialogue);

// A header that a response has to have; an empty value: must not have.
using HeaderIs = std::pair<std::string, std::string>;

// One row: what the client does, and what has to come of it.
struct Case {
  std::string name;
  std::string outcome;             // for people: "", "426", "close 1002"
  bool refused = false;            // it breaks the rule; else it keeps it
  std::optional<Request> request;  // in place of the table's handshake
  std::vector<HeaderIs> headers;   // of the response
  int status = 101;
  // Once the connection is open. Made when it is played: some are tens of megabytes.
  std::function<Dialogue()> dialogue = [] { return Dialogue(); };
  bool chopped = true;   // is tried a second time with its bytes cut small
  bool dripped = false;  // the request goes out byte by byte, one after each silence of 100 ms
  // In place of all above from `request` on: plays the row against a node and says what was wrong,
  // as Play does.
  std::function<std::string(testing::NodeProcess& node, bool chopped)> play;
};

// The handshake is accepted, and the connection works.
Case Accepts(std::string name, Request request, std::vector<HeaderIs> headers = {});
Case Accepts(std::string name, Request request, Dialogue dialogue);
// The dialogue goes as it says, on an open connection.
Case Accepts(std::string name, Dialogue dialogue);
Case Accepts(std::string name, std::function<Dialogue()> dialogue);
// The handshake is answered with that status and a sentence, and the connection ends.
Case Refuses(std::string name, Request request, int status, std::vector<HeaderIs> headers = {});
// After the dialogue the server fails the connection: a Close with that code, then the end.
Case Refuses(std::string name, Dialogue dialogue, uint16_t close_code);
Case Refuses(std::string name, std::function<Dialogue()> dialogue, uint16_t close_code);
Case Refuses(std::string name, Request request, Dialogue dialogue, uint16_t close_code);
// Not tried a second time: its bytes are too many, or their timing is the point.
Case Whole(Case once);
Case Dripped(Case row);

// One requirement of the standard.
struct Rule {
  std::string section;  // "5.5.2"
  std::string sentence;
  std::vector<Case> cases;
  // It says what the server does, or what it has to bear: no client can break it, and no case is
  // refused.
  bool of_server = false;
};

// Rules that are tried on one node.
struct Table {
  std::string name;    // of its tests: "Handshake"
  std::string about;   // one sentence of docs/conformance.md
  std::string config;  // of the node, in YAML, without addresses
  Request handshake = Handshake();
  std::vector<HeaderIs> headers;  // of each 101
  std::vector<Rule> rules;
};

}  // namespace hookcast::conformance

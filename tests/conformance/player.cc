#include "tests/conformance/player.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/client/accept_key.h"
#include "tests/integration/client/http_reader.h"

namespace hookcast::conformance {
namespace {

using Kind = Event::Kind;

constexpr std::chrono::seconds kPatience{20};
constexpr std::chrono::milliseconds kDripInterval{100};
constexpr size_t kMostPieces = 2'000;

// What is wrong with the answer to a handshake, if anything is.
std::string CheckResponse(const Event& event, const Request& request, const Case& row,
                          const Table& table) {
  const testing::HttpResponse& response = event.response;
  if (event.kind != Kind::kResponse || response.status != row.status) {
    return absl::StrCat("expected status ", row.status, ", got ", Describe(event));
  }
  std::vector<HeaderIs> headers = row.headers;
  if (row.status == 101) {
    headers.insert(headers.end(),
                   {{"Upgrade", "websocket"},
                    {"Connection", "Upgrade"},
                    {"Sec-WebSocket-Accept", testing::WebSocketAccept(request.key())},
                    {"Content-Length", ""},
                    {"Transfer-Encoding", ""}});
    headers.insert(headers.end(), table.headers.begin(), table.headers.end());
  } else {
    if (response.body.empty() && !request.is_head())
      return "a refusal says nothing of what was wrong";
    headers.emplace_back("Sec-WebSocket-Accept", "");
  }
  return CheckHeaders(response, headers);
}

// By the control call Close, as an application would.
bool TellToClose(testing::NodeProcess& node, uint16_t code, const std::string& reason) {
  const auto answer =
      testing::HttpRequest(node.admin(), "POST", "/hookcast.v1.BrokerService/Close",
                           {{"Content-Type", "application/json"}},
                           absl::StrCat("{\"peers\": {\"filter\": {}}, \"code\": ", code,
                                        ", \"reason\": \"", reason, "\"}"));
  return answer.ok() && answer->status == 200 && absl::StrContains(answer->body, "matched");
}

class Player {
 public:
  Player(testing::NodeProcess& node, const Table& table, const Case& row, bool chopped)
      : node_(node), table_(table), row_(row), chopped_(chopped) {}

  std::string Play() {
    const Request request = row_.request.value_or(table_.handshake);
    wire_ = Wire::Connect(node_.clients(), request.is_head());
    if (wire_ == nullptr) return "could not connect";
    const Event answer = row_.dripped ? DripOut(request.Bytes()) : Ask(request.Bytes());
    if (std::string wrong = CheckResponse(answer, request, row_, table_); !wrong.empty()) {
      return wrong;
    }
    ended_ = row_.status != 101;
    const Dialogue dialogue = row_.dialogue();
    for (size_t i = 0; i < dialogue.steps.size(); ++i) {
      if (std::string wrong = Do(dialogue.steps[i]); !wrong.empty()) {
        return absl::StrCat("step ", i + 1, ": ", wrong);
      }
    }
    return ended_ ? AwaitEnd() : ShowThatItIsOpen();
  }

 private:
  void Put(const std::string& bytes) {
    const size_t piece = chopped_ ? bytes.size() / kMostPieces | 1 : bytes.size();
    // What a server that has given up does not take, it need not.
    wire_->Send(bytes, std::max<size_t>(piece, 1));
  }

  Event Ask(const std::string& request) {
    Put(request);
    return wire_->Next(kPatience);
  }

  // Until the server answers, at the latest to the last byte.
  Event DripOut(const std::string& request) {
    for (const char byte : request) {
      wire_->Send(std::string(1, byte), 1);
      const Event event = wire_->Next(kDripInterval);
      if (event.kind != Kind::kNothing) return event;
    }
    return {};
  }

  std::string Do(const Step& step) {
    switch (step.kind) {
      case Step::Kind::kSend:
        Put(step.bytes);
        return "";
      case Step::Kind::kServerCloses:
        return TellToClose(node_, step.code, step.bytes) ? "" : "the node could not be told to";
      case Step::Kind::kClientEnds:
        wire_->ShutdownWrite();
        return "";
      case Step::Kind::kGet:
        return Await(step.expected);
    }
    return "";
  }

  std::string Await(const Expected& expected) {
    const Event event = wire_->Next(kPatience);
    ended_ = ended_ || event.kind != Kind::kFrame || event.frame.opcode == 8;
    gone_ = event.kind == Kind::kEnd;
    if (expected.matches(event)) return "";
    return absl::StrCat("expected ", expected.description, ", got ", Describe(event));
  }

  std::string AwaitEnd() {
    if (gone_) return "";
    const Event event = wire_->Next(kPatience);
    if (event.kind == Kind::kEnd) return "";
    return absl::StrCat("expected the end of the connection, got ", Describe(event));
  }

  std::string ShowThatItIsOpen() {
    const Frame last = Text("still here?");
    Put(last.Bytes());
    const Event event = wire_->Next(kPatience);
    if (event.kind == Kind::kFrame && Describe(event.frame) == Describe(last)) return "";
    return absl::StrCat("expected nothing more, got ", Describe(event));
  }

  testing::NodeProcess& node_;
  const Table& table_;
  const Case& row_;
  const bool chopped_;
  std::unique_ptr<Wire> wire_;
  bool ended_ = false;  // as far as WebSocket goes
  bool gone_ = false;
};

}  // namespace

std::string CheckHeaders(const testing::HttpResponse& response,
                         const std::vector<HeaderIs>& headers) {
  for (const auto& [name, value] : headers) {
    const std::vector<std::string> values = response.HeaderValues(name);
    const bool good = value.empty() ? values.empty() : values == std::vector<std::string>{value};
    if (!good) {
      return absl::StrCat("expected the header ", name, " to be \"", value, "\" once, got ",
                          values.size(), ": \"", response.header(name), "\"");
    }
  }
  return "";
}

std::string Play(testing::NodeProcess& node, const Table& table, const Case& row, bool chopped) {
  if (row.play) return row.play(node, chopped);
  return Player(node, table, row, chopped).Play();
}

}  // namespace hookcast::conformance

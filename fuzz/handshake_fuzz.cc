// What the handshake's rules accept is checked anew, in other words; and lists cut into several
// lines mean the same.
#include "edge/websocket/handshake.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "edge/websocket/http_grammar.h"
#include "fuzz/require.h"

using hookcast::fuzz::Require;
using hookcast::websocket::CheckHandshake;
using hookcast::websocket::EqualsIgnoringCase;
using hookcast::websocket::Handshake;
using hookcast::websocket::HandshakeRejection;
using hookcast::websocket::HandshakeRequest;
using hookcast::websocket::HeaderView;
using hookcast::websocket::WantsWebSocket;

namespace {

std::string_view TakeUntil(std::string_view* rest, char end) {
  const size_t at = std::min(rest->find(end), rest->size());
  const std::string_view taken = rest->substr(0, at);
  rest->remove_prefix(std::min(at + 1, rest->size()));
  return taken;
}

size_t Count(const HandshakeRequest& request, std::string_view name) {
  return std::count_if(request.headers.begin(), request.headers.end(),
                       [&](const HeaderView& h) { return EqualsIgnoringCase(h.name, name); });
}

void CheckAccepted(const HandshakeRequest& request, const Handshake& handshake) {
  Require(request.method == "GET" && request.http_version >= 11, "the request line");
  Require(!request.target.empty() && request.target.find('#') == std::string_view::npos,
          "the target");
  Require(WantsWebSocket(request.headers), "it wants a WebSocket");
  Require(Count(request, "connection") > 0, "Connection is there");
  for (const char* once : {"host", "sec-websocket-key", "sec-websocket-version"}) {
    Require(Count(request, once) == 1, "what must be there once is");
  }
  Require(handshake.accept.size() == 28 && handshake.accept.back() == '=', "the accept value");
  const auto& offered = handshake.offered_subprotocols;
  Require(offered.empty() == (Count(request, "sec-websocket-protocol") == 0), "what was offered");
  for (size_t i = 0; i < offered.size(); ++i) {
    Require(offered[i].find_first_of(", \t\r\n\"") == std::string::npos && !offered[i].empty(),
            "subprotocols are tokens");
    Require(std::find(offered.begin(), offered.begin() + i, offered[i]) == offered.begin() + i,
            "subprotocols differ");
  }
}

void CheckRejected(const HandshakeRejection& rejection) {
  Require(rejection.status == 400 || rejection.status == 405 || rejection.status == 426,
          "the status");
  Require(!rejection.body.empty(), "the body says why");
  for (const char c : rejection.body) Require(c >= ' ' && c <= '~', "the body is plain");
  for (const auto& [name, value] : rejection.headers) {
    Require(!name.empty() && !value.empty(), "headers have a name and a value");
  }
}

bool IsList(std::string_view name) {
  for (const char* list :
       {"upgrade", "connection", "sec-websocket-protocol", "sec-websocket-extensions"}) {
    if (EqualsIgnoringCase(name, list)) return true;
  }
  return false;
}

// Each list header in as many lines as it has commas (RFC 9110, section 5.3).
std::vector<HeaderView> InManyLines(std::span<const HeaderView> headers) {
  std::vector<HeaderView> lines;
  for (const HeaderView& header : headers) {
    if (!IsList(header.name)) {
      lines.push_back(header);
      continue;
    }
    std::string_view rest = header.value;
    do {
      lines.push_back({header.name, TakeUntil(&rest, ',')});
    } while (!rest.empty());
  }
  return lines;
}

}  // namespace

// The first line: method, version and target; then a header a line.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::string_view first = TakeUntil(&rest, '\n');
  HandshakeRequest request;
  request.method = TakeUntil(&first, ' ');
  request.http_version = TakeUntil(&first, ' ') == "1.0" ? 10 : 11;
  request.target = first;
  std::vector<HeaderView> headers;
  while (!rest.empty()) {
    std::string_view line = TakeUntil(&rest, '\n');
    const std::string_view name = TakeUntil(&line, ':');
    headers.push_back({name, line});
  }
  request.headers = headers;

  const auto outcome = CheckHandshake(request);
  const auto* accepted = std::get_if<Handshake>(&outcome);
  if (accepted != nullptr) {
    CheckAccepted(request, *accepted);
  } else {
    CheckRejected(std::get<HandshakeRejection>(outcome));
  }

  const std::vector<HeaderView> lines = InManyLines(headers);
  Require(WantsWebSocket(lines) == WantsWebSocket(headers), "lines mean what their list means");
  request.headers = lines;
  const auto again = CheckHandshake(request);
  Require(again.index() == outcome.index(), "lines mean what their list means");
  if (accepted != nullptr) {
    Require(std::get<Handshake>(again).offered_subprotocols == accepted->offered_subprotocols,
            "lines offer what their list offers");
  } else {
    Require(
        std::get<HandshakeRejection>(again).status == std::get<HandshakeRejection>(outcome).status,
        "lines are refused as their list is");
  }
  return 0;
}

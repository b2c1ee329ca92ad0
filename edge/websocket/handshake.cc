#include "edge/websocket/handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "edge/websocket/http_grammar.h"

namespace hookcast::websocket {
namespace {

using Rejection = std::optional<HandshakeRejection>;

constexpr std::string_view kAcceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view kVersion = "13";

HandshakeRejection BadRequest(std::string body) { return {400, std::move(body), {}}; }

// RFC 9110, section 15.5.22: a 426 names what to upgrade to, and section 7.8: who sends Upgrade
// names it in Connection.
HandshakeRejection UpgradeRequired(std::string body) {
  return {426,
          std::move(body),
          {{"Upgrade", "websocket"},
           {"Connection", "Upgrade"},
           {"Sec-WebSocket-Version", std::string(kVersion)}}};
}

struct Lines {
  size_t count = 0;
  std::string_view first;
};

Lines FindLines(std::span<const HeaderView> headers, std::string_view name) {
  Lines lines;
  for (const HeaderView& header : headers) {
    if (!EqualsIgnoringCase(header.name, name)) continue;
    if (lines.count++ == 0) lines.first = TrimSpace(header.value);
  }
  return lines;
}

// The lists of all lines of that name together contain the token, in any case.
bool ListsContain(std::span<const HeaderView> headers, std::string_view name,
                  std::string_view token) {
  return std::any_of(headers.begin(), headers.end(), [&](const HeaderView& header) {
    if (!EqualsIgnoringCase(header.name, name)) return false;
    std::string_view list = header.value;
    std::string_view element;
    while (NextListElement(&list, &element)) {
      if (EqualsIgnoringCase(element, token)) return true;
    }
    return false;
  });
}

// Of 16 bytes in base64: 22 characters and two of padding. The last character's spare bits may be
// set, as the header's grammar allows it.
bool IsKey(std::string_view key) {
  constexpr size_t kCharacters = 22;
  return key.size() == kCharacters + 2 && key.substr(kCharacters) == "==" &&
         std::all_of(key.begin(), key.begin() + kCharacters, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '+' || c == '/';
         });
}

Rejection CheckRequestLine(const HandshakeRequest& request) {
  if (request.method != "GET") {
    HandshakeRejection rejection{405, "A WebSocket handshake must be a GET request.", {}};
    rejection.headers.emplace_back("Allow", "GET");
    return rejection;
  }
  if (request.http_version < 11) {
    return BadRequest(
        "A WebSocket handshake needs HTTP/1.1; a proxy that speaks HTTP/1.0 must be set to 1.1.");
  }
  if (!IsHandshakeTarget(request.target)) {
    return BadRequest(
        "The request target must be a path such as /chat, or an absolute http or https URL, "
        "without "
        "a fragment (#) and with other characters percent-encoded.");
  }
  return std::nullopt;
}

Rejection CheckHost(std::span<const HeaderView> headers) {
  const Lines host = FindLines(headers, "Host");
  if (host.count == 0) return BadRequest("The Host header is missing; send exactly one.");
  if (host.count > 1) return BadRequest("There are several Host headers; send exactly one.");
  if (!IsHost(host.first)) {
    return BadRequest("The Host header must be a host name or address, with or without a port.");
  }
  return std::nullopt;
}

// A body would be taken for frames, or hide a second request from whoever stands in front.
Rejection CheckNoBody(std::span<const HeaderView> headers) {
  const Lines length = FindLines(headers, "Content-Length");
  if (FindLines(headers, "Transfer-Encoding").count > 0 || length.count > 1 ||
      (length.count == 1 && length.first != "0")) {
    return BadRequest(
        "A WebSocket handshake has no body; leave out Content-Length and Transfer-Encoding.");
  }
  return std::nullopt;
}

Rejection CheckUpgrade(std::span<const HeaderView> headers) {
  if (!WantsWebSocket(headers)) {
    return UpgradeRequired(
        "This address speaks WebSocket; send a handshake with the header Upgrade: websocket.");
  }
  if (!ListsContain(headers, "Connection", "upgrade")) {
    return BadRequest(
        "The Connection header must name Upgrade; a proxy in front may have removed it, and must "
        "be "
        "set to pass Upgrade and Connection on.");
  }
  return std::nullopt;
}

Rejection CheckVersion(std::span<const HeaderView> headers) {
  const Lines version = FindLines(headers, "Sec-WebSocket-Version");
  if (version.count != 1) {
    HandshakeRejection rejection =
        BadRequest("The header Sec-WebSocket-Version: 13 must be there exactly once.");
    rejection.headers.emplace_back("Sec-WebSocket-Version", kVersion);
    return rejection;
  }
  if (version.first != kVersion) {
    return UpgradeRequired("This WebSocket version is not spoken here; use version 13 (RFC 6455).");
  }
  return std::nullopt;
}

Rejection CheckKey(std::span<const HeaderView> headers) {
  const Lines key = FindLines(headers, "Sec-WebSocket-Key");
  if (key.count != 1) return BadRequest("The header Sec-WebSocket-Key must be there exactly once.");
  if (!IsKey(key.first)) {
    return BadRequest("Sec-WebSocket-Key must be 16 random bytes in base64, 24 characters in all.");
  }
  return std::nullopt;
}

Rejection ReadSubprotocols(std::span<const HeaderView> headers, std::vector<std::string>* offered) {
  absl::flat_hash_set<std::string_view> seen;
  bool any_line = false;
  for (const HeaderView& header : headers) {
    if (!EqualsIgnoringCase(header.name, "Sec-WebSocket-Protocol")) continue;
    any_line = true;
    std::string_view list = header.value;
    std::string_view name;
    while (NextListElement(&list, &name)) {
      if (!IsToken(name)) {
        return BadRequest(
            "Sec-WebSocket-Protocol must be a list of names, separated by commas, of letters, "
            "digits and the signs of an HTTP token.");
      }
      if (!seen.insert(name).second) {
        return BadRequest(
            "Sec-WebSocket-Protocol names a subprotocol twice; name each of them once.");
      }
      offered->emplace_back(name);
    }
  }
  if (any_line && offered->empty()) {
    return BadRequest(
        "Sec-WebSocket-Protocol is empty; name a subprotocol, or leave the header out.");
  }
  return std::nullopt;
}

// All lines are one list (section 9.1), and the client's order is its preference.
Rejection ReadOffers(std::span<const HeaderView> headers,
                     std::optional<DeflateAgreement>* deflate) {
  bool any_line = false;
  bool any_extension = false;
  const auto take = [&](const Extension& offer) {
    any_extension = true;
    if (!*deflate) *deflate = TakeDeflateOffer(offer);
  };
  for (const HeaderView& header : headers) {
    if (!EqualsIgnoringCase(header.name, "Sec-WebSocket-Extensions")) continue;
    any_line = true;
    if (!ReadExtensions(header.value, take)) {
      return BadRequest(
          "Sec-WebSocket-Extensions is malformed; send names with parameters, such as "
          "permessage-deflate; client_max_window_bits, separated by commas, or leave it out.");
    }
  }
  if (any_line && !any_extension) {
    return BadRequest(
        "Sec-WebSocket-Extensions is empty; name an extension, or leave the header out.");
  }
  return std::nullopt;
}

}  // namespace

std::variant<Handshake, HandshakeRejection> CheckHandshake(const HandshakeRequest& request) {
  if (Rejection no = CheckRequestLine(request)) return *std::move(no);
  for (const auto check : {CheckHost, CheckUpgrade, CheckVersion, CheckKey, CheckNoBody}) {
    if (Rejection no = check(request.headers)) return *std::move(no);
  }
  Handshake handshake;
  if (Rejection no = ReadSubprotocols(request.headers, &handshake.offered_subprotocols)) {
    return *std::move(no);
  }
  if (Rejection no = ReadOffers(request.headers, &handshake.deflate)) return *std::move(no);
  handshake.accept = AcceptKey(FindLines(request.headers, "Sec-WebSocket-Key").first);
  if (handshake.accept.empty()) {
    return HandshakeRejection{
        500, "The server cannot compute SHA-1, which each WebSocket handshake needs.", {}};
  }
  return handshake;
}

bool WantsWebSocket(std::span<const HeaderView> headers) {
  return ListsContain(headers, "Upgrade", "websocket");
}

std::string AcceptKey(std::string_view key) {
  // Fetched once: a look-up by name costs more than the digest. Never freed.
  static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  std::string text;
  text.reserve(key.size() + kAcceptGuid.size());
  text.append(key).append(kAcceptGuid);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (sha1 == nullptr ||
      EVP_Digest(text.data(), text.size(), digest.data(), &size, sha1, nullptr) != 1) {
    return {};
  }
  return absl::Base64Escape(absl::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

}  // namespace hookcast::websocket

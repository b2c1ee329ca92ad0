#include "broker/base/close_code.h"

#include <algorithm>
#include <array>

namespace hookcast {
namespace {

constexpr std::array kCodes = {
    CloseCode{kCloseNormal, "normal", "normal closure", false},
    CloseCode{kCloseGoingAway, "going_away", "going away", true},
    CloseCode{kCloseProtocolError, "protocol_error", "protocol error", false},
    CloseCode{kCloseUnsupportedData, "unsupported_data", "unsupported data", false},
    CloseCode{kCloseNoStatus, "no_status", "closed without a code", true},
    CloseCode{kCloseAbnormal, "abnormal", "connection lost", true},
    CloseCode{kCloseInvalidPayload, "invalid_payload", "invalid payload data", false},
    CloseCode{kClosePolicyViolation, "policy_violation", "policy violation", false},
    CloseCode{kCloseTooBig, "too_big", "message too big", false},
    CloseCode{kCloseMandatoryExtension, "mandatory_extension", "mandatory extension missing",
              false},
    CloseCode{kCloseInternalError, "internal_error", "internal error", true},
    CloseCode{kCloseServiceRestart, "service_restart", "service restart", true},
    CloseCode{kCloseTryAgainLater, "try_again_later", "try again later", true},
    CloseCode{kCloseBadGateway, "bad_gateway", "bad gateway", true},
    CloseCode{kCloseTlsHandshake, "tls_handshake", "TLS handshake failed", false},
};

}  // namespace

std::span<const CloseCode> CloseCodes() { return kCodes; }

const CloseCode* FindCloseCode(uint16_t code) {
  const auto* found = std::find_if(kCodes.begin(), kCodes.end(),
                                   [code](const CloseCode& row) { return row.code == code; });
  return found == kCodes.end() ? nullptr : found;
}

bool IsValidOnWire(uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace hookcast

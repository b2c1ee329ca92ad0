#include "broker/hooks/action.h"

#include "absl/strings/str_cat.h"
#include "broker/base/close_code.h"

namespace hookcast::hooks {

absl::Status CheckClose(uint32_t code, std::string_view reason) {
  if (code > UINT16_MAX || !IsValidOnWire(static_cast<uint16_t>(code))) {
    return absl::InvalidArgumentError(absl::StrCat(
        "close code ", code,
        " may not be sent; use 1000 to 1003, 1007 to 1014, or 3000 to 4999 for your own"));
  }
  if (reason.size() > kMaxCloseReasonBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the close reason has ", reason.size(),
                                                   " bytes; it may have at most ",
                                                   kMaxCloseReasonBytes));
  }
  return absl::OkStatus();
}

}  // namespace hookcast::hooks

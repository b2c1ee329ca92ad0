#include "broker/hooks/action.h"

#include "absl/strings/str_cat.h"

namespace hookcast::hooks {

bool MayBeSent(uint16_t close_code) {
  return (close_code >= 1000 && close_code <= 1003) || (close_code >= 1007 && close_code <= 1014) ||
         (close_code >= 3000 && close_code <= 4999);
}

absl::Status CheckClose(uint32_t code, std::string_view reason) {
  if (code > UINT16_MAX || !MayBeSent(static_cast<uint16_t>(code))) {
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

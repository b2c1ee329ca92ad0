#include "cli/event_line.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "cli/duration.h"
#include "cli/json_output.h"
#include "cli/text.h"
#include "cli/transport_name.h"

namespace hookcast::cli {
namespace {

constexpr size_t kMostText = 200;   // code points
constexpr size_t kMostBinary = 16;  // bytes
constexpr size_t kWidestColumn = 40;

std::string ShowText(std::string_view text) {
  // No more than is shown is escaped: a message may be megabytes.
  const bool cut = text.size() > 4 * kMostText;
  std::string shown = Shortened(Printable(cut ? text.substr(0, 4 * kMostText) : text), kMostText);
  if (cut && !shown.ends_with("…")) shown += "…";
  return shown;
}

std::string ShowBinary(const std::string& bytes) {
  if (bytes.empty()) return "";
  return absl::StrCat("0x", absl::BytesToHexString(bytes.substr(0, kMostBinary)),
                      bytes.size() > kMostBinary ? "…" : "");
}

std::string ShowWho(v1::ClosedBy closed_by) {
  switch (closed_by) {
    case v1::CLOSED_BY_CLIENT:
      return " by the client";
    case v1::CLOSED_BY_APPLICATION:
      return " by the application";
    case v1::CLOSED_BY_NODE:
      return " by the node";
    case v1::CLOSED_BY_NETWORK:
      return " by the network";
    default:
      return "";
  }
}

std::string ShowClose(const v1::CloseDetails& details) {
  return absl::StrCat(details.code(), ShowWho(details.closed_by()),
                      details.reason().empty() ? "" : ": ", ShowText(details.reason()));
}

std::string Cell(std::string_view text, size_t* width) {
  std::string cell = text.empty() ? "-" : Printable(text);
  const size_t length = CodePoints(cell);
  *width = std::max(*width, std::min(length, kWidestColumn));
  cell.append(*width - std::min(*width, length), ' ');
  return cell;
}

}  // namespace

std::string ShowData(const v1::Data& data) {
  switch (data.kind_case()) {
    case v1::Data::kBinary:
      return absl::StrCat(FormatBytes(data.binary().size()), "  ", ShowBinary(data.binary()));
    case v1::Data::kJson: {
      const std::string json = ToJson(data.json()).value_or("");
      return absl::StrCat(FormatBytes(json.size()), "  ", ShowText(json));
    }
    default:
      return absl::StrCat(FormatBytes(data.text().size()), "  ", ShowText(data.text()));
  }
}

std::string EventLines::Format(const v1::WatchEvent& event, absl::Time now) {
  switch (event.kind_case()) {
    case v1::WatchEvent::kMessage: {
      const v1::PublishedMessage& message = event.message();
      return Line(message.has_published_at() ? FromProto(message.published_at()) : now, "message",
                  message.namespace_(), message.topic(), ShowData(message.data()));
    }
    case v1::WatchEvent::kOpened: {
      const v1::Peer& peer = event.opened().peer();
      return Line(
          event.opened().has_connected_at() ? FromProto(event.opened().connected_at()) : now,
          "opened", peer.namespace_(), peer.id(),
          absl::StrCat(TransportName(peer.transport()), " from ",
                       Printable(peer.remote_address())));
    }
    case v1::WatchEvent::kClosed:
      return Line(now, "closed", event.closed().namespace_(), event.closed().peer(),
                  ShowClose(event.closed().details()));
    default:
      return "";
  }
}

std::string EventLines::Line(absl::Time at, const std::string& what, const std::string& name_space,
                             const std::string& subject, const std::string& rest) {
  std::string line = absl::StrCat(absl::FormatTime("%H:%M:%E3SZ", at, absl::UTCTimeZone()), "  ",
                                  what, what.size() < 7 ? "   " : "  ");
  absl::StrAppend(&line, Cell(name_space, &namespace_width_), "  ", Cell(subject, &subject_width_),
                  "  ", rest);
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace hookcast::cli

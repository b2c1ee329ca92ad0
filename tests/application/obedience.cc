#include "tests/application/obedience.h"

#include <google/protobuf/util/json_util.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace hookcast::testing {
namespace {

using google::protobuf::util::JsonStringToMessage;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
        HexDigit(text[i + 2]) >= 0) {
      decoded.push_back(static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

std::map<std::string, std::string> ReadOrders(const v1::Request& request) {
  std::map<std::string, std::string> orders;
  for (const v1::Header& header : request.headers()) {
    const std::string name = absl::AsciiStrToLower(header.name());
    if (absl::StartsWith(name, "x-")) orders[name] = header.value();
  }
  for (const absl::string_view parameter : absl::StrSplit(request.query(), '&')) {
    const std::pair<std::string, std::string> part =
        absl::StrSplit(parameter, absl::MaxSplits('=', 1));
    if (absl::StartsWith(part.first, "x-")) orders[part.first] = PercentDecoded(part.second);
  }
  return orders;
}

const char* NameOf(const v1::SessionEvent& event) {
  switch (event.kind_case()) {
    case v1::SessionEvent::kUpgrade:
      return "upgrade";
    case v1::SessionEvent::kOpen:
      return "open";
    case v1::SessionEvent::kClose:
      return "close";
    case v1::SessionEvent::kError:
      return "error";
    case v1::SessionEvent::kDrain:
      return "drain";
    case v1::SessionEvent::kResume:
      return "resume";
    default:
      return "";
  }
}

void Fail(std::string_view how, v1::SessionAnswer* answer) {
  v1::SessionError* const error = answer->mutable_error();
  error->set_code(static_cast<uint32_t>(std::atoi(std::string(how).c_str())));
  const size_t words = how.find(' ');
  if (words != std::string_view::npos) error->set_message(std::string(how.substr(words + 1)));
}

void ReadReply(const std::string& json, google::protobuf::Message* reply,
               v1::SessionAnswer* answer) {
  const auto status = JsonStringToMessage(json, reply);
  if (status.ok()) return;
  Fail("3 the order is no reply: " + std::string(status.message()), answer);
}

}  // namespace

Obedience::Orders Obedience::OrdersOf(const v1::SessionEvent& event) {
  if (event.has_upgrade()) return ReadOrders(event.upgrade().request());
  const std::lock_guard lock(mutex_);
  switch (event.kind_case()) {
    case v1::SessionEvent::kOpen:
      return by_peer_[event.open().peer().id()] = ReadOrders(event.open().request());
    case v1::SessionEvent::kClose:
      return by_peer_[event.close().peer().id()];
    case v1::SessionEvent::kError:
      return by_peer_[event.error().peer().id()];
    case v1::SessionEvent::kDrain:
      return by_peer_[event.drain().peer().id()];
    case v1::SessionEvent::kResume:
      return by_peer_[event.resume().peer().id()];
    default:
      return {};
  }
}

void Obedience::Answer(const v1::SessionEvent& event, v1::SessionAnswer* answer) {
  if (event.has_message()) {
    answer->mutable_reply();
    std::string_view text = event.message().text();
    if (absl::StartsWith(event.message().text(), "{")) {
      ReadReply(event.message().text(), answer->mutable_reply(), answer);
    } else if (text.starts_with("fail ")) {
      Fail(text.substr(5), answer);
    }
    return;
  }
  const Orders orders = OrdersOf(event);
  const std::string hook = std::string("x-") + NameOf(event);
  google::protobuf::Message* reply;
  if (event.has_upgrade()) {
    reply = answer->mutable_upgrade();
  } else {
    reply = answer->mutable_reply();
  }
  if (const auto order = orders.find(hook + "-reply"); order != orders.end()) {
    ReadReply(order->second, reply, answer);
  }
  if (const auto order = orders.find(hook + "-failure"); order != orders.end()) {
    Fail(order->second, answer);
  }
}

std::string Obedience::HoldOf(const v1::SessionEvent& event) {
  if (event.has_message()) {
    const std::string& text = event.message().text();
    return absl::StartsWith(text, "hold ") ? text.substr(5) : "";
  }
  const Orders orders = OrdersOf(event);
  const auto order = orders.find(std::string("x-") + NameOf(event) + "-hold");
  return order == orders.end() ? "" : order->second;
}

}  // namespace hookcast::testing

#include "broker/config/cluster_keys.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "broker/base/host_and_port.h"
#include "broker/config/key_kinds.h"
#include "broker/config/value_types.h"

namespace hookcast::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr size_t kLeastToken = 16;
constexpr size_t kMostToken = 1024;

// A token that nodes share: never shown, by an error neither.
struct SharedTokenType {
  using Value = std::string;
  std::string name() const { return "token"; }
  std::string unit() const { return ""; }
  std::string Format(const std::string& value) const { return value.empty() ? "" : "***"; }
  absl::StatusOr<std::string> Parse(std::string_view text) const {
    const absl::string_view trimmed = absl::StripAsciiWhitespace({text.data(), text.size()});
    std::string token(trimmed);
    const bool visible =
        std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (token.empty() || (visible && token.size() >= kLeastToken && token.size() <= kMostToken)) {
      return token;
    }
    return absl::InvalidArgumentError(
        absl::StrCat("is not a token of ", kLeastToken, " to ", kMostToken,
                     " visible ASCII characters; openssl rand -hex 32 makes one"));
  }
};

// A host, which may be a name, and a port.
struct HostAndPortType {
  using Value = std::string;
  std::string name() const { return "host:port"; }
  std::string unit() const { return ""; }
  std::string Format(const std::string& value) const { return value; }
  absl::StatusOr<std::string> Parse(std::string_view text) const {
    if (text.empty() || IsHostAndPort(text)) return std::string(text);
    return absl::InvalidArgumentError(
        absl::StrCat(Quote(text),
                     " is not host:port; write what other nodes can connect to, such as "
                     "node-1.example.com:8082 or [fd00::1]:8082"));
  }
};

}  // namespace

void AddAdvertiseKey(KeyTable<Config>* keys) {
  keys->push_back(Scalar<Config>(
      "control.advertise", HOOKCAST_MEMBER(control.advertise), HostAndPortType(),
      "Where other nodes reach this one's control port. Empty: the address of control.listen, and "
      "where that is 0.0.0.0 or [::], the one by which this machine reaches Redis."));
  keys->back().facts.default_text = "none";
}

void AddClusterKeys(KeyTable<Config>* keys) {
  keys->push_back(Scalar<Config>(
      "cluster.token", HOOKCAST_MEMBER(cluster.token), SharedTokenType(),
      "What nodes prove to each other that they belong together with; the same on all. Better in a "
      "file. Never shown."));
  keys->back().facts.default_text = "none";
  keys->push_back(Scalar<Config>("cluster.token_file", HOOKCAST_MEMBER(cluster.token_file),
                                 TextType{"file name", true},
                                 "The file that holds cluster.token, alone in its first line; read "
                                 "when the node starts."));
  keys->back().facts.default_text = "none";
}

void AddShutdownKeys(KeyTable<Config>* keys) {
  keys->push_back(Scalar<Config>(
      "shutdown.ready_delay", HOOKCAST_MEMBER(shutdown.ready_delay),
      DurationType{milliseconds(0), minutes(10)},
      "How long a node that was told to stop takes connections while /readyz says that it is not "
      "ready, so that load balancers look away first."));
  keys->push_back(Scalar<Config>(
      "shutdown.drain", HOOKCAST_MEMBER(shutdown.drain), DurationType{milliseconds(0), hours(1)},
      "Over how long it then tells its peers to leave, evenly, or sooner where that would be fewer "
      "than 100 a second. Where shutdown.timeout is too short for it, half of what is left."));
}

std::vector<KeyMistake> CheckClusterKeys(const Config& config, const Origins& origins) {
  std::vector<KeyMistake> mistakes;
  const bool has_token = !config.cluster.token.empty() || !config.cluster.token_file.empty();
  if (!config.cluster.token.empty() && !config.cluster.token_file.empty()) {
    mistakes.push_back({"cluster.token_file", "stands beside cluster.token; keep one of the two"});
  }
  if (config.backplane.kind == BackplaneKind::kRedis && !has_token) {
    constexpr char kRight[] =
        "; set cluster.token_file (or cluster.token) to one token on all nodes, which openssl rand "
        "-hex 32 makes";
    if (!config.auth.tokens.empty()) {
      mistakes.push_back(
          {"cluster.token", absl::StrCat("is missing: with auth.tokens a node refuses the others, "
                                         "which have none of those",
                                         kRight)});
    } else if (!config.control.listen.IsLoopback() && !config.insecure) {
      mistakes.push_back(
          {"cluster.token",
           absl::StrCat("is missing: nodes call each other at ", config.control.listen.ToString(),
                        ", which other machines can reach", kRight)});
    }
  }
  const ShutdownConfig& shutdown = config.shutdown;
  if (shutdown.ready_delay >= shutdown.timeout && shutdown.ready_delay > Duration(0)) {
    mistakes.push_back(
        {"shutdown.ready_delay",
         absl::StrCat("takes all of shutdown.timeout (", FormatDuration(shutdown.timeout),
                      "), and leaves no time to "
                      "close; make it shorter, or the timeout longer")});
  } else if (origins.Has("shutdown.drain") &&
             shutdown.ready_delay + shutdown.drain > shutdown.timeout) {
    mistakes.push_back(
        {"shutdown.drain",
         absl::StrCat("takes, with shutdown.ready_delay, ",
                      FormatDuration(shutdown.ready_delay + shutdown.drain),
                      ", longer than shutdown.timeout (", FormatDuration(shutdown.timeout),
                      "); make them shorter, or the timeout longer")});
  }
  return mistakes;
}

}  // namespace hookcast::config

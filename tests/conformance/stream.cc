#include "tests/conformance/stream.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/conformance/player.h"
#include "tests/integration/client/http_reader.h"

namespace hookcast::conformance {
namespace {

using testing::After;
using testing::HttpResponse;
using testing::NodeProcess;

constexpr std::chrono::seconds kPatience{20};

std::string Escaped(std::string_view text) {
  return absl::CHexEscape(absl::string_view(text.data(), text.size()));
}

std::string Describe(const HttpResponse& response) {
  return absl::StrCat("status ", response.status, " ", response.body);
}

}  // namespace

Request StreamRequest(std::string target) {
  return Request(std::move(target))
      .Without("Upgrade")
      .Without("Connection")
      .Without("Sec-WebSocket-Key")
      .Without("Sec-WebSocket-Version")
      .With("Accept", "text/event-stream");
}

std::unique_ptr<Stream> Stream::Open(const std::string& host_port, const Request& request,
                                     bool chopped) {
  const testing::Deadline deadline = After(kPatience);
  auto socket = testing::Socket::Connect(host_port, deadline);
  if (!socket.ok()) return nullptr;
  std::unique_ptr<Stream> stream(new Stream);
  stream->socket_ = *std::move(socket);
  const std::string bytes = request.Bytes();
  const size_t piece = chopped ? 1 : bytes.size();
  for (size_t i = 0; i < bytes.size(); i += piece) {
    // What a server that has given up does not take, it need not.
    if (!stream->socket_->Send(std::string_view(bytes).substr(i, piece), deadline).ok()) break;
  }
  const auto head = testing::ReadHead(*stream->socket_, deadline, stream->response_);
  if (!head.ok()) return nullptr;
  stream->chunked_ =
      testing::EqualsIgnoringCase(stream->response_.header("Transfer-Encoding"), "chunked");
  stream->raw_ = stream->response_.raw.substr(*head);
  if (!stream->chunked_) {
    stream->body_ = stream->raw_;
  } else if (absl::Status fed = stream->chunks_.Feed(stream->raw_, stream->body_); !fed.ok()) {
    stream->wrong_ = std::string(fed.message());
  }
  return stream;
}

bool Stream::Read() {
  if (!wrong_.empty() || at_end_) return false;
  std::string bytes;
  const auto read = socket_->Read(bytes, After(kPatience));
  if (!read.ok()) {
    wrong_ = "nothing more came";
  } else if (*read == testing::Socket::ReadResult::kReset) {
    wrong_ = "the connection was reset";
  } else if (*read == testing::Socket::ReadResult::kEof) {
    at_end_ = true;
  } else if (raw_ += bytes; !chunked_) {
    body_ += bytes;
  } else if (absl::Status fed = chunks_.Feed(bytes, body_); !fed.ok()) {
    wrong_ = std::string(fed.message());
  }
  return wrong_.empty() && !at_end_;
}

std::string Stream::NextBlock() {
  size_t end = 0;
  while ((end = body_.find("\n\n")) == std::string::npos) {
    if (!Read()) return "";
  }
  std::string block = body_.substr(0, end + 2);
  body_.erase(0, end + 2);
  parser_.Feed(block);
  return block;
}

std::string Stream::AwaitEnd() {
  while (Read()) {
  }
  if (!wrong_.empty()) return absl::StrCat("expected the end of the stream: ", wrong_);
  if (!body_.empty()) return absl::StrCat("expected the end, got \"", Escaped(body_), "\"");
  if (chunked_ && !chunks_.ended()) return "the body ended without its last chunk";
  return "";
}

absl::StatusOr<HttpResponse> PublishTo(NodeProcess& node, std::string_view data) {
  return testing::HttpRequest(
      node.admin(), "POST", "/hookcast.v1.BrokerService/Publish",
      {{"Content-Type", "application/json"}},
      absl::StrCat("{\"namespace\": \"", std::string(kStreamNamespace), "\", \"topic\": \"",
                   std::string(kStreamTopic), "\", \"data\": ", std::string(data), "}"));
}

std::string CheckBeginning(Stream& stream, const Request& request,
                           const std::vector<HeaderIs>& headers, std::string* open) {
  const HttpResponse& response = stream.response();
  if (response.status != 200) return absl::StrCat("expected 200, got ", Describe(response));
  std::vector<HeaderIs> all = {
      {"Content-Type", "text/event-stream"},
      {"Cache-Control", "no-cache, no-transform"},
      {"X-Accel-Buffering", "no"},
      {"Connection", "close"},
      {"Content-Length", ""},
      {"Content-Encoding", ""},
      {"Transfer-Encoding", absl::StrContains(request.Bytes(), " HTTP/1.0\r\n") ? "" : "chunked"}};
  all.insert(all.end(), headers.begin(), headers.end());
  if (std::string wrong = CheckHeaders(response, all); !wrong.empty()) return wrong;
  const std::string block = stream.NextBlock();
  const std::vector<Seen> seen = stream.TakeEvents();
  if (seen.size() != 1 || seen[0].type != "hookcast.open" ||
      !absl::StrContains(seen[0].data, "\"peer\":\"")) {
    return absl::StrCat("expected hookcast.open, got \"", Escaped(block), "\"");
  }
  if (open != nullptr) *open = seen[0].data;
  return "";
}

std::string CheckItIsNext(NodeProcess& node, Stream& stream) {
  const auto published = PublishTo(node, R"({"text": "next"})");
  if (!published.ok() || published->status != 200) return "could not publish";
  const std::string block = stream.NextBlock();
  if (block == "data: next\n\n") return "";
  return absl::StrCat("expected nothing more, got \"", Escaped(block), "\"");
}

Case Streams(std::string name, Request request, std::vector<HeaderIs> headers) {
  Case row;
  row.name = std::move(name);
  row.play = [request, headers](NodeProcess& node, bool chopped) -> std::string {
    const auto stream = Stream::Open(node.clients(), request, chopped);
    if (stream == nullptr) return "no answer";
    std::string wrong = CheckBeginning(*stream, request, headers);
    return wrong.empty() ? CheckItIsNext(node, *stream) : wrong;
  };
  return row;
}

Case Delivers(std::string name, std::vector<Published> published) {
  Case row;
  row.name = std::move(name);
  row.chopped = false;  // the server's bytes are the point
  row.play = [published](NodeProcess& node, bool) -> std::string {
    const Request request = StreamRequest();
    const auto stream = Stream::Open(node.clients(), request, false);
    if (stream == nullptr) return "no answer";
    std::string wrong = CheckBeginning(*stream, request, {});
    for (const Published& one : published) {
      if (!wrong.empty()) return wrong;
      const auto answer = PublishTo(node, one.data);
      if (!answer.ok() || answer->status != 200) {
        return absl::StrCat("could not publish ", one.data, ": ",
                            answer.ok() ? Describe(*answer) : "no answer");
      }
      const std::string block = stream->NextBlock();
      const std::vector<Seen> seen = stream->TakeEvents();
      if (block != one.block) {
        wrong = absl::StrCat("expected \"", Escaped(one.block), "\", got \"", Escaped(block), "\"");
      } else if (seen != std::vector<Seen>{one.seen}) {
        wrong = absl::StrCat("a browser sees ", seen.size(), " events for \"", Escaped(block),
                             "\", or another");
      }
    }
    return wrong.empty() ? CheckItIsNext(node, *stream) : wrong;
  };
  return row;
}

Case RefusesData(std::string name, std::string data) {
  Case row;
  row.name = std::move(name);
  row.outcome = "INVALID_ARGUMENT";
  row.refused = true;
  row.chopped = false;
  row.play = [data](NodeProcess& node, bool) -> std::string {
    const Request request = StreamRequest();
    const auto stream = Stream::Open(node.clients(), request, false);
    if (stream == nullptr) return "no answer";
    if (std::string wrong = CheckBeginning(*stream, request, {}); !wrong.empty()) return wrong;
    const auto answer = PublishTo(node, data);
    if (!answer.ok() || answer->status != 400 ||
        !absl::StrContains(answer->body, "\"invalid_argument\"")) {
      return absl::StrCat("expected invalid_argument, got ",
                          answer.ok() ? Describe(*answer) : "no answer");
    }
    return CheckItIsNext(node, *stream);
  };
  return row;
}

Case Answers(std::string name, Request request, int status, std::vector<HeaderIs> headers) {
  Case row;
  row.name = std::move(name);
  row.outcome = absl::StrCat(status);
  row.play = [=](NodeProcess& node, bool chopped) -> std::string {
    const auto stream = Stream::Open(node.clients(), request, chopped);
    if (stream == nullptr) return "no answer";
    if (stream->response().status != status) {
      return absl::StrCat("expected status ", status, ", got ", stream->response().status);
    }
    if (std::string wrong = CheckHeaders(stream->response(), headers); !wrong.empty()) return wrong;
    return stream->AwaitEnd();  // nothing behind the head
  };
  return row;
}

}  // namespace hookcast::conformance

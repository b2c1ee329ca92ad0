#include "tests/integration/client/event_stream_client.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/integration/client/http_reader.h"
#include "tests/integration/client/socket.h"

namespace hookcast::testing {

absl::StatusOr<std::unique_ptr<EventStreamClient>> EventStreamClient::Connect(
    const std::string& host_port, const std::string& target, Options options) {
  const Deadline deadline = After(options.timeout);
  absl::StatusOr<std::unique_ptr<Socket>> socket =
      Socket::Connect(host_port, deadline, options.source_address);
  if (!socket.ok()) return socket.status();
  const HttpHeaders headers = {{"Host", host_port}, {"Accept", "text/event-stream"}};
  const std::string request = absl::StrCat("GET ", target, " ", options.version, "\r\n",
                                           HeaderLines(headers, options.headers), "\r\n");
  if (absl::Status sent = (*socket)->Send(request, deadline); !sent.ok()) return sent;

  HttpResponse response;
  absl::StatusOr<size_t> head_size = ReadHead(**socket, deadline, response);
  if (!head_size.ok()) return head_size.status();
  if (response.status != 200) {
    // What of the body arrives in time makes the error clearer; its absence changes nothing.
    (void)ReadBody(**socket, deadline, *head_size, response);
    return absl::FailedPreconditionError(
        absl::StrCat("HTTP ", response.status, " ", response.reason, ": ", response.body));
  }
  // A browser looks at the type alone, and fails for any other.
  const std::string type = response.header("Content-Type");
  if (!EqualsIgnoringCase(type.substr(0, type.find(';')), "text/event-stream")) {
    return absl::DataLossError(absl::StrCat("the content type is \"", type, "\""));
  }
  const std::string leftover = response.raw.substr(*head_size);
  std::unique_ptr<EventStreamClient> client(
      new EventStreamClient(*std::move(socket), std::move(response), options.timeout));
  if (absl::Status taken = client->Take(leftover); !taken.ok()) return taken;
  return client;
}

absl::StatusOr<std::unique_ptr<EventStreamClient>> EventStreamClient::Connect(
    const std::string& host_port, const std::string& target) {
  return Connect(host_port, target, Options());
}

EventStreamClient::EventStreamClient(std::unique_ptr<Socket> socket, HttpResponse response,
                                     std::chrono::milliseconds timeout)
    : socket_(std::move(socket)),
      response_(std::move(response)),
      timeout_(timeout),
      chunked_(EqualsIgnoringCase(response_.header("Transfer-Encoding"), "chunked")) {}

EventStreamClient::~EventStreamClient() = default;

absl::Status EventStreamClient::Take(std::string_view bytes) {
  const size_t before = body_.size();
  absl::Status status;
  if (chunked_) {
    status = chunks_.Feed(bytes, body_);
    if (chunks_.ended()) ended_ = true;
  } else {
    body_.append(bytes);
  }
  parser_.Feed(std::string_view(body_).substr(before));
  for (Event& event : parser_.TakeEvents()) events_.push_back(std::move(event));
  return status;
}

absl::Status EventStreamClient::ReadMore(Deadline deadline) {
  if (ended_) return absl::OutOfRangeError("the stream has ended");
  std::string bytes;
  absl::StatusOr<Socket::ReadResult> result = socket_->Read(bytes, deadline);
  if (!result.ok()) return result.status();
  if (*result == Socket::ReadResult::kData) return Take(bytes);
  ended_ = true;
  if (*result == Socket::ReadResult::kReset) {
    end_ = End::kReset;
  } else if (chunked_) {
    end_ = End::kCut;
  }
  return absl::OkStatus();
}

absl::StatusOr<EventStreamClient::Event> EventStreamClient::Receive() { return Receive(timeout_); }

absl::StatusOr<EventStreamClient::Event> EventStreamClient::Receive(
    std::chrono::milliseconds timeout) {
  const Deadline deadline = After(timeout);
  while (events_.empty()) {
    if (absl::Status read = ReadMore(deadline); !read.ok()) return read;
  }
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

absl::StatusOr<EventStreamClient::Event> EventStreamClient::ReceiveMessage() {
  while (true) {
    absl::StatusOr<Event> event = Receive();
    if (!event.ok() || event->type == "hookcast.binary") return event;
    if (!event->type.starts_with("hookcast.")) return event;
  }
}

absl::Status EventStreamClient::Await(absl::FunctionRef<bool(const EventStreamClient&)> holds) {
  const Deadline deadline = After(timeout_);
  while (!holds(*this)) {
    if (absl::Status read = ReadMore(deadline); !read.ok()) return read;
  }
  return absl::OkStatus();
}

absl::StatusOr<EventStreamClient::End> EventStreamClient::AwaitEnd() {
  const Deadline deadline = After(timeout_);
  while (!ended_) {
    if (absl::Status read = ReadMore(deadline); !read.ok()) return read;
  }
  return end_;
}

void EventStreamClient::Reset() { socket_->Reset(); }
void EventStreamClient::CloseSocket() { socket_->Close(); }
int EventStreamClient::fd() const { return socket_->fd(); }

}  // namespace hookcast::testing

// A chat: an application behind a Hookcast node, in one file.
//
// The node holds the WebSocket connections. It tells this process what happens on each of them
// through HookService (proto/hookcast/v1/hooks.proto), and carries out the actions that the replies
// hold. Nothing is kept here between two calls: a peer's name travels in its context, so any number
// of these processes can stand behind the same nodes, and a restart loses nothing.
//
// A room needs no code: /rooms/a and /rooms/b are different paths, so their peers are in different
// namespaces, and a topic reaches only those of its own.

#include <grpcpp/grpcpp.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <wctype.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <chrono>
#include <initializer_list>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "examples/cpp-chat/page.h"
#include "examples/cpp-chat/page_server.h"
#include "hookcast/v1/hooks.grpc.pb.h"

namespace {

namespace v1 = hookcast::v1;

constexpr char kTopic[] = "chat";
constexpr size_t kMaxNameBytes = 64;

// "Ada%20L" and "Ada+L" are "Ada L". A % without two hexadecimal digits stays as it is.
std::string DecodeQueryValue(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const char* digits = text.data() + i + 1;
    unsigned char byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

// The value of ?name=…, empty where there is none.
std::string NameInQuery(const std::string& query) {
  for (absl::string_view pair : absl::StrSplit(query, '&')) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(pair, absl::MaxSplits('=', 1));
    if (parts.first == "name") return DecodeQueryValue(parts.second);
  }
  return "";
}

void SetName(const std::string& name, v1::Context* context) {
  (*context->mutable_fields()->mutable_fields())["name"].set_string_value(name);
}

// A short form of the peer's id, for those who gave no name.
std::string ShortName(const v1::Peer& peer) {
  const std::string id = absl::StrReplaceAll(peer.id(), {{"-", ""}});
  return absl::StrCat("guest-", id.substr(id.size() - std::min<size_t>(id.size(), 4)));
}

std::string NameOf(const v1::Peer& peer) {
  const auto& fields = peer.context().fields().fields();
  const auto name = fields.find("name");
  return name != fields.end() ? name->second.string_value() : ShortName(peer);
}

// Strings of the protocol are UTF-8; what a client put into a URL need not be.
bool IsGoodName(const std::string& name) {
  if (name.size() > kMaxNameBytes || name.find('\0') != std::string::npos) return false;
  std::wstring wide(name.size(), L'\0');
  const size_t size = mbstowcs(wide.data(), name.c_str(), wide.size());
  if (size == static_cast<size_t>(-1)) return false;
  wide.resize(size);
  return std::none_of(wide.begin(), wide.end(),
                      [](wchar_t c) { return c > 0x10FFFF || iswcntrl(c) != 0; });
}

// The JSON object of one or two members that clients of this chat read. The node sends it as text.
using Member = std::pair<const char*, std::string>;
v1::Data Json(std::initializer_list<Member> members) {
  v1::Data data;
  auto* fields = data.mutable_json()->mutable_struct_value()->mutable_fields();
  for (const auto& [key, value] : members) (*fields)[key].set_string_value(value);
  return data;
}

// To every peer of the namespace that is subscribed to the topic, but not to the hook's own peer.
void Publish(v1::Data data, v1::HookReply* reply) {
  v1::PublishAction* publish = reply->add_actions()->mutable_publish();
  publish->set_topic(kTopic);
  *publish->mutable_data() = std::move(data);
}

// To the hook's own peer alone.
void Send(v1::Data data, v1::HookReply* reply) {
  *reply->add_actions()->mutable_send()->mutable_data() = std::move(data);
}

// gRPC calls these from several threads at once. A peer's own hooks still come one at a time: open
// is over before its first message is sent here. What this class does not override (resume, drain)
// is answered UNIMPLEMENTED, which the node takes as "not wanted". Hooks act by their reply alone,
// and a node carries out one reply to an event, however often it had to send it: nothing here needs
// to know a repeat.
class ChatService final : public v1::HookService::Service {
 public:
  explicit ChatService(bool with_session) : with_session_(with_session) {}

 private:
  // Before the connection is accepted: the place to look at cookies and tokens, and to refuse.
  grpc::Status Upgrade(grpc::ServerContext*, const v1::UpgradeRequest* request,
                       v1::UpgradeReply* reply) override {
    const std::string name = NameInQuery(request->request().query());
    if (!IsGoodName(name)) {
      reply->mutable_reject()->set_status(400);
      reply->mutable_reject()->set_text("name must be printable UTF-8 of at most 64 bytes\n");
      return grpc::Status::OK;
    }
    v1::UpgradeReply::Accept* accept = reply->mutable_accept();
    if (!name.empty()) SetName(name, accept->mutable_context());
    return grpc::Status::OK;
  }

  // Connected: the peer can be sent to from now on. Actions are carried out in this order.
  grpc::Status Open(grpc::ServerContext*, const v1::OpenRequest* request,
                    v1::HookReply* reply) override {
    reply->add_actions()->mutable_subscribe()->set_topic(kTopic);
    Publish(Json({{"system", absl::StrCat(NameOf(request->peer()), " joined")}}), reply);
    Send(Json({{"system", absl::StrCat("Welcome, ", NameOf(request->peer()), "!")}}), reply);
    return grpc::Status::OK;
  }

  grpc::Status Message(grpc::ServerContext*, const v1::MessageRequest* request,
                       v1::HookReply* reply) override {
    if (request->data_case() != v1::MessageRequest::kText) {
      Send(Json({{"system", "Only text is understood here."}}), reply);
      return grpc::Status::OK;
    }
    Publish(Json({{"user", NameOf(request->peer())}, {"text", request->text()}}), reply);
    Send(Json({{"user", "You"}, {"text", request->text()}}), reply);
    return grpc::Status::OK;
  }

  // The connection is gone: a publish still works, a send would reach nobody.
  grpc::Status Close(grpc::ServerContext*, const v1::CloseRequest* request,
                     v1::HookReply* reply) override {
    Publish(Json({{"system", absl::StrCat(NameOf(request->peer()), " left")}}), reply);
    return grpc::Status::OK;
  }

  grpc::Status Error(grpc::ServerContext*, const v1::ErrorRequest* request,
                     v1::HookReply*) override {
    std::cerr << "peer " << request->peer().id() << ": " << request->message() << std::endl;
    return grpc::Status::OK;
  }

  // The same hooks as events on one stream, many to a message: what a message asks is answered by
  // one. The hooks above never wait for anything; where yours do, answer from other threads, so
  // that this loop is free to answer a ping (examples/python-chat/session.py does).
  using Stream = grpc::ServerReaderWriter<v1::SessionReply, v1::SessionRequest>;
  grpc::Status Session(grpc::ServerContext* context, Stream* stream) override {
    // A node in mode auto makes a call for each hook then.
    if (!with_session_) return Service::Session(context, stream);
    v1::SessionReply welcome;
    welcome.mutable_welcome()->set_version(1);
    stream->Write(welcome);
    v1::SessionRequest request;
    while (stream->Read(&request)) {
      v1::SessionReply reply;
      if (request.has_ping()) *reply.mutable_pong() = request.ping();
      for (const v1::SessionEvent& event : request.events().events()) {
        Answer(event, reply.mutable_replies()->add_answers());
      }
      if (reply.kind_case() != v1::SessionReply::KIND_NOT_SET) stream->Write(reply);
    }
    return grpc::Status::OK;  // the node has all its answers, or is gone
  }

  void Answer(const v1::SessionEvent& event, v1::SessionAnswer* answer) {
    switch (event.kind_case()) {
      case v1::SessionEvent::kUpgrade:
        answer->set_event_id(event.upgrade().event().id());
        Upgrade(nullptr, &event.upgrade(), answer->mutable_upgrade());
        return;
      case v1::SessionEvent::kOpen:
        answer->set_event_id(event.open().event().id());
        Open(nullptr, &event.open(), answer->mutable_reply());
        return;
      case v1::SessionEvent::kMessage:
        answer->set_event_id(event.message().event().id());
        Message(nullptr, &event.message(), answer->mutable_reply());
        return;
      case v1::SessionEvent::kClose:
        answer->set_event_id(event.close().event().id());
        Close(nullptr, &event.close(), answer->mutable_reply());
        return;
      case v1::SessionEvent::kError:
        answer->set_event_id(event.error().event().id());
        Error(nullptr, &event.error(), answer->mutable_reply());
        return;
      default:
        answer->set_event_id(event.has_drain() ? event.drain().event().id()
                                               : event.resume().event().id());
        answer->mutable_error()->set_code(grpc::StatusCode::UNIMPLEMENTED);
    }
  }

  const bool with_session_;
};

std::string EscapeHtml(const std::string& text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"\"", "&quot;"}, {"<", "&lt;"}});
}

}  // namespace

int main(int argc, char** argv) {
  setlocale(LC_CTYPE, "C.UTF-8");  // what mbstowcs reads
  CLI::App flags("A chat behind a Hookcast node");
  std::string listen = "127.0.0.1:50051";
  std::string page_address = "127.0.0.1:8000";
  std::string node = "ws://127.0.0.1:8080";
  flags.add_option("--listen", listen, "Where the node's hooks are answered (gRPC)")
      ->capture_default_str();
  flags.add_option("--page", page_address, "Where the chat page is served (HTTP)")
      ->capture_default_str();
  flags.add_option("--node", node, "Where the page finds the node; empty: where it came from")
      ->capture_default_str();
  bool unary = false;
  flags.add_flag("--unary", unary,
                 "Leave the Session stream out: each hook comes as a call of its own");
  CLI11_PARSE(flags, argc, argv);

  ChatService service(/*with_session=*/!unary);
  grpc::ServerBuilder builder;
  int hooks_port = 0;
  // Without this a second process could take half of the calls of the first, unseen.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &hooks_port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || hooks_port == 0) {
    std::cerr << "cpp-chat: cannot listen on " << listen << "; try another with --listen\n";
    return EXIT_FAILURE;
  }
  std::cout << "hooks on " << listen.substr(0, listen.rfind(':')) << ":" << hooks_port << std::endl;

  try {
    boost::asio::io_context io(1);
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&io](const boost::system::error_code&, int) { io.stop(); });
    const std::string page = absl::StrReplaceAll(absl::string_view(kPage.data(), kPage.size()),
                                                 {{"{{node}}", EscapeHtml(node)}});
    const hookcast::examples::PageServer page_server(io, page_address, page);
    std::cout << "page on " << page_server.Url() << std::endl;
    io.run();  // until Ctrl-C
  } catch (const boost::system::system_error& error) {
    std::cerr << "cpp-chat: cannot serve the page on " << page_address << ": "
              << error.code().message() << "; try another with --page\n";
    return EXIT_FAILURE;
  }
  // Calls under way are answered; those that take longer, as streams of a node that stays do, are
  // cancelled.
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
  return EXIT_SUCCESS;
}

// An application that breaks the protocol of its stream, or answers what nobody could carry out,
// harms its own peers alone, and the node says what was wrong.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "hookcast/v1/hooks.grpc.pb.h"
#include "tests/integration/node_process.h"
#include "tests/integration/scripted_application.h"

namespace hookcast::testing {
namespace {

using ::testing::HasSubstr;
using Stream = grpc::ServerReaderWriter<v1::SessionReply, v1::SessionRequest>;

// Serves each Session stream as a test says, and has no unary hooks.
class StreamApplication final : public v1::HookService::Service {
 public:
  explicit StreamApplication(std::function<void(Stream*)> serve) : serve_(std::move(serve)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~StreamApplication() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string target() const { return "ipv4:127.0.0.1:" + std::to_string(port_); }
  int streams() const { return streams_; }

 private:
  grpc::Status Session(grpc::ServerContext*, Stream* stream) override {
    ++streams_;
    serve_(stream);
    return grpc::Status::OK;
  }

  const std::function<void(Stream*)> serve_;
  std::atomic<int> streams_{0};
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

void Welcome(Stream* stream) {
  v1::SessionReply welcome;
  welcome.mutable_welcome()->set_version(1);
  stream->Write(welcome);
}

void Answer(Stream* stream, const std::string& id,
            const std::function<void(v1::SessionAnswer*)>& fill) {
  v1::SessionReply reply;
  v1::SessionAnswer* const answer = reply.mutable_replies()->add_answers();
  answer->set_event_id(id);
  fill(answer);
  stream->Write(reply);
}

// A stream that accepts and opens every peer; `on_message` writes what it likes.
std::function<void(Stream*)> AnsweringMessagesBy(
    std::function<void(Stream*, const v1::MessageRequest&)> on_message) {
  return [on_message = std::move(on_message)](Stream* stream) {
    Welcome(stream);
    v1::SessionRequest request;
    while (stream->Read(&request)) {
      if (request.has_ping()) {
        v1::SessionReply pong;
        pong.mutable_pong()->set_number(request.ping().number());
        stream->Write(pong);
      }
      for (const v1::SessionEvent& event : request.events().events()) {
        const auto empty = [](v1::SessionAnswer* answer) { answer->mutable_reply(); };
        if (event.has_upgrade()) {
          Answer(stream, event.upgrade().event().id(),
                 [](v1::SessionAnswer* answer) { answer->mutable_upgrade(); });
        }
        if (event.has_open()) Answer(stream, event.open().event().id(), empty);
        if (event.has_close()) Answer(stream, event.close().event().id(), empty);
        if (event.has_error()) Answer(stream, event.error().event().id(), empty);
        if (event.has_message()) on_message(stream, event.message());
      }
    }
  };
}

// A node with a route to the hostile application and one to a good one.
class HostileApplicationTest : public ::testing::Test {
 protected:
  void Start(std::function<void(Stream*)> serve) {
    hostile_ = std::make_unique<StreamApplication>(std::move(serve));
    good_.on_message = [](const v1::MessageRequest& request, v1::HookReply* reply) {
      SendText(reply, "good: " + request.text());
      return grpc::Status::OK;
    };
    ASSERT_TRUE(good_.Start());
    node_ = NodeProcess::Start(
        "shards: 1\nwebsocket: { ping_interval: 0s }\nroutes:\n  - { path: /hostile, application: "
        "\"" +
        hostile_->target() + "\", hook_retries: 2 }\n  - { path: /good, application: \"ipv4:" +
        good_.address() + "\" }\n");
    ASSERT_NE(node_, nullptr);
    witness_ = node_->Connect("/good");
    ASSERT_NE(witness_, nullptr);
  }

  void ExpectOthersUnharmed() {
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(witness_->SendText("hello").ok());
      EXPECT_EQ(witness_->ReceiveMessage()->payload, "good: hello");
    }
    EXPECT_EQ(node_->process().Signal(0), 0);
  }

  void ExpectLogged(const std::string& text) {
    const auto line = node_->process().WaitForLine(text);
    EXPECT_TRUE(line.ok()) << line.status();
  }

  ScriptedApplication good_;
  std::unique_ptr<StreamApplication> hostile_;
  std::unique_ptr<NodeProcess> node_;
  std::unique_ptr<WebSocketClient> witness_;
};

TEST_F(HostileApplicationTest, AnAnswerBeforeTheWelcomeEndsTheStreamAndSaysSo) {
  Start([](Stream* stream) {
    Answer(stream, "x", [](v1::SessionAnswer* answer) { answer->mutable_reply(); });
    v1::SessionRequest request;
    while (stream->Read(&request)) {
    }
  });
  ExpectLogged("the application answered before its welcome");
  EXPECT_EQ(WebSocketClient::TryUpgrade(node_->clients(), "/hostile")->status, 503);
  ExpectOthersUnharmed();
}

TEST_F(HostileApplicationTest, ASecondWelcomeAMessageOfNoKindAndAnUnknownVersionDoToo) {
  Start([n = std::make_shared<std::atomic<int>>(0)](Stream* stream) {
    v1::SessionReply reply;
    switch ((*n)++ % 3) {
      case 0:
        Welcome(stream);
        Welcome(stream);
        break;
      case 1:
        stream->Write(reply);
        break;
      default:
        reply.mutable_welcome()->set_version(7);
        stream->Write(reply);
    }
    v1::SessionRequest request;
    while (stream->Read(&request)) {
    }
  });
  ExpectLogged("the application sent a second welcome");
  ASSERT_TRUE(node_->MetricReaches("hookcast_hook_streams_lost_total", 2));
  ExpectOthersUnharmed();
}

TEST_F(HostileApplicationTest,
       NonsenseActionsWithoutEndAndAnswersOfTheWrongKindFailTheirEventAlone) {
  Start(AnsweringMessagesBy([](Stream* stream, const v1::MessageRequest& message) {
    Answer(stream, message.event().id(), [&](v1::SessionAnswer* answer) {
      if (message.text() == "wrong kind") {
        answer->mutable_upgrade();
      } else if (message.text() == "no kind") {
        // nothing
      } else if (message.text() == "endless") {
        for (int i = 0; i < 5000; ++i) {
          answer->mutable_reply()->add_actions()->mutable_send()->mutable_data()->set_text("x");
        }
      } else if (message.text() == "context") {
        answer->mutable_reply()->mutable_context()->set_bytes(std::string(70'000, 'x'));
      } else if (message.text() == "bad action") {
        answer->mutable_reply()->add_actions();
      } else {
        SendText(answer->mutable_reply(), "well: " + message.text());
      }
    });
    // And answers that nobody asked for.
    Answer(stream, "no such event", [](v1::SessionAnswer* answer) { answer->mutable_reply(); });
  }));
  const auto peer = node_->Connect("/hostile");
  ASSERT_NE(peer, nullptr);
  for (const char* text : {"wrong kind", "no kind", "endless", "context", "bad action", "hello"}) {
    ASSERT_TRUE(peer->SendText(text).ok());
  }
  EXPECT_EQ(peer->ReceiveMessage()->payload, "well: hello");
  EXPECT_EQ(node_->Metric("hookcast_dropped_total{cause=\"hook_given_up\"}"), 5);
  ASSERT_TRUE(node_->MetricReaches("hookcast_hook_answers_ignored_total", 6));
  EXPECT_EQ(node_->Metric("hookcast_hook_streams_lost_total"), 0);
  EXPECT_EQ(hostile_->streams(), 1);
  ExpectOthersUnharmed();
}

TEST_F(HostileApplicationTest, AReplyBeyondItsSizeCostsTheStreamAndNothingElse) {
  Start(AnsweringMessagesBy([](Stream* stream, const v1::MessageRequest& message) {
    Answer(stream, message.event().id(), [&](v1::SessionAnswer* answer) {
      if (message.text() == "huge") {
        SendText(answer->mutable_reply(), std::string(5 << 20, 'x'));
      } else {
        SendText(answer->mutable_reply(), "well: " + message.text());
      }
    });
  }));
  const auto peer = node_->Connect("/hostile");
  ASSERT_NE(peer, nullptr);
  ASSERT_TRUE(peer->SendText("huge").ok());
  ExpectLogged("hook failed");  // it was given up
  // What is sent before has no more attempts than that one.
  ASSERT_TRUE(node_->MetricBecomes("hookcast_hook_streams", 2)) << "with that of the good one";
  ASSERT_TRUE(peer->SendText("after").ok());
  const auto after = peer->ReceiveMessage();
  ASSERT_TRUE(after.ok()) << after.status() << node_->process().output();
  EXPECT_EQ(after->payload, "well: after");
  EXPECT_GE(node_->Metric("hookcast_hook_streams_lost_total"), 1);
  ExpectLogged("the stream to an application was lost");
  EXPECT_THAT(node_->process().output(), HasSubstr("RESOURCE_EXHAUSTED"));
  ExpectOthersUnharmed();
}

TEST_F(HostileApplicationTest, AFloodOfAnswersNeverAskedForIsReadNoFasterThanTheShardTakesIt) {
  std::atomic<bool> stop{false};
  Start([&stop](Stream* stream) {
    Welcome(stream);
    v1::SessionReply flood;
    for (int i = 0; i < 1000; ++i) {
      v1::SessionAnswer* const answer = flood.mutable_replies()->add_answers();
      answer->set_event_id("nobody's " + std::to_string(i));
      SendText(answer->mutable_reply(), std::string(500, 'x'));
    }
    while (!stop && stream->Write(flood)) {
    }
  });
  ASSERT_TRUE(node_->MetricReaches("hookcast_hook_answers_ignored_total", 2'000'000,
                                   std::chrono::seconds(90)));
  ExpectOthersUnharmed();
  // More than a gigabyte came; a sanitizer keeps some of what was freed.
  EXPECT_LT(node_->Metric("hookcast_resident_memory_bytes"), 600e6);
  stop = true;
}

TEST_F(HostileApplicationTest, ForbiddenHeadersOfAnUpgradeAreRefusedWith500) {
  Start([](Stream* stream) {
    Welcome(stream);
    v1::SessionRequest request;
    while (stream->Read(&request)) {
      for (const v1::SessionEvent& event : request.events().events()) {
        Answer(stream, event.upgrade().event().id(), [&](v1::SessionAnswer* answer) {
          v1::Header* const header = answer->mutable_upgrade()->mutable_accept()->add_headers();
          header->set_name("Transfer-Encoding");
          header->set_value("chunked");
        });
      }
    }
  });
  EXPECT_EQ(WebSocketClient::TryUpgrade(node_->clients(), "/hostile")->status, 500);
  ExpectLogged("Transfer-Encoding");
  ExpectOthersUnharmed();
}

}  // namespace
}  // namespace hookcast::testing

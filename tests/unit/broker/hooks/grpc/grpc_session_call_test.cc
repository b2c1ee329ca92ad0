#include "broker/hooks/grpc/grpc_session_call.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "broker/base/shard_loop.h"
#include "broker/hooks/application/session_outbox.h"
#include "tests/unit/broker/hooks/grpc/fake_application.h"

namespace hookcast::hooks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Keeps what one call tells, in lines: "welcome 5", "answer id", "pong 7", "ended OK".
class RecordingListener final : public SessionListener {
 public:
  // Called for the first message, on the shard.
  std::function<void()> on_first;

  void OnNews(SessionNews news) override {
    if (on_first) std::exchange(on_first, nullptr)();
    const std::lock_guard lock(mutex_);
    ++messages_;
    if (const auto* welcome = std::get_if<Welcome>(&news)) {
      told_.push_back(absl::StrCat("welcome ", welcome->credit_events));
    } else if (const auto* answers = std::get_if<Answers>(&news)) {
      for (const auto& [id, answer] : answers->by_event) told_.push_back("answer " + id);
    } else if (const auto* pong = std::get_if<Pong>(&news)) {
      told_.push_back(absl::StrCat("pong ", pong->number));
    }
    changed_.notify_all();
  }
  void OnEnded(const absl::Status& status) override {
    const std::lock_guard lock(mutex_);
    end_ = status;
    told_.push_back(absl::StrCat("ended ", absl::StatusCodeToString(status.code())));
    changed_.notify_all();
  }

  // False where that many lines do not come within 20 s.
  bool Await(size_t lines) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return told_.size() >= lines; });
  }
  std::vector<std::string> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  size_t messages() {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  absl::Status end() {
    const std::lock_guard lock(mutex_);
    return end_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> told_;
  size_t messages_ = 0;
  absl::Status end_;
};

class GrpcSessionCallTest : public ::testing::Test {
 protected:
  // A call that is never answered for would hang here, until the test's time is over.
  ~GrpcSessionCallTest() override {
    loop.Stop();
    call.reset();
    mailbox->Close();
    calls->AwaitNone();
  }

  void Open(FakeStream::OnRequest on_session) {
    application = std::make_unique<FakeApplication>();
    application->on_session = std::move(on_session);
    Connect(application->address());
    StartCall();
  }
  void Connect(const std::string& address) {
    channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  }
  void StartCall() {
    call = std::make_unique<GrpcSessionCall>(channel, mailbox, calls, &listener);
    v1::SessionRequest hello;
    hello.mutable_hello()->set_version(1);
    call->WriteControl(std::move(hello));
  }
  static v1::SessionEvent Event(const std::string& id, size_t bytes = 0) {
    v1::SessionEvent event;
    event.mutable_message()->mutable_event()->set_id(id);
    event.mutable_message()->set_binary(std::string(bytes, 'x'));
    return event;
  }
  void Run(std::function<void()> task) {
    std::promise<void> ran;
    loop.Post([&] {
      task();
      ran.set_value();
    });
    ran.get_future().wait();
  }

  std::unique_ptr<FakeApplication> application;
  std::shared_ptr<grpc::Channel> channel;
  ShardLoop loop{ShardId{0}};
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>(&loop);
  std::shared_ptr<CallCount> calls = std::make_shared<CallCount>();
  RecordingListener listener;
  std::unique_ptr<SessionCall> call;
};

TEST_F(GrpcSessionCallTest, CarriesEventsThereAndAnswersBack) {
  Open(FakeStream::Echo);
  loop.Start();
  ASSERT_TRUE(listener.Await(1));
  Run([&] {
    call->Write(Event("a"));
    call->Write(Event("b"));
  });
  ASSERT_TRUE(listener.Await(3));
  EXPECT_THAT(listener.told(), ElementsAre("welcome 1024", "answer a", "answer b"));
  Run([&] { call->WritesDone(); });
  ASSERT_TRUE(listener.Await(4));
  EXPECT_EQ(listener.told().back(), "ended OK");
}

TEST_F(GrpcSessionCallTest, TenThousandEventsAreAnsweredOnceEachAndInFewMessages) {
  constexpr size_t kEvents = 10'000;
  std::atomic<size_t> messages{0};
  std::atomic<bool> in_order{true};
  std::atomic<size_t> next{0};
  Open([&](FakeStream* stream, const v1::SessionRequest* request) {
    if (request != nullptr && request->has_events()) {
      ++messages;
      if (request->events().events_size() > SessionOutbox::kMostEvents) in_order = false;
      for (const auto& event : request->events().events()) {
        if (event.message().event().id() != std::to_string(next++)) in_order = false;
      }
    }
    FakeStream::Echo(stream, request);
  });
  loop.Start();
  Run([&] {
    for (size_t i = 0; i < kEvents; ++i) call->Write(Event(std::to_string(i)));
  });
  ASSERT_TRUE(listener.Await(kEvents + 1));
  const std::vector<std::string> told = listener.told();
  ASSERT_EQ(told.size(), kEvents + 1);
  for (size_t i = 0; i < kEvents; ++i) ASSERT_EQ(told[i + 1], absl::StrCat("answer ", i));
  EXPECT_TRUE(in_order);
  EXPECT_LE(messages, 2 * kEvents / SessionOutbox::kMostEvents);
}

// ---- The end -----------------------------------------------------------------------------------

TEST_F(GrpcSessionCallTest, TheApplicationsStatusComesAfterAllThatItSaid) {
  Open([](FakeStream* stream, const v1::SessionRequest* request) {
    if (request == nullptr) return;
    stream->Welcome(5);
    for (uint64_t i = 1; i <= 100; ++i) stream->Pong(i);
    stream->End(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too much"));
  });
  loop.Start();
  ASSERT_TRUE(listener.Await(102));
  EXPECT_EQ(listener.told()[100], "pong 100");
  EXPECT_EQ(listener.end(), absl::ResourceExhaustedError("too much"));
}

TEST_F(GrpcSessionCallTest, AMessageThatMakesNoSenseEndsTheCall) {
  std::promise<void> ended;
  Open([&](FakeStream* stream, const v1::SessionRequest* request) {
    if (request == nullptr) return ended.set_value();
    stream->Welcome();
    stream->Say({});
  });
  loop.Start();
  ASSERT_TRUE(listener.Await(2));
  EXPECT_THAT(listener.told(), ElementsAre("welcome 1024", "ended INVALID_ARGUMENT"));
  EXPECT_THAT(std::string(listener.end().message()), HasSubstr("neither welcome"));
  ended.get_future().wait();  // the application is told so
}

TEST_F(GrpcSessionCallTest, AMessageThatCannotBeReadEndsTheCallAtOnceAndSaysWhy) {
  std::promise<void> ended;
  Open([&](FakeStream* stream, const v1::SessionRequest* request) {
    if (request == nullptr) return ended.set_value();
    stream->Welcome();
    v1::SessionReply reply;
    reply.mutable_go_away()->set_reason("not UTF-8: \xFF");
    stream->Say(std::move(reply));
  });
  loop.Start();
  ASSERT_TRUE(listener.Await(2));
  EXPECT_THAT(listener.told(), ElementsAre("welcome 1024", "ended INVALID_ARGUMENT"));
  EXPECT_THAT(std::string(listener.end().message()), HasSubstr("SessionReply"));
  EXPECT_THAT(std::string(listener.end().message()), HasSubstr("UTF-8"));
  ended.get_future().wait();
}

TEST_F(GrpcSessionCallTest, AnApplicationWithoutSessionIsUnimplemented) {
  Open(nullptr);
  loop.Start();
  ASSERT_TRUE(listener.Await(1));
  EXPECT_THAT(listener.told(), ElementsAre("ended UNIMPLEMENTED"));
}

TEST_F(GrpcSessionCallTest, WhereNobodyListensItIsUnavailable) {
  {
    FakeApplication gone;
    Connect(gone.address());
  }
  StartCall();
  loop.Start();
  ASSERT_TRUE(listener.Await(1));
  EXPECT_THAT(listener.told(), ElementsAre("ended UNAVAILABLE"));
  Run([&] {
    call->Write(Event("late"));
    call->WritesDone();
    call.reset();
  });
}

TEST_F(GrpcSessionCallTest, AnApplicationThatDiesIsTold) {
  Open(FakeStream::Echo);
  loop.Start();
  ASSERT_TRUE(listener.Await(1));
  application->Stop();
  ASSERT_TRUE(listener.Await(2));
  EXPECT_FALSE(listener.end().ok());
}

// ---- Destroyed ---------------------------------------------------------------------------------

TEST_F(GrpcSessionCallTest, DestroyedAtOnceItIsCancelledAndTellsNothing) {
  Open(FakeStream::Echo);
  call.reset();
  loop.Start();
  calls->AwaitNone();
  Run([] {});
  EXPECT_THAT(listener.told(), IsEmpty());
}

TEST_F(GrpcSessionCallTest, DestroyedWhileOpenTheApplicationSeesItEnd) {
  std::promise<void> ended;
  Open([&](FakeStream* stream, const v1::SessionRequest* request) {
    if (request == nullptr) return ended.set_value();
    FakeStream::Echo(stream, request);
  });
  loop.Start();
  ASSERT_TRUE(listener.Await(1));
  Run([&] { call.reset(); });
  ended.get_future().wait();
  calls->AwaitNone();
  Run([] {});
  EXPECT_THAT(listener.told(), ElementsAre("welcome 1024"));
}

TEST_F(GrpcSessionCallTest, DestroyedWithWritesUnderWayItEnds) {
  Open([](FakeStream* stream, const v1::SessionRequest* request) {
    if (request == nullptr) return;
    stream->StopReading();
    stream->Welcome();
  });
  loop.Start();
  ASSERT_TRUE(listener.Await(1));
  Run([&] {
    for (int i = 0; i < 100; ++i) call->Write(Event("a", 100'000));
  });
  Run([&] {
    call->WritesDone();
    call.reset();
  });
  calls->AwaitNone();
}

TEST_F(GrpcSessionCallTest, DestroyedAfterItsLoopStoppedItEnds) {
  Open(FakeStream::Echo);
  loop.Start();
  ASSERT_TRUE(listener.Await(1));
  loop.Stop();
  call.reset();
  mailbox->Close();
  calls->AwaitNone();
}

TEST_F(GrpcSessionCallTest, AbandonedInTheMidstOfAFloodItAlwaysEnds) {
  application = std::make_unique<FakeApplication>();
  application->on_session = [](FakeStream* stream, const v1::SessionRequest* request) {
    if (request == nullptr) return;
    for (uint64_t i = 0; i < 100; ++i) stream->Pong(i);
  };
  Connect(application->address());
  for (size_t round = 0; round < 200; ++round) {
    const auto own = std::make_shared<Mailbox>(&loop);
    auto flooded = std::make_unique<GrpcSessionCall>(channel, own, calls, &listener);
    flooded->WriteControl({});
    const size_t enough = listener.messages() + 1 + round % 20;
    while (listener.messages() < enough) loop.Poll();
    // What came meanwhile is dropped, around where reading pauses.
    own->Close();
    flooded.reset();
  }
  calls->AwaitNone();
}

// ---- Floods ------------------------------------------------------------------------------------

// An application that says `count` things of `bytes` each, at once.
FakeStream::OnRequest Flood(uint64_t count, size_t bytes) {
  return [=](FakeStream* stream, const v1::SessionRequest* request) {
    if (request == nullptr || !request->has_hello()) return;
    for (uint64_t i = 1; i <= count; ++i) {
      v1::SessionReply reply;
      if (bytes == 0) {
        reply.mutable_pong()->set_number(i);
      } else {
        auto* const answer = reply.mutable_replies()->add_answers();
        answer->set_event_id(std::to_string(i));
        answer->mutable_error()->set_code(3);
        answer->mutable_error()->set_message(std::string(bytes, 'x'));
      }
      stream->Say(std::move(reply));
    }
  };
}

class GrpcSessionCallFloodTest : public GrpcSessionCallTest {
 protected:
  // How many messages were read while the shard had the first of them in hand.
  size_t ReadWhileBusy() {
    std::promise<void> busy;
    std::promise<void> release;
    listener.on_first = [&] {
      busy.set_value();
      release.get_future().wait();
    };
    loop.Start();
    busy.get_future().wait();
    // Answers on the same connection: time enough for what came before them to be read.
    for (int i = 0; i < 50; ++i) {
      grpc::ClientContext context;
      v1::HookReply reply;
      EXPECT_TRUE(v1::HookService::NewStub(channel)->Open(&context, {}, &reply).ok());
    }
    std::promise<size_t> read;
    mailbox->Put([&] { read.set_value(listener.messages()); });
    release.set_value();
    return read.get_future().get();
  }
};

TEST_F(GrpcSessionCallFloodTest, IsReadNoFurtherThanItsMessagesAreTaken) {
  Open(Flood(500, 0));
  EXPECT_LE(ReadWhileBusy(), 16u);
  ASSERT_TRUE(listener.Await(500));
  const std::vector<std::string> told = listener.told();
  for (size_t i = 0; i < 500; ++i) ASSERT_EQ(told[i], absl::StrCat("pong ", i + 1));
}

TEST_F(GrpcSessionCallFloodTest, IsReadNoFurtherThanItsBytesAreTaken) {
  Open(Flood(20, 2 << 20));
  EXPECT_LE(ReadWhileBusy(), 2u);  // two reach the bound
  ASSERT_TRUE(listener.Await(20));
  EXPECT_EQ(listener.told().back(), "answer 20");
}

}  // namespace
}  // namespace hookcast::hooks

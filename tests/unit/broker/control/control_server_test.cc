#include "broker/control/control_server.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/broker/control/server_under_test.h"

namespace hookcast::control {
namespace {

using ::testing::HasSubstr;

// A unary call, or the first message of a stream, by its name and raw bytes: for services whose
// generated code this test does not have.
std::optional<std::string> RawCall(ServerUnderTest& test, const std::string& method,
                                   const std::string& request, grpc::StatusCode* code) {
  class Reader final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
   public:
    void OnReadDone(bool ok) override {
      if (ok) StartWritesDone();
      read_ = ok;
      if (ok) StartRead(&rest_);
    }
    void OnDone(const grpc::Status& status) override {
      const std::lock_guard lock(mutex_);
      status_ = status;
      changed_.notify_all();
    }
    grpc::Status Await() {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return status_.has_value(); });
      return *status_;
    }
    grpc::ByteBuffer request_, reply_, rest_;
    bool read_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<grpc::Status> status_;
  };
  const grpc::Slice slice(request);
  grpc::GenericStub stub(test.channel);
  grpc::ClientContext context;
  Reader reader;
  reader.request_ = grpc::ByteBuffer(&slice, 1);
  stub.PrepareBidiStreamingCall(&context, method, {}, &reader);
  reader.StartWrite(&reader.request_);
  reader.StartRead(&reader.reply_);
  reader.StartCall();
  *code = reader.Await().error_code();
  std::vector<grpc::Slice> slices;
  if (!reader.reply_.Valid() || !reader.reply_.Dump(&slices).ok()) return std::nullopt;
  std::string bytes;
  for (const grpc::Slice& part : slices) {
    bytes.append(reinterpret_cast<const char*>(part.begin()), part.size());
  }
  return bytes;
}

// HealthCheckRequest.service is field 1; HealthCheckResponse.status is field 1: 1 SERVING, 2 not.
std::string Health(ServerUnderTest& test, const std::string& service) {
  grpc::StatusCode code;
  const std::string request =
      service.empty() ? "" : std::string("\x0a") + static_cast<char>(service.size()) + service;
  const auto reply = RawCall(test, "/grpc.health.v1.Health/Check", request, &code);
  return reply && code == grpc::StatusCode::OK ? *reply : "code " + std::to_string(code);
}

TEST(ControlServer, TellsThePortThatTheSystemChose) {
  ServerUnderTest test;
  test.node.Start();
  EXPECT_GT(test.server->port(), 0);
  grpc::ClientContext context;
  v1::PingResponse response;
  EXPECT_TRUE(test.stub->Ping(&context, {}, &response).ok());
}

TEST(ControlServer, AnAddressThatIsTakenIsNamedWithTheReason) {
  ServerUnderTest test;
  const std::string address = "127.0.0.1:" + std::to_string(test.server->port());
  const auto second = ControlServer::Start(address, test.parts());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(std::string(second.status().message()),
            "cannot listen for control calls on " + address + ": Address already in use");
}

TEST(ControlServer, AnAddressThatIsNoneIsNamed) {
  ServerUnderTest test;
  for (const char* address : {"192.0.2.1:0", "nonsense", "no.such.host.invalid:80"}) {
    const auto server = ControlServer::Start(address, test.parts());
    ASSERT_FALSE(server.ok()) << address;
    EXPECT_THAT(std::string(server.status().message()), HasSubstr(address));
  }
}

TEST(ControlServer, HealthSaysServingOnceToldSo) {
  ServerUnderTest test;
  const std::string serving("\x08\x01"), not_serving("\x08\x02");
  for (const std::string service : {"", "hookcast.v1.BrokerService"}) {
    EXPECT_EQ(Health(test, service), not_serving);
    test.server->SetServing(true);
    EXPECT_EQ(Health(test, service), serving);
    test.server->SetServing(false);
    EXPECT_EQ(Health(test, service), not_serving);
  }
  EXPECT_EQ(Health(test, "other"), "code 5");
}

TEST(ControlServer, ReflectionListsTheService) {
  ServerUnderTest test;
  grpc::StatusCode code;
  // ServerReflectionRequest.list_services is field 7.
  const auto reply = RawCall(test, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                             "\x3a\x01*", &code);
  EXPECT_EQ(code, grpc::StatusCode::OK);
  ASSERT_TRUE(reply.has_value());
  EXPECT_THAT(*reply, HasSubstr("hookcast.v1.BrokerService"));
}

TEST(ControlServer, ARequestThatIsTooLargeIsResourceExhausted) {
  ServerUnderTest test;
  test.node.Start();
  v1::PublishResponse response;
  grpc::ClientContext fits;
  EXPECT_TRUE(test.stub->Publish(&fits, Publication(std::string(15 << 20, 'x')), &response).ok());
  grpc::ClientContext too_large;
  EXPECT_EQ(test.stub->Publish(&too_large, Publication(std::string(17 << 20, 'x')), &response)
                .error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(ControlServer, ShutdownAwaitsTheCallsUnderWay) {
  ServerUnderTest test;
  test.node.AddPeer(0, "/a", {"t"});
  fakes::RecordingPeer* const reached = test.node.AddPeer(1, "/a", {"t"});
  test.node.Start();
  test.node.Hold(0);
  std::promise<grpc::Status> published;
  grpc::ClientContext context;
  const v1::PublishRequest request = Publication("x");
  v1::PublishResponse response;
  test.stub->async()->Publish(&context, &request, &response,
                              [&](const grpc::Status& status) { published.set_value(status); });
  while (test.node.Payloads(reached).empty()) {
  }
  std::thread shutdown([&] { test.server->Shutdown(std::chrono::seconds(30)); });
  // Calls that need no shard are answered until the shutdown has begun.
  grpc::StatusCode code = grpc::StatusCode::NOT_FOUND;
  while (code == grpc::StatusCode::NOT_FOUND) {
    grpc::ClientContext other;
    v1::GetPeerResponse peer;
    code = test.stub->GetPeer(&other, {}, &peer).error_code();
  }
  test.node.Release(0);
  const grpc::Status status = published.get_future().get();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.local_count(), 2u);
  shutdown.join();
}

TEST(ControlServer, ShutdownCancelsWhatLastsLonger) {
  ServerUnderTest test;
  test.node.Start();
  grpc::ClientContext context;
  v1::PublishStreamResponse response;
  const auto stream = test.stub->PublishStream(&context, &response);
  ASSERT_TRUE(stream->Write(Publication("x")));
  test.server->Shutdown(std::chrono::milliseconds(0));
  stream->WritesDone();
  EXPECT_FALSE(stream->Finish().ok());
}

}  // namespace
}  // namespace hookcast::control

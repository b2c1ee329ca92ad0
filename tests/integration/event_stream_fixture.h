#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/client/event_stream_client.h"
#include "tests/integration/contract_fixture.h"

namespace hookcast::testing {

// A contract test whose clients have event streams: the node's one route takes both transports, all
// hooks and all paths.
class EventStreamTest : public ContractTest {
 protected:
  using Event = EventStreamClient::Event;
  using End = EventStreamClient::End;

  // A connected client that has read hookcast.open, and whose open hook has been answered.
  struct Stream {
    std::unique_ptr<EventStreamClient> client;
    std::string id;
    std::string secret;
    v1::OpenRequest open;

    EventStreamClient* operator->() const { return client.get(); }
  };

  void SetUp() override;

  // A failure is the test's; then there is no client. Each target once in a test.
  Stream Open(const std::string& target, const HttpHeaders& headers = {});
  // Posts a message as this client, to the path of its stream.
  HttpResponse Post(const Stream& stream, const std::string& body,
                    const std::string& type = "text/plain");
  // What is to be answered to this very message of the client.
  void Order(const Stream& stream, const std::vector<v1::Action>& actions);
  using ContractTest::Order;

  // The next event that is not the node's own. A failure of the test where there is none.
  static Event Next(const Stream& stream);
  // Had anything come before, it would be found here.
  void ExpectNothingCame(const Stream& stream);

  // The DATA argument of the CLI, by a file: an argument cannot hold NUL. Kept until the test ends.
  std::string FileOf(const std::string& bytes);
  void TearDown() override;

 private:
  std::vector<std::string> files_;
};

// The data with these fields of an event.
v1::Data EventData(const std::string& text, const std::string& id, const std::string& event = "");
v1::Action SendOf(const v1::Data& data);
v1::Action PublishOf(const std::string& topic, const v1::Data& data);

}  // namespace hookcast::testing

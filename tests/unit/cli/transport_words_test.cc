#include "cli/transport_words.h"

#include "gtest/gtest.h"

namespace hookcast::cli {
namespace {

TEST(TransportWordsTest, OfAMessageThatIsTooLongGivesItsSize) {
  EXPECT_EQ(PlainTransportWords("Received message larger than max (20000023 vs. 16842752)"),
            "the message has 19.1 MiB; a call takes at most 16 MiB");
  EXPECT_EQ(PlainTransportWords("Sent message larger than max (20000023 vs. 16842752)"),
            "the message has 19.1 MiB; a call takes at most 16 MiB");
}

TEST(TransportWordsTest, OfANodeThatCannotBeConnectedToNamesAddressAndReason) {
  const std::string said = "failed to connect to all addresses; last error: ";
  EXPECT_EQ(PlainTransportWords(said + "UNKNOWN: ipv4:127.0.0.1:8082: Failed to connect to remote "
                                       "host: Connection refused"),
            "cannot connect to 127.0.0.1:8082: connection refused");
  EXPECT_EQ(PlainTransportWords(said + "UNKNOWN: ipv6:[::1]:8082: connection attempt timed out "
                                       "before receiving SETTINGS frame"),
            "cannot connect to [::1]:8082: it took the connection, and said nothing");
  EXPECT_EQ(PlainTransportWords(said + "UNAVAILABLE: ipv4:10.0.0.7:8082: Socket closed"),
            "cannot connect to 10.0.0.7:8082: socket closed");
}

TEST(TransportWordsTest, LeavesAllElseAsItIs) {
  for (const char* said :
       {"", "the topic is empty; it needs a name", "larger than max (1 vs. 2)"}) {
    EXPECT_EQ(PlainTransportWords(said), said);
  }
}

}  // namespace
}  // namespace hookcast::cli

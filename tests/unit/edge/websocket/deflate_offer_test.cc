#include "edge/websocket/deflate_offer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hookcast::websocket {
namespace {

constexpr std::string_view kPlain =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

// The agreement for the first element that can be taken; the line has to keep to the grammar.
std::optional<DeflateAgreement> Take(std::string_view line) {
  std::optional<DeflateAgreement> agreement;
  EXPECT_TRUE(ReadExtensions(line, [&](const Extension& offer) {
    if (!agreement) agreement = TakeDeflateOffer(offer);
  })) << line;
  return agreement;
}

void ExpectTaken(std::string_view line, uint8_t bits, std::string_view rest_of_answer = "") {
  SCOPED_TRACE(line);
  const std::optional<DeflateAgreement> agreement = Take(line);
  ASSERT_TRUE(agreement);
  EXPECT_EQ(agreement->window_bits, bits);
  EXPECT_EQ(agreement->answer, std::string(kPlain).append(rest_of_answer));
}

TEST(DeflateOfferTest, TakesWhatBrowsersOffer) {
  ExpectTaken("permessage-deflate", 15);
  ExpectTaken("permessage-deflate; client_max_window_bits", 15);
}

TEST(DeflateOfferTest, TakesEachValidParameterInAnyOrder) {
  ExpectTaken("permessage-deflate; server_no_context_takeover", 15);
  ExpectTaken("permessage-deflate; client_no_context_takeover", 15);
  ExpectTaken("permessage-deflate; client_no_context_takeover; server_no_context_takeover", 15);
  ExpectTaken(
      "permessage-deflate; server_max_window_bits=10; client_max_window_bits; "
      "client_no_context_takeover; server_no_context_takeover",
      9, "; server_max_window_bits=9");
}

// RFC 7692, section 7.1.2.1: what is answered is the same or smaller.
TEST(DeflateOfferTest, AnswersALimitOnItsWindowWithOneThatIsNoLarger) {
  for (int bits = 9; bits <= 14; ++bits) {
    ExpectTaken("permessage-deflate; server_max_window_bits=" + std::to_string(bits), 9,
                "; server_max_window_bits=9");
  }
  ExpectTaken("permessage-deflate; server_max_window_bits=15", 15, "; server_max_window_bits=15");
}

TEST(DeflateOfferTest, LeavesTheClientsWindowToTheClient) {
  for (int bits = 8; bits <= 15; ++bits) {
    ExpectTaken("permessage-deflate; client_max_window_bits=" + std::to_string(bits), 15);
  }
}

TEST(DeflateOfferTest, ReadsQuotedValues) {
  ExpectTaken("permessage-deflate; server_max_window_bits=\"10\"", 9, "; server_max_window_bits=9");
  ExpectTaken("permessage-deflate; server_max_window_bits=\"\\1\\5\"", 15,
              "; server_max_window_bits=15");
  ExpectTaken("permessage-deflate; client_max_window_bits=\"8\"", 15);
}

TEST(DeflateOfferTest, DeclinesWhatSection7Forbids) {
  for (const char* line : {
           "permessage-deflate; unknown",
           "permessage-deflate; unknown=1",
           "permessage-deflate; server_max_window_bits=10; unknown",
           "permessage-deflate; Server_No_Context_Takeover",
           // A parameter there twice.
           "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
           "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
           "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
           "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
           // A value where none may be, and none where one must be.
           "permessage-deflate; server_no_context_takeover=1",
           "permessage-deflate; server_no_context_takeover=true",
           "permessage-deflate; client_no_context_takeover=\"1\"",
           "permessage-deflate; server_max_window_bits",
           // Values that are no window.
           "permessage-deflate; server_max_window_bits=7",
           "permessage-deflate; server_max_window_bits=16",
           "permessage-deflate; server_max_window_bits=0",
           "permessage-deflate; server_max_window_bits=09",
           "permessage-deflate; server_max_window_bits=010",
           "permessage-deflate; server_max_window_bits=100",
           "permessage-deflate; server_max_window_bits=1a",
           "permessage-deflate; server_max_window_bits=-9",
           "permessage-deflate; server_max_window_bits=+9",
           "permessage-deflate; server_max_window_bits=\"16\"",
           "permessage-deflate; server_max_window_bits=\"09\"",
           "permessage-deflate; client_max_window_bits=7",
           "permessage-deflate; client_max_window_bits=16",
           "permessage-deflate; client_max_window_bits=08",
           "permessage-deflate; client_max_window_bits=1",
           "permessage-deflate; client_max_window_bits=\"16\"",
           "permessage-deflate; client_max_window_bits=10.0",
           // A window that zlib has not.
           "permessage-deflate; server_max_window_bits=8",
       }) {
    EXPECT_FALSE(Take(line)) << line;
  }
}

TEST(DeflateOfferTest, DeclinesOtherExtensions) {
  for (const char* line : {"x-webkit-deflate-frame", "permessage-bzip2", "Permessage-Deflate",
                           "permessage-deflate2", "bbf-usp-protocol; eid=\"doc\""}) {
    EXPECT_FALSE(Take(line)) << line;
  }
}

// Section 5: a client lists its offers in the order of its preference.
TEST(DeflateOfferTest, OffersAreIndependentOfEachOther) {
  ExpectTaken("x-unknown, permessage-deflate", 15);
  ExpectTaken("permessage-deflate; server_max_window_bits=8, permessage-deflate", 15);
  ExpectTaken("permessage-deflate; server_max_window_bits=10, permessage-deflate", 9,
              "; server_max_window_bits=9");
  ExpectTaken(
      "permessage-deflate; unknown, permessage-deflate; client_max_window_bits=99, "
      "permessage-deflate; server_max_window_bits=15",
      15, "; server_max_window_bits=15");
}

}  // namespace
}  // namespace hookcast::websocket

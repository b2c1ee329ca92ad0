#include "tests/unit/broker/metrics/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hookcast::metrics {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(ReadExposition, ReadsWhatTheFormatAllows) {
  const auto families = ReadExposition(
      "# HELP a_total Of a.\n# TYPE a_total counter\n"
      "a_total{k=\"v w\"} 1\na_total{k=\"\"} 2e+10\n"
      "# HELP b B.\n# TYPE b gauge\nb -0.5\n");
  ASSERT_TRUE(families.ok()) << families.status();
  EXPECT_EQ(families->at("a_total").help, "Of a.");
  EXPECT_EQ(families->at("a_total").type, "counter");
  EXPECT_THAT(families->at("a_total").samples,
              ElementsAre(Pair("a_total{k=\"\"}", 2e10), Pair("a_total{k=\"v w\"}", 1)));
  EXPECT_THAT(families->at("b").samples, ElementsAre(Pair("b", -0.5)));
}

TEST(ReadExposition, ReadsHistogramsAndEscapes) {
  const auto families = ReadExposition(
      "# HELP h H.\n# TYPE h histogram\n"
      "h_bucket{k=\"a\\\"\\\\\\n\",le=\"+Inf\"} 2\nh_sum{k=\"a\"} 0.5\nh_count{k=\"a\"} 2\n");
  ASSERT_TRUE(families.ok()) << families.status();
  EXPECT_EQ(families->at("h").samples.size(), 3u);
  EXPECT_FALSE(ReadExposition("# HELP h H.\n# TYPE h histogram\nh 1\n").ok());
  EXPECT_FALSE(ReadExposition("# HELP h H.\n# TYPE h gauge\nh_sum 1\n").ok());
  EXPECT_FALSE(ReadExposition("# HELP h H.\n# TYPE h gauge\nh{k=\"\\x\"} 1\n").ok());
}

TEST(ReadExposition, RefusesWhatItForbids) {
  const std::string head = "# HELP a A.\n# TYPE a gauge\n";
  for (const std::string& text : {
           std::string(),
           head + "a 1",                              // the last line is not ended
           head + "a 1\na 1\n",                       // a sample twice
           head + "a 1\n" + head + "a{k=\"v\"} 1\n",  // a family twice
           head + "b 1\n",                            // another family's sample
           head + "a\n",                              // no value
           head + "a one\n",                          // no number
           head + "a nan\n",                          // another spelling
           head + "a 1 \n",                           // something after it
           head + "a{k=v} 1\n",                       // no quotes
           head + "a{k=\"v\" 1\n",                    // no brace
           head + "a{1k=\"v\"} 1\n",                  // a bad label
           head + "\n",                               // an empty line
           std::string("a 1\n"),                      // no head
           std::string("# HELP a A.\na 1\n"),         // no type
           std::string("# TYPE a gauge\na 1\n"),      // no help
           std::string("# HELP 1a A.\n"),             // a bad name
           std::string("# HELP a \n"),                // an empty help
           std::string("# HELP a A.\n# TYPE a x\n"),  // an unknown type
           std::string("# HELP a A.\n# TYPE b gauge\n"),
       }) {
    EXPECT_FALSE(ReadExposition(text).ok()) << text;
  }
}

}  // namespace
}  // namespace hookcast::metrics

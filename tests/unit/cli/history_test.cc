#include "tests/unit/cli/cli_fixture.h"

namespace hookcast::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class HistoryTest : public CliTest {
 protected:
  // A namespace that holds so many messages, from sequence 1 on.
  void Serve(uint64_t number, bool gap = false) {
    broker_.history = [=, this](const v1::HistoryRequest& request, v1::HistoryResponse* response) {
      requests_.push_back(request);
      uint64_t next = request.since().sequence();
      while (next < number && static_cast<uint32_t>(response->entries_size()) < request.limit()) {
        v1::HistoryEntry* const entry = response->add_entries();
        entry->mutable_position()->set_epoch(17);
        entry->mutable_position()->set_sequence(++next);
        entry->mutable_message()->set_topic("chat\x1b");
        entry->mutable_message()->mutable_data()->set_text("hello");
        entry->mutable_message()->mutable_published_at()->set_seconds(1'764'158'400);
      }
      response->mutable_head()->set_epoch(17);
      response->mutable_head()->set_sequence(number);
      response->mutable_next()->set_epoch(17);
      response->mutable_next()->set_sequence(next);
      response->set_gap(gap);
      return absl::OkStatus();
    };
  }

  std::vector<v1::HistoryRequest> requests_;
};

TEST_F(HistoryTest, ListsWhatIsKeptWithItsPositions) {
  Serve(2);
  const RunResult result = Hookcast({"history", "/rooms/a", "--topic", "chat"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, HasSubstr("POSITION  TIME                      TOPIC"));
  EXPECT_THAT(result.out, HasSubstr("17.2      2025-11-26T12:00:00.000Z"));
  EXPECT_THAT(result.out, HasSubstr("5 B  hello\n"));
  EXPECT_THAT(result.out, HasSubstr("\n2 messages\n"));
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos);
  ASSERT_EQ(requests_.size(), 1);
  EXPECT_EQ(requests_[0].namespace_(), "/rooms/a");
  EXPECT_EQ(requests_[0].topic(), "chat");
  EXPECT_EQ(requests_[0].limit(), 100);
  EXPECT_FALSE(requests_[0].has_since());
}

TEST_F(HistoryTest, TakesAPositionAsItIsListedAndAsAClientHoldsIt) {
  Serve(9);
  for (const char* text : {"17.7", "1a2b3c4d.17.7", "1a2b3c4d.17.7;own.id"}) {
    EXPECT_THAT(Hookcast({"history", "a", "--since", text}).out, HasSubstr("\n2 messages\n"));
    EXPECT_EQ(requests_.back().since().epoch(), 17);
    EXPECT_EQ(requests_.back().since().sequence(), 7);
  }
  for (const char* text : {"x", "17", "17.", "-1.2", "1.2.3", "17.7x"}) {
    const RunResult result = Hookcast({"history", "a", "--since", text});
    EXPECT_EQ(result.exit, ExitCode::kUsage) << text;
    EXPECT_THAT(result.err, HasSubstr("is no position"));
  }
}

TEST_F(HistoryTest, PagesToTheLimitOrToTheEnd) {
  Serve(2500);
  EXPECT_THAT(Hookcast({"history", "a"}).out, HasSubstr("\n100 messages; there are more"));
  requests_.clear();
  EXPECT_THAT(Hookcast({"history", "a", "--all"}).out, HasSubstr("\n2500 messages\n"));
  ASSERT_EQ(requests_.size(), 3);
  EXPECT_EQ(requests_[2].since().sequence(), 2000);
}

TEST_F(HistoryTest, SaysOnStderrThatSomeIsNotHeldAnyMore) {
  Serve(2, /*gap=*/true);
  const RunResult result = Hookcast({"history", "a", "--since", "3.1", "--output", "json"});
  EXPECT_EQ(result.exit, ExitCode::kDone);
  EXPECT_THAT(result.err, HasSubstr("not all held any more"));
  EXPECT_THAT(result.out, HasSubstr("\"gap\":true"));
  EXPECT_THAT(result.out, HasSubstr("\"position\":{\"epoch\":\"17\",\"sequence\":\"2\"}"));
}

TEST_F(HistoryTest, NeedsANamespaceAndTellsWhyThereIsNone) {
  EXPECT_EQ(Hookcast({"history"}).exit, ExitCode::kUsage);
  broker_.history = [](const v1::HistoryRequest&, v1::HistoryResponse*) {
    return absl::FailedPreconditionError("the namespace keeps no history");
  };
  const RunResult result = Hookcast({"history", "a"});
  EXPECT_EQ(result.exit, ExitCode::kRefused);
  EXPECT_THAT(result.err, HasSubstr("the namespace keeps no history"));
}

}  // namespace
}  // namespace hookcast::cli

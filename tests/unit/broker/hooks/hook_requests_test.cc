#include "broker/hooks/hook_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/backplane/memory/memory_backplane.h"
#include "broker/metrics/catalogue.h"
#include "broker/pubsub/hub.h"
#include "broker/pubsub/interest_table.h"
#include "tests/fakes/recording_peer.h"

namespace hookcast::hooks {
namespace {

using ::testing::ElementsAre;

class HookRequests : public ::testing::Test {
 protected:
  HookRequests() {
    peer_.mutable_facts().target = "/a?b";
    hub_.Add(&peer_, "/a");
    EXPECT_TRUE(hub_.Subscribe(&peer_, "two").ok());
    EXPECT_TRUE(hub_.Subscribe(&peer_, "one").ok());
  }
  ~HookRequests() override { hub_.Remove(&peer_); }

  metrics::Catalogue metrics_;
  backplane::MemoryBackplane backplane_;
  pubsub::InterestTable interest_{&backplane_};
  pubsub::Hub hub_{Incarnation{7}, ShardId{0}, &interest_, &metrics_};
  fakes::RecordingPeer peer_{hub_.NextPeerId()};
};

TEST_F(HookRequests, TheUpgradeIsEventZeroAndNeverARepeat) {
  pubsub::PeerFacts facts;
  facts.target = "/a?b";
  const std::vector<std::string> offered{"x", "y"};
  v1::UpgradeRequest request;
  ToRequest(UpgradeEvent{peer_.id(), &facts, &offered}, "node", &request);
  EXPECT_EQ(request.event().id(), peer_.id().ToString() + "/0");
  EXPECT_EQ(request.event().attempt(), 1u);
  EXPECT_EQ(request.event().node(), "node");
  EXPECT_EQ(request.request().path(), "/a");
  EXPECT_THAT(request.request().subprotocols(), ElementsAre("x", "y"));
}

TEST_F(HookRequests, NumberAndAttemptNameTheEvent) {
  v1::MessageRequest request;
  ToRequest(peer_,
            {.number = 5, .attempt = 3, .what = MessageEvent{{.payload = Bytes::Copy("hi")}}},
            "node", &request);
  EXPECT_EQ(request.event().id(), EventId(peer_.id(), 5));
  EXPECT_EQ(request.event().attempt(), 3u);
  EXPECT_EQ(request.peer().id(), peer_.id().ToString());
  EXPECT_THAT(request.peer().topics(), ElementsAre("two", "one"));
}

TEST_F(HookRequests, OpenCarriesTheRequest) {
  v1::OpenRequest request;
  ToRequest(peer_, {.number = 1, .what = OpenEvent{}}, "node", &request);
  EXPECT_EQ(request.request().target(), "/a?b");
  EXPECT_FALSE(request.has_resume());
}

TEST_F(HookRequests, OpenSaysWhereAClientThatCameBackStands) {
  v1::OpenRequest request;
  ToRequest(peer_, {.what = OpenEvent{pubsub::Position{7, 9}}}, "node", &request);
  EXPECT_EQ(request.resume().epoch(), 7);
  EXPECT_EQ(request.resume().sequence(), 9);
}

TEST_F(HookRequests, ResumeSaysWhatWasReplayed) {
  v1::SessionEvent event;
  ToSessionEvent(peer_, {.number = 2, .what = ResumeEvent{{7, 9}, 3, true}}, "node", &event);
  ASSERT_TRUE(event.has_resume());
  EXPECT_EQ(event.resume().position().epoch(), 7);
  EXPECT_EQ(event.resume().position().sequence(), 9);
  EXPECT_EQ(event.resume().replayed(), 3);
  EXPECT_TRUE(event.resume().gap());
}

TEST_F(HookRequests, AMessageKeepsItsKind) {
  v1::MessageRequest text;
  ToRequest(peer_, {.what = MessageEvent{{.payload = Bytes::Copy("")}}}, "n", &text);
  EXPECT_TRUE(text.has_text());
  v1::MessageRequest binary;
  ToRequest(peer_, {.what = MessageEvent{{pubsub::DataKind::kBinary, Bytes::Copy("\xff")}}}, "n",
            &binary);
  EXPECT_EQ(binary.binary(), "\xff");
}

TEST_F(HookRequests, CloseCarriesTheTopicsHeldAtTheEnd) {
  hub_.Remove(&peer_);
  v1::CloseRequest request;
  ToRequest(peer_, {.what = CloseEvent{{1001, "away", ClosedBy::kClient, true}, {"held"}}}, "n",
            &request);
  EXPECT_THAT(request.peer().topics(), ElementsAre("held"));
  EXPECT_EQ(request.details().code(), 1001u);
  EXPECT_EQ(request.details().reason(), "away");
}

TEST_F(HookRequests, AnErrorSaysWhetherCloseFollows) {
  v1::ErrorRequest staying;
  ToRequest(peer_, {.what = ErrorEvent{ErrorKind::kAction, "no such topic", std::nullopt}}, "n",
            &staying);
  EXPECT_EQ(staying.kind(), v1::ERROR_KIND_ACTION);
  EXPECT_EQ(staying.message(), "no such topic");
  EXPECT_FALSE(staying.has_details());
  v1::ErrorRequest closing;
  ToRequest(peer_, {.what = ErrorEvent{ErrorKind::kProtocol, "bad frame", CloseDetails{1002}}}, "n",
            &closing);
  EXPECT_EQ(closing.kind(), v1::ERROR_KIND_PROTOCOL);
  EXPECT_EQ(closing.details().code(), 1002u);
}

TEST_F(HookRequests, AnErrorWhoseTextIsNotUtf8CanStillBeTold) {
  v1::ErrorRequest error;
  ToRequest(peer_, {.what = ErrorEvent{ErrorKind::kHook, "caf\xe9", std::nullopt}}, "n", &error);
  EXPECT_EQ(error.message(), "caf\xc3\xa9");
}

}  // namespace
}  // namespace hookcast::hooks

#include "broker/backplane/redis/envelope_codec.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace hookcast::backplane {
namespace {

using Fault = EnvelopeCodec::Fault;

constexpr Incarnation kNode{0xfedcba9876543210};
constexpr Incarnation kOther{7};

std::unique_ptr<pubsub::Message> Text(std::string_view payload) {
  auto message = std::make_unique<pubsub::Message>();
  message->id = {kNode, 12};
  message->ns = "ns";
  message->topic = "t";
  message->data.payload = Bytes::Copy(payload);
  return message;
}

class EnvelopeCodecTest : public testing::Test {
 protected:
  std::string Written(const pubsub::Message& message, StreamPlace place = {3, 4, std::nullopt}) {
    std::string bytes;
    writer_.Write(message, place, &bytes);
    return bytes;
  }
  // What a change of the envelope's fields makes of it.
  Fault FaultOf(const std::function<void(v1::Envelope*)>& change) {
    v1::Envelope envelope;
    EXPECT_TRUE(envelope.ParseFromString(Written(*Text("x"))));
    change(&envelope);
    return reader_.Read(envelope.SerializeAsString(), &received_);
  }

  EnvelopeCodec writer_{kNode};
  EnvelopeCodec reader_{kOther};
  Received received_;
};

TEST_F(EnvelopeCodecTest, ALossSaysHowManyMessagesOfItsNamespace) {
  std::string bytes;
  ASSERT_EQ(reader_.Read(Written(*Text("x")), &received_), Fault::kNone);
  writer_.WriteLoss("ns", 7, &bytes);
  ASSERT_EQ(reader_.Read(bytes, &received_), Fault::kNone);
  EXPECT_EQ(received_.origin, kNode);
  EXPECT_EQ(received_.ns, "ns");
  EXPECT_EQ(received_.lost, 7);
  EXPECT_EQ(received_.message, nullptr);
  EXPECT_TRUE(writer_.IsOwn(bytes));
  EXPECT_FALSE(reader_.IsOwn(bytes));

  ASSERT_EQ(reader_.Read(Written(*Text("x")), &received_), Fault::kNone);
  EXPECT_EQ(received_.lost, 0);
  EXPECT_NE(received_.message, nullptr);
  writer_.WriteTail("ns", {3, 4, std::nullopt}, &bytes);
  ASSERT_EQ(reader_.Read(bytes, &received_), Fault::kNone);
  EXPECT_EQ(received_.lost, 0);
  EXPECT_EQ(FaultOf([](v1::Envelope* e) { e->mutable_loss(); }), Fault::kMalformed) << "of none";
}

TEST_F(EnvelopeCodecTest, AMessageArrivesWhole) {
  const auto owner = Text("");
  pubsub::Message& sent = *owner;
  std::string payload;
  for (int byte = 0; byte < 256; ++byte) payload.push_back(static_cast<char>(byte));
  sent.ns = std::string("n\0s", 3);
  sent.data = {.kind = pubsub::DataKind::kBinary,
               .payload = Bytes::Copy(payload),
               .compress = true,
               .event = std::make_shared<pubsub::EventFields>(pubsub::EventFields{
                   .id = "7", .event = "tick", .retry = std::chrono::milliseconds(1500)})};
  sent.exclude = PeerId{kOther, ShardId{3}, 9};
  sent.key = "key";
  const StreamPlace place{3, 4, ReplacedStream{1, 2}};
  ASSERT_EQ(reader_.Read(Written(sent, place), &received_), Fault::kNone);
  EXPECT_EQ(received_.origin, kNode);
  EXPECT_EQ(received_.ns, sent.ns);
  EXPECT_EQ(received_.place.stream, 3);
  EXPECT_EQ(received_.place.sequence, 4);
  EXPECT_EQ(received_.place.replaces, place.replaces);
  ASSERT_NE(received_.message, nullptr);
  const pubsub::Message& got = *received_.message;
  EXPECT_EQ(got.id, sent.id);
  EXPECT_EQ(got.ns, sent.ns);
  EXPECT_EQ(got.topic, "t");
  EXPECT_EQ(got.data.kind, pubsub::DataKind::kBinary);
  EXPECT_EQ(got.data.payload.view(), payload);
  EXPECT_TRUE(got.data.compress);
  EXPECT_EQ(got.data.event->id, "7");
  EXPECT_EQ(got.data.event->event, "tick");
  EXPECT_EQ(got.data.event->retry, std::chrono::milliseconds(1500));
  EXPECT_EQ(got.exclude, sent.exclude);
  EXPECT_EQ(got.key, "key");
}

TEST_F(EnvelopeCodecTest, NothingOfOneMessageIsLeftInTheNext) {
  const auto owner = Text("first");
  pubsub::Message& first = *owner;
  first.exclude = PeerId{kOther, ShardId{3}, 9};
  first.key = "key";
  first.data.compress = true;
  first.data.event = std::make_shared<pubsub::EventFields>(pubsub::EventFields{.event = "tick"});
  const std::string one = Written(first, {1, 1, ReplacedStream{1, 2}});
  const auto other = Text("");
  pubsub::Message& second = *other;
  second.data.kind = pubsub::DataKind::kBinary;
  const std::string two = Written(second, {1, 2, std::nullopt});
  ASSERT_EQ(reader_.Read(one, &received_), Fault::kNone);
  ASSERT_EQ(reader_.Read(two, &received_), Fault::kNone);
  EXPECT_EQ(received_.place.replaces, std::nullopt);
  const pubsub::Message& got = *received_.message;
  EXPECT_EQ(got.exclude, std::nullopt);
  EXPECT_EQ(got.key, "");
  EXPECT_FALSE(got.data.compress);
  EXPECT_EQ(got.data.event, nullptr);
  EXPECT_EQ(got.data.kind, pubsub::DataKind::kBinary);
  EXPECT_EQ(got.data.payload.view(), "");
}

TEST_F(EnvelopeCodecTest, ATailHasItsPlaceAndNoMessage) {
  std::string bytes;
  writer_.WriteTail("ns", {3, 9, std::nullopt}, &bytes);
  ASSERT_EQ(reader_.Read(bytes, &received_), Fault::kNone);
  EXPECT_EQ(received_.message, nullptr);
  EXPECT_EQ(received_.ns, "ns");
  EXPECT_EQ(received_.place.sequence, 9);
}

TEST_F(EnvelopeCodecTest, ANodeKnowsItsOwnUnread) {
  std::string tail;
  writer_.WriteTail("ns", {3, 9, std::nullopt}, &tail);
  for (const std::string& bytes : {Written(*Text("x")), tail}) {
    EXPECT_TRUE(writer_.IsOwn(bytes));
    EXPECT_FALSE(reader_.IsOwn(bytes));
    EXPECT_FALSE(writer_.IsOwn(std::string_view(bytes).substr(0, 10)));
  }
  EXPECT_FALSE(writer_.IsOwn(""));
}

TEST_F(EnvelopeCodecTest, WhatCannotBeReadIsToldFromWhatIsOfAnotherVersion) {
  EXPECT_EQ(FaultOf([](v1::Envelope*) {}), Fault::kNone);
  EXPECT_EQ(FaultOf([](v1::Envelope* e) { e->set_version(2); }), Fault::kVersion);
  EXPECT_EQ(FaultOf([](v1::Envelope* e) { e->set_version(0); }), Fault::kMalformed);
  EXPECT_EQ(FaultOf([](v1::Envelope* e) { e->set_incarnation(0); }), Fault::kMalformed);
  EXPECT_EQ(FaultOf([](v1::Envelope* e) { e->set_sequence(0); }), Fault::kMalformed);
  EXPECT_EQ(FaultOf([](v1::Envelope* e) { e->set_stream(0); }), Fault::kMalformed);
  EXPECT_EQ(FaultOf([](v1::Envelope* e) { e->clear_kind(); }), Fault::kMalformed);
  EXPECT_EQ(FaultOf([](v1::Envelope* e) { e->mutable_message()->clear_topic(); }),
            Fault::kMalformed);
  EXPECT_EQ(FaultOf([](v1::Envelope* e) { e->mutable_message()->clear_data(); }),
            Fault::kMalformed);
  EXPECT_EQ(FaultOf([](v1::Envelope* e) { e->mutable_message()->mutable_data()->mutable_json(); }),
            Fault::kMalformed);
  EXPECT_EQ(
      FaultOf([](v1::Envelope* e) { e->mutable_message()->mutable_exclude()->set_shard(70'000); }),
      Fault::kMalformed);
  EXPECT_EQ(FaultOf([](v1::Envelope* e) { e->set_namespace_(std::string(1025, 'n')); }),
            Fault::kMalformed);
  EXPECT_EQ(FaultOf([](v1::Envelope* e) {
              e->mutable_message()->mutable_data()->mutable_event()->mutable_retry()->set_seconds(
                  INT64_MAX);
            }),
            Fault::kMalformed);
  for (const char* bytes : {"", "garbage", "\x08\x01", "\xff\xff\xff\xff"}) {
    EXPECT_EQ(reader_.Read(bytes, &received_), Fault::kMalformed) << bytes;
  }
}

TEST_F(EnvelopeCodecTest, TextThatIsNoUtf8IsNotRead) {
  std::string bytes = Written(*Text("xyz"));
  bytes[bytes.find("xyz")] = '\xff';
  EXPECT_EQ(reader_.Read(bytes, &received_), Fault::kMalformed);
}

TEST_F(EnvelopeCodecTest, EveryCutOfAnEnvelopeIsReadOrRefused) {
  const auto owner = Text("payload");
  pubsub::Message& message = *owner;
  message.exclude = PeerId{kOther, ShardId{3}, 9};
  const std::string whole = Written(message, {3, 4, ReplacedStream{1, 2}});
  for (size_t size = 0; size < whole.size(); ++size) {
    reader_.Read(std::string_view(whole).substr(0, size), &received_);
  }
  EXPECT_EQ(reader_.Read(whole, &received_), Fault::kNone);
}

}  // namespace
}  // namespace hookcast::backplane

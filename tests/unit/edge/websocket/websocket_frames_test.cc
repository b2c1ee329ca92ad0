#include "edge/websocket/websocket_frames.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "edge/websocket/deflate_offer.h"

namespace hookcast::edge {
namespace {

using metrics::Compressed;
using pubsub::Data;

class WebSocketFramesTest : public testing::Test {
 protected:
  static constexpr WebSocketForm kDeflated{.window_bits = websocket::kLargeWindow,
                                           .compress_from = 0};
  static Data SharedData(std::string_view text) {
    return {.payload = Bytes::Copy(text), .forms = std::make_shared<pubsub::WireForms>()};
  }

  metrics::Catalogue metrics_;
  Compression compression_{&metrics_};
};

TEST_F(WebSocketFramesTest, WhatIsSentToManyIsBuiltOnceForEachForm) {
  const Data data = SharedData(std::string(1'000, 'x'));
  for (const WebSocketForm form : {WebSocketForm{}, WebSocketForm{.json = true}, kDeflated}) {
    const Bytes first = FrameOf(data, form, compression_);
    EXPECT_TRUE(first == FrameOf(data, form, compression_)) << "the same allocation";
    EXPECT_EQ(first.label(), "") << "what is sent is no message of a topic";
  }
  EXPECT_EQ(metrics_.compressed.value(Compressed::kDeflated), 1);
  EXPECT_FALSE(FrameOf(data, {}, compression_) == FrameOf(data, kDeflated, compression_));
}

TEST_F(WebSocketFramesTest, WhatIsSentToOneKeepsNothing) {
  Data data = SharedData("hello");
  data.forms = nullptr;
  const Bytes frame = FrameOf(data, {}, compression_);
  EXPECT_EQ(frame.view(), "\x81\x05hello");
  EXPECT_TRUE(frame.unique());
}

}  // namespace
}  // namespace hookcast::edge

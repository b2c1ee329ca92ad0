#include "cli/event_line.h"

#include <string>

#include "gtest/gtest.h"

namespace hookcast::cli {
namespace {

const absl::Time kNow = absl::FromUnixMillis(1'800'000'000'123);

v1::WatchEvent Message(const std::string& name_space, const std::string& topic) {
  v1::WatchEvent event;
  event.mutable_message()->set_namespace_(name_space);
  event.mutable_message()->set_topic(topic);
  return event;
}

std::string FormatData(const v1::Data& data) {
  v1::WatchEvent event = Message("n", "t");
  *event.mutable_message()->mutable_data() = data;
  const std::string line = EventLines().Format(event, kNow);
  const std::string start = "08:00:00.123Z  message  n  t  ";
  EXPECT_EQ(line.substr(0, start.size()), start);
  return line.substr(start.size());
}

TEST(EventLinesTest, ShowsTextSafelyOnOneLine) {
  v1::Data data;
  data.set_text(
      "a\r\n\x1b[2J\xE2\x80\xAE"
      "ä");
  EXPECT_EQ(FormatData(data), "12 B  a\\r\\n\\x1b[2J\\u202eä");
  data.set_text("");
  EXPECT_EQ(FormatData(data), "0 B");
}

TEST(EventLinesTest, ShowsTheFirstBytesOfBinaryInHex) {
  v1::Data data;
  data.set_binary(std::string("\x00\xFFz", 3));
  EXPECT_EQ(FormatData(data), "3 B  0x00ff7a");
  data.set_binary(std::string(2048, 'a'));
  EXPECT_EQ(FormatData(data), "2.0 KiB  0x" + std::string("61616161616161616161616161616161…"));
  data.set_binary("");
  EXPECT_EQ(FormatData(data), "0 B");
}

TEST(EventLinesTest, ShowsJsonInItsCompactForm) {
  v1::Data data;
  data.mutable_json()->mutable_list_value()->add_values()->set_number_value(1);
  EXPECT_EQ(FormatData(data), "3 B  [1]");
}

TEST(EventLinesTest, ShortensLongText) {
  v1::Data data;
  data.set_text(std::string(201, 'x'));
  EXPECT_EQ(FormatData(data), "201 B  " + std::string(200, 'x') + "…");
  std::string wide;
  for (int i = 0; i < 1'000'000; ++i) wide += "ä";
  data.set_text(wide);
  EXPECT_EQ(FormatData(data), "1.9 MiB  " + wide.substr(0, 400) + "…");
}

TEST(EventLinesTest, GrowsColumnsWithWhatTheyHold) {
  EventLines lines;
  EXPECT_EQ(lines.Format(Message("n", "t"), kNow), "08:00:00.123Z  message  n  t  0 B");
  EXPECT_EQ(lines.Format(Message("räume", "topic"), kNow),
            "08:00:00.123Z  message  räume  topic  0 B");
  EXPECT_EQ(lines.Format(Message("", "t"), kNow), "08:00:00.123Z  message  -      t      0 B");
  const std::string endless(1000, 'x');
  lines.Format(Message(endless, "t"), kNow);
  EXPECT_EQ(lines.Format(Message("n", "t"), kNow),
            "08:00:00.123Z  message  n" + std::string(39, ' ') + "  t      0 B");
}

TEST(EventLinesTest, SaysHowAPeerEnded) {
  v1::WatchEvent event;
  event.mutable_closed()->set_peer("p");
  event.mutable_closed()->set_namespace_("n");
  v1::CloseDetails* details = event.mutable_closed()->mutable_details();
  details->set_code(1006);
  const std::pair<v1::ClosedBy, const char*> cases[] = {
      {v1::CLOSED_BY_UNSPECIFIED, "1006"},
      {v1::CLOSED_BY_CLIENT, "1006 by the client"},
      {v1::CLOSED_BY_APPLICATION, "1006 by the application"},
      {v1::CLOSED_BY_NODE, "1006 by the node"},
      {v1::CLOSED_BY_NETWORK, "1006 by the network"},
  };
  for (const auto& [by, shown] : cases) {
    details->set_closed_by(by);
    EXPECT_EQ(EventLines().Format(event, kNow),
              std::string("08:00:00.123Z  closed   n  p  ") + shown);
  }
}

TEST(EventLinesTest, SkipsWhatItDoesNotKnow) {
  EXPECT_EQ(EventLines().Format(v1::WatchEvent(), kNow), "");
}

}  // namespace
}  // namespace hookcast::cli

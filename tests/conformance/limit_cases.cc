// RFC 6455, section 10.4: limits of size and number; and sections 5.4 and 5.6 for large messages.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/tables.h"

namespace hookcast::conformance {
namespace {

constexpr size_t kMiB = 1024 * 1024;

std::string Large(size_t size) {
  std::string text(size, 'x');
  for (size_t i = 0; i < size; i += 1021) text[i] = static_cast<char>('A' + i % 26);
  return text;
}

// One message of that size in frames of that size.
std::string InFrames(const std::string& text, size_t size, int opcode) {
  std::string bytes;
  for (size_t at = 0; at < text.size(); at += size) {
    Frame frame = Last(text.substr(at, size)).Opcode(at == 0 ? opcode : 0);
    frame.fin = at + size >= text.size();
    bytes += frame.Bytes();
  }
  return bytes;
}

std::string EmptyFragments(int continuations) {
  std::string bytes = TextPart("").Bytes();
  const std::string empty = More("").Bytes();
  for (int i = 0; i < continuations; ++i) bytes += empty;
  return bytes;
}

Case LargeCase(const std::string& kind, size_t fragment, int opcode) {
  return Whole(Accepts(absl::StrCat(kind, "InFramesOf", fragment), [=] {
    const std::string text = Large(4 * kMiB);
    return Dialogue{Send(InFrames(text, fragment, opcode)), Get(Text(text).Opcode(opcode))};
  }));
}

Rule LargeRule() {
  Rule rule{"5.4",
            "Messages may be large, in one frame or in many",
            {Whole(Accepts("Text16MiB", [] { return Echo(Text(Large(16 * kMiB))); })),
             Whole(Accepts("Binary16MiB", [] { return Echo(Binary(Large(16 * kMiB))); })),
             Accepts("Text1MiB", [] { return Echo(Text(Large(kMiB))); }),
             Accepts("Binary1MiB", [] { return Echo(Binary(Large(kMiB))); })},
            true};
  for (const size_t fragment : {64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304}) {
    rule.cases.push_back(LargeCase("Text", fragment, 1));
    rule.cases.push_back(LargeCase("Binary", fragment, 2));
  }
  rule.cases.push_back(
      Whole(Accepts("ThousandMessages", [] { return Repeat(1'000, Echo(Text(Large(1'000)))); })));
  return rule;
}

const Request kSmall = Handshake("/small");
const Request kFew = Handshake("/few");

}  // namespace

Table LimitTable() {
  Table table{.name = "Limits",
              .about = "Section 10.4: limits, each told with 1009; and what has to fit below them.",
              .config = R"(
shards: 1
routes:
  - { path: /echo, static: { on_message: echo }, limits: { message: 16MiB, queue: 64MiB } }
  - { path: /small, static: { on_message: echo }, limits: { message: 1000 } }
  - { path: /few, static: { on_message: echo }, limits: { fragments: 3 } }
)"};
  table.rules = {
      {"10.4",
       "A message larger than the route allows is told with 1009, by its length, before it comes",
       {Accepts("AsLargeAsAllowed", kSmall, Echo(Text(std::string(1000, 'x')))),
        Refuses("OneByteMore", kSmall, Send(Text(std::string(1001, 'x'))), 1009),
        Refuses("AnnouncedAlone", kSmall, Send(Text("").Announcing(1001)), 1009),
        Refuses("AnnouncedFarTooLarge", kSmall, Send(Binary("").Announcing(1ULL << 62)), 1009)}},
      {"10.4",
       "... of all of its frames together",
       {Accepts("FragmentsAsLargeAsAllowed", kSmall,
                {Send(TextPart(std::string(600, 'x'))), Send(Last(std::string(400, 'x'))),
                 Get(Text(std::string(1000, 'x')))}),
        Accepts("TwoMessagesAsLargeAsAllowed", kSmall,
                {Echo(Text(std::string(1000, 'x'))), Echo(Text(std::string(1000, 'y')))}),
        Accepts(
            "PingsDoNotCount", kSmall,
            {Send(TextPart(std::string(999, 'x'))), Send(Ping(std::string(100, 'p'))),
             Get(Pong(std::string(100, 'p'))), Send(Last("x")), Get(Text(std::string(1000, 'x')))}),
        Refuses("FragmentsOneByteMore", kSmall,
                {Send(TextPart(std::string(600, 'x'))), Send(Last(std::string(401, 'x')))}, 1009),
        Refuses("LastFragmentOfOneByteMore", kSmall,
                {Send(TextPart(std::string(1000, 'x'))), Send(Last("x"))}, 1009)}},
      {"10.4",
       "... and so is one of more frames than the route allows",
       {Accepts("AsManyAsAllowed", kFew,
                {Send(TextPart("a")), Send(More("b")), Send(Last("c")), Get(Text("abc"))}),
        Accepts("PingsAreNoFragments", kFew,
                {Send(TextPart("a")), Send(Ping()), Send(Ping()), Send(Ping()), Send(More("b")),
                 Send(Last("c")), Get(Pong()), Get(Pong()), Get(Pong()), Get(Text("abc"))}),
        Refuses("OneFrameMore", kFew,
                {Send(TextPart("a")), Send(More("b")), Send(More("c")), Send(Last("d"))}, 1009),
        Refuses("EmptyFramesCount", kFew,
                {Send(TextPart("")), Send(More("")), Send(More("")), Send(Last(""))}, 1009)}},
      {"10.4",
       "... 100,000 frames where nothing else was set",
       {Whole(Accepts(
            "HundredThousandFrames",
            [] {
              return Dialogue{Send(EmptyFragments(99'998) + Last("end").Bytes()), Get(Text("end"))};
            })),
        Whole(Refuses(
            "HundredThousandAndOneFrames",
            [] { return Send(EmptyFragments(99'999) + Last("end").Bytes()); }, 1009))}},
      LargeRule(),
  };
  return table;
}

}  // namespace hookcast::conformance

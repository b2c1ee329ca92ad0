// RFC 6455, section 5.4: messages in several frames.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/tables.h"

namespace hookcast::conformance {
namespace {

// `text` in frames of so many bytes.
Dialogue InFrames(const std::string& text, size_t size, bool is_text = true) {
  std::string bytes;
  for (size_t at = 0; at < text.size(); at += size) {
    Frame frame = at == 0 ? (is_text ? Text("") : Binary("")) : Last("");
    frame.payload = text.substr(at, size);
    frame.fin = at + size >= text.size();
    bytes += frame.Bytes();
  }
  return Send(bytes);
}

Case FragmentsOf(size_t size) {
  const std::string text(1'000, 'f');
  return Accepts(absl::StrCat("FragmentsOf", size), {InFrames(text, size), Get(Text(text))});
}

}  // namespace

Table FragmentTable() {
  const std::string kibi(1024, 'k');
  return {
      .name = "Fragments",
      .about = "Section 5.4: messages in several frames, with control frames between them.",
      .config = R"(
shards: 1
routes:
  - { path: /echo, static: { on_message: echo } }
)",
      .rules = {
          {"5.4",
           "A message is one frame with FIN, or a frame without FIN, any number of "
           "continuations, and one with FIN; both kinds are to be supported",
           {Accepts("OneFrame", Echo(Text("whole"))),
            Accepts("TwoFrames", {Send(TextPart("a")), Send(Last("b")), Get(Text("ab"))}),
            Accepts("TwoBinaryFrames",
                    {Send(BinaryPart("\xFF")), Send(Last("\xFE")), Get(Binary("\xFF\xFE"))}),
            Accepts("FiveFrames", {Send(TextPart("a")), Send(More("b")), Send(More("c")),
                                   Send(More("d")), Send(Last("e")), Get(Text("abcde"))}),
            Accepts("TwoMessagesInFrames",
                    {Send(TextPart("a")), Send(Last("b")), Send(BinaryPart("c")), Send(Last("d")),
                     Get(Text("ab")), Get(Binary("cd"))}),
            Refuses("ContinuationOfNothing", Send(Last("x")), 1002),
            Refuses("ContinuationOfNothingNotFinal", Send(More("x")), 1002),
            Refuses("ContinuationBehindAWholeMessage",
                    {Send(Text("whole")), Send(Last("x")), Get(Text("whole"))}, 1002),
            Refuses("ContinuationBehindTheLast",
                    {Send(TextPart("a")), Send(Last("b")), Send(Last("c")), Get(Text("ab"))}, 1002),
            Refuses("EmptyContinuationOfNothing", Send(Last("")), 1002)}},
          {"5.4",
           "The fragments of one message are not interleaved with those of another",
           {Accepts("OneBehindTheOther",
                    {Send(TextPart("a")), Send(Last("b")), Get(Text("ab")), Echo(Text("c"))}),
            Refuses("TextInsideAMessage", {Send(TextPart("a")), Send(Text("b"))}, 1002),
            Refuses("BinaryInsideAMessage", {Send(TextPart("a")), Send(Binary("b"))}, 1002),
            Refuses("SecondBeginningInsideAMessage", {Send(BinaryPart("a")), Send(BinaryPart("b"))},
                    1002),
            Refuses("TextBehindAContinuation",
                    {Send(TextPart("a")), Send(More("b")), Send(Text("c"))}, 1002)}},
          {"5.4",
           "Fragments may be of any size, empty ones too, and come together in order",
           {FragmentsOf(1), FragmentsOf(2), FragmentsOf(7), FragmentsOf(125), FragmentsOf(126),
            FragmentsOf(999),
            Accepts("AllEmpty",
                    {Send(TextPart("")), Send(More("")), Send(Last("")), Get(Text(""))}),
            Accepts("AllEmptyBinary", {Send(BinaryPart("")), Send(Last("")), Get(Binary(""))}),
            Accepts("EmptyFirst", {Send(TextPart("")), Send(Last("a")), Get(Text("a"))}),
            Accepts("EmptyMiddle",
                    {Send(TextPart("a")), Send(More("")), Send(Last("b")), Get(Text("ab"))}),
            Accepts("EmptyLast", {Send(TextPart("a")), Send(Last("")), Get(Text("a"))}),
            Accepts("LargeFragments",
                    [] {
                      const std::string large(200'000, 'x');
                      return Dialogue{InFrames(large, 65536), Get(Text(large))};
                    })},
           true},
          {"5.4",
           "The kind of all fragments is that of the first",
           {Accepts("BinaryStaysBinary",
                    {Send(BinaryPart("\xC3")), Send(Last("\x28")), Get(Binary("\xC3\x28"))}),
            Accepts("TextStaysText",
                    {Send(TextPart("\xC3")), Send(Last("\xA4")), Get(Text("\xC3\xA4"))}),
            Refuses("TextIsJudgedAsText", {Send(TextPart("\xC3")), Send(Last("\x28"))}, 1007)}},
          {"5.4",
           "Control frames may come in the middle of a fragmented message, and are handled there",
           {Accepts("PingBetweenFragments", {Send(TextPart("a")), Send(Ping("p")), Get(Pong("p")),
                                             Send(Last("b")), Get(Text("ab"))}),
            Accepts("PingsBetweenAllFragments",
                    {Send(TextPart("a")), Send(Ping("1")), Send(More("b")), Send(Ping("2")),
                     Send(More("c")), Send(Ping("3")), Send(Last("d")), Get(Pong("1")),
                     Get(Pong("2")), Get(Pong("3")), Get(Text("abcd"))}),
            Accepts("LongPingBetweenFragments",
                    {Send(TextPart("a")), Send(Ping(std::string(125, 'p'))),
                     Get(Pong(std::string(125, 'p'))), Send(Last("b")), Get(Text("ab"))}),
            Accepts("PongBetweenFragments",
                    {Send(TextPart("a")), Send(Pong("x")), Send(Last("b")), Get(Text("ab"))}),
            Accepts("PingInsideACodePoint",
                    {Send(TextPart("\xE2\x82")), Send(Ping("p")), Get(Pong("p")),
                     Send(Last("\xAC")), Get(Text("\xE2\x82\xAC"))}),
            Accepts("CloseBetweenFragments",
                    {Send(TextPart("a")), Send(Close(1000)), GetClose(1000)})},
           true},
          {"5.4",
           "... which does not end the message, nor begin one",
           {Accepts("MessageGoesOnBehindAPing",
                    {Send(TextPart("a")), Send(Ping()), Get(Pong()), Send(Last("b")),
                     Get(Text("ab")), Echo(Text("c"))}),
            Refuses("NewMessageBehindAPing",
                    {Send(TextPart("a")), Send(Ping("p")), Get(Pong("p")), Send(Text("b"))}, 1002),
            Refuses("ContinuationOfAPing", {Send(Ping("p")), Get(Pong("p")), Send(Last("b"))},
                    1002)}},
          {"6.2",
           "A message is delivered when its last frame has come, and not before",
           {Accepts("NothingBeforeTheLast",
                    {Send(TextPart(kibi)), Send(More(kibi)), Send(Ping("nothing yet")),
                     Get(Pong("nothing yet")), Send(Last(kibi)), Get(Text(kibi + kibi + kibi))})},
           true},
      }};
}

}  // namespace hookcast::conformance

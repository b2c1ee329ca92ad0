// RFC 6455, sections 5.6 and 8.1: text is UTF-8 (RFC 3629), judged as it comes.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/conformance/tables.h"

namespace hookcast::conformance {
namespace {

struct Valid {
  const char* name;
  std::string text;
};

struct Invalid {
  const char* name;
  std::string text;
  // The index of the first byte that no valid text could have there; the size where only the end is
  // wrong.
  size_t first_bad;
};

// The boundaries of RFC 3629, section 4.
const std::vector<Valid> kValid = {
    {"Ascii", "Hello, world!"},
    {"EachAscii",
     [] {
       std::string text;
       for (int i = 0; i < 128; ++i) text.push_back(static_cast<char>(i));
       return text;
     }()},
    {"Kosme", "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5"},
    {"FirstOfTwoBytes", "\xC2\x80"},
    {"LastOfTwoBytes", "\xDF\xBF"},
    {"FirstOfThreeBytes", "\xE0\xA0\x80"},
    {"LastBeforeSurrogates", "\xED\x9F\xBF"},
    {"FirstBehindSurrogates", "\xEE\x80\x80"},
    {"ReplacementCharacter", "\xEF\xBF\xBD"},
    {"Noncharacters", "\xEF\xBF\xBE\xEF\xBF\xBF\xF0\x9F\xBF\xBE\xF4\x8F\xBF\xBF"},
    {"ByteOrderMark", "\xEF\xBB\xBFx"},
    {"FirstOfFourBytes", "\xF0\x90\x80\x80"},
    {"Emoji", "\xF0\x9F\x98\x80\xF0\x9F\x91\x8D"},
    {"LastOfAll", "\xF4\x8F\xBF\xBF"},
};

const std::vector<Invalid> kInvalid = {
    {"ContinuationByteAlone", "\x80", 0},
    {"LastContinuationByteAlone", "\xBF", 0},
    {"ContinuationByteBehindAscii", "a\xBF", 1},
    {"OneContinuationByteTooMany", "\xC2\x80\x80", 2},
    {"TwoByteLeadAlone", "\xC3", 1},
    {"TwoByteLeadThenAscii", "\xC3\x28", 1},
    {"ThreeBytesCutAtOne", "\xE2", 1},
    {"ThreeBytesCutAtTwo", "\xE2\x82", 2},
    {"ThreeBytesBrokenAtTwo", "\xE2\x28\xA1", 1},
    {"ThreeBytesBrokenAtThree", "\xE2\x82\x28", 2},
    {"FourBytesCutAtThree", "\xF0\x9F\x98", 3},
    {"FourBytesBrokenAtFour", "\xF0\x9F\x98\x28", 3},
    {"OverlongSlashInTwo", "\xC0\xAF", 0},
    {"OverlongLastOfTwo", "\xC1\xBF", 0},
    {"OverlongSlashInThree", "\xE0\x80\xAF", 1},
    {"OverlongLastOfThree", "\xE0\x9F\xBF", 1},
    {"OverlongSlashInFour", "\xF0\x80\x80\xAF", 1},
    {"OverlongLastOfFour", "\xF0\x8F\xBF\xBF", 1},
    {"OverlongNul", std::string("\xC0\x80"), 0},
    {"FirstSurrogate", "\xED\xA0\x80", 1},
    {"LastSurrogate", "\xED\xBF\xBF", 1},
    {"PairOfSurrogates", "\xED\xA0\xBD\xED\xB8\x80", 1},
    {"KosmeThenASurrogate",
     "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80"
     "edited",
     12},
    {"BeyondTheLast", "\xF4\x90\x80\x80", 1},
    {"LeadF5", "\xF5\x80\x80\x80", 0},
    {"FiveBytes", "\xF8\x88\x80\x80\x80", 0},
    {"SixBytes", "\xFC\x84\x80\x80\x80\x80", 0},
    {"ByteFE", "\xFE", 0},
    {"ByteFF", "\xFF", 0},
};

// A valid text with one frame a byte.
Dialogue ByteByByte(const std::string& text) {
  std::string bytes = TextPart("").Bytes();
  for (const char c : text) bytes += More(std::string(1, c)).Bytes();
  return {Send(bytes + Last("").Bytes()), Get(Text(text))};
}

Rule InOneFrame() {
  Rule rule{"8.1", "Text that is not UTF-8 fails the connection (7.4.1: with 1007)", {}};
  for (const Valid& row : kValid) rule.cases.push_back(Accepts(row.name, Echo(Text(row.text))));
  for (const Invalid& row : kInvalid) {
    rule.cases.push_back(Refuses(row.name, Send(Text(row.text)), 1007));
  }
  return rule;
}

Rule OverFragments() {
  Rule rule{
      "5.6", "A frame may hold a part of a code point; the message has to be UTF-8 as a whole", {}};
  for (const Valid& row : kValid) {
    rule.cases.push_back(Accepts(absl::StrCat(row.name, "ByteByByte"), ByteByByte(row.text)));
  }
  for (const Invalid& row : kInvalid) {
    if (row.first_bad != row.text.size()) continue;
    rule.cases.push_back(Refuses(
        absl::StrCat(row.name, "AtTheEnd"),
        {Send(TextPart(row.text)), Send(Ping("so far")), Get(Pong("so far")), Send(Last(""))},
        1007));
  }
  rule.cases.push_back(
      Refuses("CodePointOverTwoMessages", {Send(Text("\xE2\x82")), Send(Text("\xAC"))}, 1007));
  return rule;
}

// What comes before the first bad byte is no reason to fail, and that byte alone is one: neither
// the rest of its frame nor a further frame has come.
Rule AsItComes() {
  Rule rule{"8.1",
            "... at the first byte that is wrong, before the frame ends (our own promise: the "
            "standard leaves the moment open)",
            {}};
  rule.cases.push_back(
      Accepts("ValidSoFar", {Send(TextPart("\xCE\xBA\xE1\xBD")), Send(Ping("ok")), Get(Pong("ok")),
                             Send(Last("\xB9")), Get(Text("\xCE\xBA\xE1\xBD\xB9"))}));
  for (const Invalid& row : kInvalid) {
    if (row.first_bad == row.text.size()) continue;
    const Frame bad = More(row.text.substr(row.first_bad, 1)).Announcing(1'000);
    rule.cases.push_back(Refuses(absl::StrCat(row.name, "AtOnce"),
                                 {Send(TextPart(row.text.substr(0, row.first_bad))),
                                  Send(Ping("so far")), Get(Pong("so far")), Send(bad)},
                                 1007));
  }
  rule.cases.push_back(
      Refuses("InAFrameOfALargeText",
              Send(Text(std::string(70'000, 'x') + "\xED\xA0").Announcing(900'000)), 1007));
  return rule;
}

}  // namespace

Table Utf8Table() {
  return {.name = "Utf8",
          .about = "Sections 5.6 and 8.1: what is UTF-8, and when it is judged.",
          .config = R"(
shards: 1
routes:
  - { path: /echo, static: { on_message: echo } }
)",
          .rules = {InOneFrame(), OverFragments(), AsItComes()}};
}

}  // namespace hookcast::conformance

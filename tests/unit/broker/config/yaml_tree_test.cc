#include "broker/config/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/str_cat.h"

namespace hookcast::config {
namespace {

using ::testing::HasSubstr;
using Kind = YamlNode::Kind;

YamlNode Tree(std::string_view text) {
  YamlNode root;
  const auto error = ParseYaml(text, &root);
  EXPECT_FALSE(error) << error->text;
  return root;
}

// "line:column text".
std::string ErrorOf(std::string_view text) {
  YamlNode root;
  const auto error = ParseYaml(text, &root);
  return error ? absl::StrCat(error->line, ":", error->column, " ", error->text) : "";
}

TEST(YamlTreeTest, KeepsKindsTextAndPlaces) {
  const YamlNode root = Tree("a: 1\nlist:\n  - x\n  - {k: 'v'}\nnone:\n");
  ASSERT_EQ(root.kind, Kind::kMapping);
  ASSERT_EQ(root.items.size(), 6u);
  EXPECT_EQ(root.items[1].text, "1");
  EXPECT_EQ(root.items[1].line, 1);
  EXPECT_EQ(root.items[1].column, 4);
  const YamlNode& list = root.items[3];
  ASSERT_EQ(list.kind, Kind::kSequence);
  EXPECT_EQ(list.items[0].line, 3);
  EXPECT_EQ(list.items[0].column, 5);
  EXPECT_EQ(list.items[1].kind, Kind::kMapping);
  EXPECT_EQ(list.items[1].items[1].text, "v");
  EXPECT_EQ(root.items[5].kind, Kind::kNull);
}

TEST(YamlTreeTest, KeepsAKeyThatIsGivenTwice) { EXPECT_EQ(Tree("a: 1\na: 2\n").items.size(), 4u); }

TEST(YamlTreeTest, NothingIsNull) {
  for (const char* text :
       {"", "\n\n", "# only a comment\n", "---\n", "~", "null", "\xef\xbb\xbf"}) {
    EXPECT_EQ(Tree(text).kind, Kind::kNull) << text;
  }
}

TEST(YamlTreeTest, TextInBlocksKeepsItsLastLineBreak) {
  EXPECT_EQ(Tree("a: |\n  x\n").items[1].text, "x\n");
  EXPECT_EQ(Tree("a: |-\n  x\n").items[1].text, "x");
  EXPECT_EQ(Tree("a: |+\n  x\n\n").items[1].text, "x\n\n");
  EXPECT_EQ(Tree("a: >\n  x\n  y").items[1].text, "x y\n");
  EXPECT_EQ(Tree("a: x").items[1].text, "x");
}

TEST(YamlTreeTest, QuotedNullIsText) {
  EXPECT_EQ(Tree("'null'").kind, Kind::kScalar);
  EXPECT_EQ(Tree("\"\"").kind, Kind::kScalar);
}

TEST(YamlTreeTest, AliasesAreResolved) {
  const YamlNode root = Tree("a: &x {k: v}\nb: *x\n");
  EXPECT_EQ(root.items[3].kind, Kind::kMapping);
  EXPECT_EQ(root.items[3].items[1].text, "v");
}

TEST(YamlTreeTest, SyntaxErrorsHaveTheirPlace) {
  EXPECT_EQ(ErrorOf("a: 1\nb: {c: 1\n"), "3:1 end of map flow not found");
  EXPECT_EQ(ErrorOf("a: [1, 2\n"), "2:1 end of sequence flow not found");
  for (const char* open : {"a: 'x", "a: 'x\n", "a: 'x\n\n", "a: \"x\nb: 1\n", "a: 'x''\n"}) {
    EXPECT_THAT(ErrorOf(open), HasSubstr(" illegal EOF in scalar")) << open;
  }
  EXPECT_EQ(ErrorOf("a: 1\n  b: 2\n"), "2:4 illegal map value");
  EXPECT_THAT(ErrorOf("x: *nowhere\n"), HasSubstr("1:4 the referenced anchor is not defined"));
}

TEST(YamlTreeTest, APathWithAParameterInFlowStyleIsToldToBeQuoted) {
  EXPECT_EQ(ErrorOf("a:\n  - { path: /rooms/{room}, static: {} }\n  - { path: /b, static: {} }\n"),
            "2:20 end of map flow not found; write paths that hold { in quotes: \"/rooms/{room}\"");
  EXPECT_THAT(ErrorOf("- { x: y, path: /a/{b} }\n"), HasSubstr("; write paths that hold {"));
  EXPECT_EQ(ErrorOf("a: { b: { c: 1 }\n"), "2:1 end of map flow not found");
}

TEST(YamlTreeTest, ATabThatIndentsIsTold) {
  for (const char* text : {"log:\n\tlevel: debug\n", "log:\n  level: debug\n\tformat: json\n",
                           "log:\n  level: debug\n  \tformat: json\n", "a:\n\t- b: c\n"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("; YAML is indented by spaces, not by tabs")) << text;
  }
  EXPECT_EQ(ErrorOf("log: {\n\tlevel: debug }\n"), "");
}

TEST(YamlTreeTest, ASecondDocumentIsRefused) {
  EXPECT_EQ(ErrorOf("a: 1\n---\nb: 2\n"), "3:1 a second document begins; write one only");
}

TEST(YamlTreeTest, TagsAreRefused) {
  EXPECT_EQ(ErrorOf("a: !!str 5\n"), "1:4 tags are not known here; leave it out");
  EXPECT_EQ(ErrorOf("a: !x {b: 1}\n"), "1:4 tags are not known here; leave it out");
}

TEST(YamlTreeTest, ControlCharactersAreRefusedSoThatNothingIsCutOff) {
  EXPECT_EQ(ErrorOf("a: 1\nb: 2\x04\nc: 3\n"),
            "2:5 there is a control character; write it as an escape in double quotes, as "
            "\"\\x04\"");
  EXPECT_THAT(ErrorOf(std::string_view("a\0b", 3)), HasSubstr("1:2 there is a control character"));
  EXPECT_EQ(Tree("\"\\x04\"").text, "\x04");
}

TEST(YamlTreeTest, OtherEncodingsAreRefused) {
  EXPECT_EQ(ErrorOf("a: \xff\n"), "1:4 this is not UTF-8; save it in that encoding");
  EXPECT_THAT(ErrorOf(std::string_view("\xff\xfe"
                                       "a\0",
                                       4)),
              HasSubstr("1:1 this is not UTF-8"));
}

TEST(YamlTreeTest, NestingIsBounded) {
  for (const char* open : {"[", "{a: ", "- ", "? ", "[[{a: "}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += open;
    EXPECT_NE(ErrorOf(text), "") << open;
  }
  EXPECT_EQ(ErrorOf(std::string(33, '[') + std::string(33, ']')),
            "1:33 the document is nested too deeply");
  EXPECT_EQ(ErrorOf(std::string(32, '[') + std::string(32, ']')), "");
}

TEST(YamlTreeTest, AliasesOfAliasesDoNotExplode) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    absl::StrAppend(&text, "a", i, ": &a", i, " [");
    for (int j = 0; j < 10; ++j) absl::StrAppend(&text, "*a", i - 1, ",");
    text += "]\n";
  }
  EXPECT_THAT(ErrorOf(text), HasSubstr("the document is too large once its aliases are resolved"));
}

TEST(YamlTreeTest, ALongTextBehindManyAliasesIsRefused) {
  std::string text = absl::StrCat("a: &a \"", std::string(1'000'000, 'x'), "\"\nb: [");
  for (int i = 0; i < 100; ++i) text += "*a,";
  EXPECT_THAT(ErrorOf(text + "]\n"), HasSubstr("too large once its aliases are resolved"));
}

TEST(YamlTreeTest, AnAliasInsideWhatItNamesIsRefused) {
  EXPECT_THAT(ErrorOf("a: &a [*a]\n"), HasSubstr("an alias stands inside what it names"));
}

TEST(YamlTreeTest, TooManyNodesAreRefused) {
  std::string text = "[";
  for (size_t i = 0; i <= kMaxYamlNodes; ++i) text += "a,";
  EXPECT_THAT(ErrorOf(text + "]"), HasSubstr("the document is too large"));
}

TEST(YamlTreeTest, DamagedDocumentsNeverThrow) {
  const std::string sound =
      "listen: &l 127.0.0.1:8080\nadmin: { listen: *l }\nroutes:\n  - { path: \"/a/{x}\", static: "
      "{ on_message: 'echo' } }\n  - path: >\n      /folded\n    namespace: |-\n      text\n";
  const std::string marks = "{}[]:,-?&*!|>'\"%@`#\n \t~xA0";
  std::mt19937 random(11);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = sound;
    for (int edit = 0; edit < 3; ++edit) {
      const size_t at = random() % text.size();
      const char mark = marks[random() % marks.size()];
      switch (random() % 3) {
        case 0:
          text[at] = mark;
          break;
        case 1:
          text.insert(at, 1, mark);
          break;
        default:
          text.erase(at, 1 + random() % 4);
      }
    }
    YamlNode root;
    if (ParseYaml(text, &root)) ++refused;
  }
  EXPECT_GT(refused, 100);
  EXPECT_LT(refused, 2900);
}

TEST(YamlTreeTest, ADottedKeyBecomesNestedMappings) {
  const YamlNode node = NestUnder("log.level", ScalarNode("debug"));
  ASSERT_EQ(node.kind, Kind::kMapping);
  EXPECT_EQ(node.items[0].text, "log");
  EXPECT_EQ(node.items[1].items[0].text, "level");
  EXPECT_EQ(node.items[1].items[1].text, "debug");
}

}  // namespace
}  // namespace hookcast::config

#include "broker/config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "broker/config/quote.h"

namespace hookcast::config {
namespace {

// Builds the tree from the parser's events. Errors leave as YAML::ParserException, as the parser's
// own do.
class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Place(NewNode(YamlNode::Kind::kNull, mark), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) Fail(mark, "an alias stands inside what it names");
    Spend(found->second, mark);
    Place(found->second, YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckTag(mark, tag);
    YamlNode node = NewNode(YamlNode::Kind::kScalar, mark);
    node.text = value;
    bytes_ += value.size();
    Place(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMapping, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Opened {
    YamlNode node;
    YAML::anchor_t anchor;
  };

  [[noreturn]] static void Fail(const YAML::Mark& mark, const std::string& text) {
    throw YAML::ParserException(mark, text);
  }

  // Plain scalars carry "?", quoted ones "!", collections one of them or nothing.
  static void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      Fail(mark, "tags are not known here; leave it out");
  }

  YamlNode NewNode(YamlNode::Kind kind, const YAML::Mark& mark) {
    ++nodes_;
    CheckBounds(mark);
    YamlNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  void CheckBounds(const YAML::Mark& mark) const {
    if (nodes_ > kMaxYamlNodes || bytes_ > kMaxYamlBytes) {
      Fail(mark, "the document is too large once its aliases are resolved");
    }
  }

  void Spend(const YamlNode& copy, const YAML::Mark& mark) {
    ++nodes_;
    bytes_ += copy.text.size();
    CheckBounds(mark);
    for (const YamlNode& item : copy.items) Spend(item, mark);
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    CheckTag(mark, tag);
    if (open_.size() >= kMaxYamlDepth) Fail(mark, "the document is nested too deeply");
    open_.push_back({NewNode(kind, mark), anchor});
  }

  void Close() {
    Opened done = std::move(open_.back());
    open_.pop_back();
    Place(std::move(done.node), done.anchor);
  }

  void Place(YamlNode node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      YAML::Mark mark;
      mark.line = node.line - 1;
      mark.column = node.column - 1;
      Spend(node, mark);
      anchors_[anchor] = node;
    }
    if (open_.empty()) {
      root_ = std::move(node);
    } else {
      open_.back().node.items.push_back(std::move(node));
    }
  }

  YamlNode root_;
  std::vector<Opened> open_;  // collections whose end is still to come, outermost first
  std::map<YAML::anchor_t, YamlNode> anchors_;
  size_t nodes_ = 0;
  size_t bytes_ = 0;
};

YamlError ErrorAt(std::string_view text, size_t offset, std::string what) {
  const std::string_view before = text.substr(0, offset);
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {std::move(what), static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(offset - line_start) + 1};
}

// What is mostly meant where the parser stopped: of the two mistakes that are made most, what would
// be right; else nothing.
std::string HintAt(std::string_view text, const YAML::Mark& mark) {
  for (int line = 0; line < mark.line; ++line) {
    text.remove_prefix(std::min(text.size(), text.find('\n') + 1));
  }
  text = text.substr(0, text.find('\n'));
  const std::string_view indentation = text.substr(0, text.find_first_not_of(" \t"));
  if (indentation.find('\t') != std::string_view::npos) {
    return "; YAML is indented by spaces, not by tabs";
  }
  const auto at = static_cast<size_t>(mark.column);
  const bool inside_a_word = at > 0 && at < text.size() && text[at] == '{' &&
                             std::string_view(" \t{[,:").find(text[at - 1]) == text.npos;
  return inside_a_word ? "; write paths that hold { in quotes: \"/rooms/{room}\"" : "";
}

// yaml-cpp would end quietly at U+0004, and reads other encodings.
std::optional<YamlError> CheckCharacters(std::string_view text) {
  if (const std::optional<size_t> bad = FindInvalidUtf8(text)) {
    return ErrorAt(text, *bad, "this is not UTF-8; save it in that encoding");
  }
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    return c >= 0 && c < ' ' && c != '\n' && c != '\r' && c != '\t';
  });
  if (control == text.end()) return std::nullopt;
  return ErrorAt(
      text, static_cast<size_t>(control - text.begin()),
      "there is a control character; write it as an escape in double quotes, as \"\\x04\"");
}

}  // namespace

std::optional<YamlError> ParseYaml(std::string_view text, YamlNode* root) {
  *root = YamlNode();
  if (std::optional<YamlError> error = CheckCharacters(text)) return error;
  try {
    // yaml-cpp takes a quoted text without its end where the document ends in a line break. A last
    // line that is a comment and has no break makes that the error it is.
    std::istringstream stream(std::string(text) + (text.ends_with('\n') ? "#" : "\n#"));
    YAML::Parser parser(stream);
    TreeBuilder builder;
    if (!parser.HandleNextDocument(builder)) return std::nullopt;
    *root = builder.TakeRoot();
    TreeBuilder second;
    if (parser.HandleNextDocument(second)) {
      const YamlNode next = second.TakeRoot();
      return YamlError{"a second document begins; write one only", next.line, next.column};
    }
    return std::nullopt;
  } catch (const YAML::Exception& e) {
    return YamlError{e.msg + HintAt(text, e.mark), e.mark.line + 1, e.mark.column + 1};
  } catch (const std::exception& e) {
    return YamlError{e.what(), 0, 0};
  }
}

void ClearPlaces(YamlNode* node) {
  node->line = 0;
  node->column = 0;
  for (YamlNode& item : node->items) ClearPlaces(&item);
}

YamlNode ScalarNode(std::string text) {
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.text = std::move(text);
  return node;
}

YamlNode NestUnder(std::string_view key, YamlNode value) {
  const size_t dot = key.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? key : key.substr(dot + 1);
  YamlNode mapping;
  mapping.kind = YamlNode::Kind::kMapping;
  mapping.items.push_back(ScalarNode(std::string(last)));
  mapping.items.push_back(std::move(value));
  return dot == std::string_view::npos ? mapping
                                       : NestUnder(key.substr(0, dot), std::move(mapping));
}

}  // namespace hookcast::config

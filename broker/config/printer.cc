#include "broker/config/printer.h"

#include "absl/strings/str_replace.h"
#include "broker/config/keys.h"

namespace hookcast::config {
namespace {

// Text for a cell of a Markdown table, or `-` for none.
std::string Cell(const std::string& text) {
  return text.empty() ? "-" : absl::StrReplaceAll(text, {{"|", "\\|"}, {"\n", " "}});
}

std::string Code(const std::string& text) { return text.empty() ? "-" : "`" + Cell(text) + "`"; }

}  // namespace

std::string PrintConfig(const Config& config) { return WriteConfig(config); }

std::string ConfigReference() {
  std::string out =
      "| key | type | default | unit | what it does |\n"
      "| --- | --- | --- | --- | --- |\n";
  for (const KeyFacts& key : AllKeys()) {
    out.append("| ").append(Code(key.name));
    for (const std::string& cell :
         {Cell(key.type), Code(key.default_text), Cell(key.unit), Cell(key.help)}) {
      out.append(" | ").append(cell);
    }
    out.append(" |\n");
  }
  return out;
}

}  // namespace hookcast::config

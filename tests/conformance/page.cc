#include "tests/conformance/page.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace hookcast::conformance {
namespace {

std::string Rows(const Rule& rule, bool refused) {
  std::string cell;
  for (const Case& row : rule.cases) {
    if (row.refused != refused) continue;
    absl::StrAppend(&cell, cell.empty() ? "" : ", ", row.name);
    if (!row.outcome.empty()) absl::StrAppend(&cell, " (", row.outcome, ")");
  }
  return cell.empty() ? "–" : cell;
}

}  // namespace

std::string TestName(const Table& table, const Rule& rule, const Case& row) {
  std::string name = absl::StrCat(table.name, "_", rule.section, "_", row.name);
  for (char& c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

std::string Page(const std::vector<Table>& tables) {
  std::string page;
  for (const Table& table : tables) {
    absl::StrAppend(&page, page.empty() ? "" : "\n", "## ", table.name, "\n\n", table.about,
                    "\n\n| section | requirement | accepted | refused |\n|---|---|---|---|\n");
    for (const Rule& rule : table.rules) {
      absl::StrAppend(&page, "| ", rule.section, " | ",
                      absl::StrReplaceAll(rule.sentence, {{"|", "\\|"}}), " | ", Rows(rule, false),
                      " | ");
      absl::StrAppend(&page, rule.of_server ? "nothing to refuse" : Rows(rule, true), " |\n");
    }
  }
  return page;
}

}  // namespace hookcast::conformance

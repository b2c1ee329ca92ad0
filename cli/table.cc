#include "cli/table.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "cli/text.h"

namespace hookcast::cli {
namespace {

std::string Cell(const std::string& text) { return text.empty() ? "-" : Printable(text); }

}  // namespace

Table::Table(std::vector<std::string> titles) { rows_.push_back(std::move(titles)); }

void Table::AddRow(std::vector<std::string> cells) {
  std::transform(cells.begin(), cells.end(), cells.begin(), Cell);
  rows_.push_back(std::move(cells));
}

void Table::Print(std::ostream& out) const {
  std::vector<size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], CodePoints(row[i]));
  }
  std::string line;
  for (const auto& row : rows_) {
    line.clear();
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - CodePoints(row[i]) + 2, ' ');
    }
    // A last cell may itself end in spaces.
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

void Details::Add(std::string name, const std::string& value) {
  lines_.emplace_back(std::move(name), Cell(value));
}

void Details::Print(std::ostream& out) const {
  size_t width = 0;
  for (const auto& line : lines_) width = std::max(width, CodePoints(line.first));
  for (const auto& [name, value] : lines_) {
    std::string line = name;
    line.append(width - CodePoints(name) + 2, ' ');
    line += value;
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

}  // namespace hookcast::cli

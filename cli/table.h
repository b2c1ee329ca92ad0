#pragma once

#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace hookcast::cli {

// Rows in columns that are aligned by code points, two spaces apart, without spaces at a line's
// end. Cells come from anywhere: each is made Printable, and an empty one is shown as "-".
class Table {
 public:
  explicit Table(std::vector<std::string> titles);

  // REQUIRES: as many cells as there are titles.
  void AddRow(std::vector<std::string> cells);
  void Print(std::ostream& out) const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the titles first
};

// Names and values, one pair a line, the values aligned; the same care for what they hold.
class Details {
 public:
  void Add(std::string name, const std::string& value);
  void Print(std::ostream& out) const;

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

}  // namespace hookcast::cli

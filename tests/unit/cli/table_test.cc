#include "cli/table.h"

#include <sstream>

#include "gtest/gtest.h"

namespace hookcast::cli {
namespace {

TEST(TableTest, AlignsColumnsByCodePointsWithoutTrailingSpaces) {
  Table table({"ID", "NAMESPACE", "AGE"});
  table.AddRow({"p-1", "/räume/ä", "3s"});
  table.AddRow({"p-22", "/r", "1m0s"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(),
            "ID    NAMESPACE  AGE\n"
            "p-1   /räume/ä   3s\n"
            "p-22  /r         1m0s\n");
}

TEST(TableTest, ShowsAnEmptyCellAsADashAndEscapesControls) {
  Table table({"A", "B"});
  table.AddRow({"", "x\x1b[2J"});
  table.AddRow({"\n", "end  "});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(),
            "A   B\n"
            "-   x\\x1b[2J\n"
            "\\n  end\n");
}

TEST(DetailsTest, AlignsValues) {
  Details details;
  details.Add("id", "p-1");
  details.Add("namespace", "");
  std::ostringstream out;
  details.Print(out);
  EXPECT_EQ(out.str(),
            "id         p-1\n"
            "namespace  -\n");
}

}  // namespace
}  // namespace hookcast::cli

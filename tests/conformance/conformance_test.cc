// Each row of each table against a real node; and the tables against themselves and their page.
//
//   conformance_test --print-page    prints the part of docs/conformance.md that is made from them

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <string>

#include "tests/conformance/page.h"
#include "tests/conformance/player.h"
#include "tests/conformance/tables.h"
#include "tests/integration/node_process.h"

namespace hookcast::conformance {
namespace {

using testing::NodeProcess;

const std::vector<Table>& AllTables() {
  static const auto* const tables = new std::vector<Table>(Tables());
  return *tables;
}

// One node for each table, from its first row on.
class Nodes : public ::testing::Environment {
 public:
  static NodeProcess* For(const Table& table) {
    auto& node = nodes()[table.name];
    if (node == nullptr) node = NodeProcess::Start(table.config);
    return node.get();
  }
  void TearDown() override { nodes().clear(); }

 private:
  static std::map<std::string, std::unique_ptr<NodeProcess>>& nodes() {
    static auto* const nodes = new std::map<std::string, std::unique_ptr<NodeProcess>>;
    return *nodes;
  }
};

struct Row {
  const Table* table;
  const Rule* rule;
  const Case* row;
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << TestName(*row.table, *row.rule, *row.row);
}

std::vector<Row> AllRows() {
  std::vector<Row> rows;
  for (const Table& table : AllTables()) {
    for (const Rule& rule : table.rules) {
      for (const Case& row : rule.cases) rows.push_back({&table, &rule, &row});
    }
  }
  return rows;
}

class Conformance : public ::testing::TestWithParam<Row> {};

TEST_P(Conformance, Holds) {
  const auto& [table, rule, row] = GetParam();
  SCOPED_TRACE(rule->section + " " + rule->sentence);
  NodeProcess* const node = Nodes::For(*table);
  ASSERT_NE(node, nullptr);
  EXPECT_EQ(Play(*node, *table, *row, false), "");
  if (row->chopped) {
    EXPECT_EQ(Play(*node, *table, *row, true), "") << "byte by byte";
  }
  // Whatever it was, the next client is served.
  EXPECT_EQ(Play(*node, *table, Accepts("NextClient", Echo(Text("next"))), false), "");
}

std::string NameOf(const ::testing::TestParamInfo<Row>& info) {
  return TestName(*info.param.table, *info.param.rule, *info.param.row);
}

INSTANTIATE_TEST_SUITE_P(Rfc, Conformance, ::testing::ValuesIn(AllRows()), NameOf);

TEST(ConformanceTables, EachRequirementIsKeptAndBroken) {
  for (const Table& table : AllTables()) {
    for (const Rule& rule : table.rules) {
      const auto refused = [](const Case& row) { return row.refused; };
      EXPECT_FALSE(std::all_of(rule.cases.begin(), rule.cases.end(), refused))
          << table.name << " " << rule.section << ": nothing keeps it: " << rule.sentence;
      EXPECT_TRUE(rule.of_server || std::any_of(rule.cases.begin(), rule.cases.end(), refused))
          << table.name << " " << rule.section << ": nothing breaks it: " << rule.sentence;
    }
  }
}

TEST(ConformanceTables, ThePageIsMadeFromThem) {
  std::ifstream file(HOOKCAST_SOURCE_DIR "/docs/conformance.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(page, ::testing::HasSubstr(Page(AllTables())))
      << "replace the tables of docs/conformance.md by what conformance_test --print-page prints";
}

}  // namespace
}  // namespace hookcast::conformance

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--print-page") {
    std::cout << hookcast::conformance::Page(hookcast::conformance::Tables());
    return 0;
  }
  ::testing::InitGoogleMock(&argc, argv);
  ::testing::AddGlobalTestEnvironment(new hookcast::conformance::Nodes);
  return RUN_ALL_TESTS();
}

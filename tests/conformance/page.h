#pragma once

#include <string>
#include <vector>

#include "tests/conformance/rule.h"

namespace hookcast::conformance {

// "Frames_5_5_2_EmptyPing": a row's name among the tests.
std::string TestName(const Table& table, const Rule& rule, const Case& row);

// The tables of docs/conformance.md, in Markdown: each requirement with the tests that keep and
// that break it.
std::string Page(const std::vector<Table>& tables);

}  // namespace hookcast::conformance

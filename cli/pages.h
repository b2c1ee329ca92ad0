#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <ostream>
#include <string_view>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "cli/failure.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/text.h"

namespace hookcast::cli {

// How much of a list to ask for, and how: --limit and --all.
class ListLimit {
 public:
  void Declare(CLI::App& app) {
    CLI::Option* limit = app.add_option("--limit", limit_, "List at most so many")
                             ->type_name("NUMBER")
                             ->check(CLI::Range(1u, 1'000'000u).description(""))
                             ->capture_default_str();
    app.add_flag("--all", all_, "List all, however many")->excludes(limit);
  }

  uint64_t most() const { return all_ ? std::numeric_limits<uint64_t>::max() : limit_; }

 private:
  uint32_t limit_ = 100;
  bool all_ = false;
};

// Says on terminal.err that a list may not be whole. It does not say which of the two it is.
inline void WarnPartial(Terminal& terminal) {
  terminal.err << "hookcast: the list may be incomplete: a node did not answer, or the one "
                  "that was asked does not hear the others\n"
                  "  hookcast nodes tells which\n";
}

// The table, unless it has no rows, and how many there are.
inline void PrintList(const Table& table, int rows, std::string_view singular, bool more,
                      Terminal& terminal) {
  if (rows > 0) table.Print(terminal.out);
  terminal.out << Count(static_cast<unsigned long long>(rows), singular)
               << (more ? "; there are more, list them with --limit, or --all\n" : "\n");
}

// Pages until the limit, or the end, into one answer, which is partial if any page was. `fetch`
// makes the call; `size` tells how many entries an answer has.
template <typename Request, typename Fetch, typename Size>
auto FetchPages(Request request, const ListLimit& limit, Fetch fetch, Size size)
    -> decltype(fetch(request)) {
  constexpr uint64_t kMostAPage = 1000;
  decltype(fetch(request)) list;
  do {
    const auto listed = list.ok() ? static_cast<uint64_t>(size(*list)) : 0;
    request.set_limit(static_cast<uint32_t>(std::min(kMostAPage, limit.most() - listed)));
    auto page = fetch(request);
    if (!page.ok()) return page.status();
    if (!page->next_cursor().empty() && page->next_cursor() == request.cursor()) {
      return RefusedFailure(absl::StatusCode::kInternal,
                            "the node answered a page with the cursor of that page");
    }
    request.set_cursor(page->next_cursor());
    if (list.ok()) {
      list->MergeFrom(*page);
      list->set_next_cursor(page->next_cursor());  // merging keeps what a page leaves empty
    } else {
      list = std::move(page);
    }
  } while (!request.cursor().empty() && static_cast<uint64_t>(size(*list)) < limit.most());
  return list;
}

}  // namespace hookcast::cli

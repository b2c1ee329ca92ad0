#pragma once

#include <optional>
#include <string>

#include "hookcast/v1/broker.pb.h"

namespace CLI {
class App;
}

namespace hookcast::cli {

// --namespace, --topic (or --on), --path and --route, which together say which peers are meant.
class FilterOptions {
 public:
  // REQUIRES: this outlives app.
  void Declare(CLI::App& app);

  // Whether any of them was given, and so leaves peers out.
  bool given() const;
  v1::PeerFilter filter() const;

 private:
  std::optional<std::string>
      namespace_;  // the empty one is one of its own, and not the same as any
  std::string topic_;
  std::string path_;
  std::string route_;
};

}  // namespace hookcast::cli

#include "cli/filter_options.h"

#include "CLI/CLI.hpp"
#include "cli/utf8_check.h"

namespace hookcast::cli {
namespace {

// For CLI::Option::check: a script's empty variable shall not stand for any.
auto NameCheck() {
  return [](const std::string& text) {
    return text.empty() ? "it is empty; leave it out for any" : Utf8Check()(text);
  };
}

}  // namespace

void FilterOptions::Declare(CLI::App& app) {
  app.add_option_function<std::string>(
         "--namespace", [this](const std::string& name) { namespace_ = name; },
         "Only peers of this namespace")
      ->type_name("NAMESPACE")
      ->check(Utf8Check());
  app.add_option("--topic,--on", topic_, "Only those subscribed to it")
      ->type_name("TOPIC")
      ->check(NameCheck());
  app.add_option("--path", path_, "Only those that connected to this path, to the letter")
      ->type_name("PATH")
      ->check(NameCheck());
  app.add_option("--route", route_, "Only those of the route with this pattern")
      ->type_name("PATTERN")
      ->check(NameCheck());
}

bool FilterOptions::given() const {
  return namespace_ || !topic_.empty() || !path_.empty() || !route_.empty();
}

v1::PeerFilter FilterOptions::filter() const {
  v1::PeerFilter filter;
  if (namespace_) filter.set_namespace_(*namespace_);
  filter.set_topic(topic_);
  filter.set_path(path_);
  filter.set_route(route_);
  return filter;
}

}  // namespace hookcast::cli

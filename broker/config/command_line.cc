#include "broker/config/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "broker/config/keys.h"
#include "broker/config/nearest.h"
#include "broker/config/quote.h"

namespace hookcast::config {
namespace {

// The keys, for the end of --help: each with its default, and what it does on the next line.
std::string KeysText() {
  std::string out =
      "Keys, for the file, --set and the environment (log.level is HOOKCAST_LOG_LEVEL).\n"
      "Flags go before the environment, which goes before the file.\n";
  for (const KeyFacts& key : AllKeys()) {
    absl::StrAppend(&out, "  ", key.name, " (", key.type, "; default ",
                    key.default_text.empty() ? "empty" : key.default_text, ")\n      ", key.help,
                    "\n");
  }
  return out;
}

std::unique_ptr<CLI::App> MakeApp(CommandLine* out) {
  auto app = std::make_unique<CLI::App>(
      "A Hookcast node: WebSocket clients on one side, an "
      "application's hooks on the other.",
      "hookcastd");
  app->set_help_flag("-h,--help", "Print this and exit");
  app->add_option("-c,--config", out->file, "Read the configuration from this YAML file")
      ->type_name("FILE");
  app->add_option("--set", out->sets, "Set a key to a value, written as YAML; repeatable")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app->add_flag(
      "--check-config", out->check_config,
      "Check the configuration, warn of token and password files that a node could not use "
      "now, and exit");
  app->add_flag("--print-config", out->print_config,
                "Print the configuration, without secrets, and exit");
  app->add_flag("--print-reference", out->print_reference,
                "Print a Markdown table of all keys and exit");
  app->add_flag("--insecure", out->insecure,
                "Let admin and control listen beyond this machine (insecure: true)");
  app->add_flag("--version", out->version, "Print the version and exit");
  return app;
}

std::string UnexpectedText(const CLI::App& app, const std::string& extra) {
  if (extra.empty() || extra.front() != '-') {
    return absl::StrCat(Quote(extra), " is unexpected; a file is given as --config FILE");
  }
  const std::string flag = extra.substr(0, extra.find('='));
  std::vector<std::string> known{"--help"};
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const Nearest nearest = FindNearest(flag, known);
  return nearest.close
             ? absl::StrCat(PlainText(flag), " is not known; did you mean ", nearest.name, "?")
             : absl::StrCat(PlainText(flag), " is not known; see hookcastd --help");
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv) {
  CommandLine result;
  try {
    const std::unique_ptr<CLI::App> app = MakeApp(&result);
    try {
      app->parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
      result.help = true;
    } catch (const CLI::ExtrasError&) {
      const std::vector<std::string> extras = app->remaining();
      return absl::InvalidArgumentError(
          UnexpectedText(*app, extras.empty() ? std::string() : extras.front()));
    }
  } catch (const std::exception& e) {
    return absl::InvalidArgumentError(
        absl::StrReplaceAll(absl::StrCat(e.what(), "; see hookcastd --help"), {{"\n", " "}}));
  }
  return result;
}

std::string HelpText() {
  CommandLine unused;
  return absl::StrCat(MakeApp(&unused)->help(), "\n", KeysText());
}

}  // namespace hookcast::config

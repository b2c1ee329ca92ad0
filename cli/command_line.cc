#include "cli/command_line.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <ostream>
#include <string_view>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/failure.h"
#include "cli/text.h"
#include "cli/token.h"

namespace hookcast::cli {
namespace {

constexpr std::array<std::string_view, 5> kGlobalOptions = {"--server", "--token", "--token-file",
                                                            "--output", "--timeout"};

// The global options as they were written.
struct WrittenOptions {
  std::string server = Address().ToString();
  std::optional<std::string> token;
  std::optional<std::string> token_file;
  std::string output = "table";
  std::string timeout = "5s";
};

void DeclareGlobalOptions(CLI::App& app, WrittenOptions* written) {
  constexpr char kGroup[] = "Global options, before or after the command";
  app.set_help_flag("-h,--help", "Print this help and exit")->group(kGroup);
  app.set_version_flag("--version", "hookcast " HOOKCAST_VERSION, "Print the version and exit")
      ->group(kGroup);
  app.add_option("--server", written->server,
                 "Control address of any node of the cluster; of several the first that is reached")
      ->envname("HOOKCAST_SERVER")
      ->type_name("HOST:PORT[,...]")
      ->take_last()
      ->capture_default_str()
      ->group(kGroup);
  // Their environment variables are read by ReadToken, since one may stand in for the other.
  app.add_option_function<std::string>(
         "--token", [written](const std::string& token) { written->token = token; },
         "Control token; other users here can see it, so rather set HOOKCAST_TOKEN")
      ->type_name("TOKEN")
      ->take_last()
      ->group(kGroup);
  app.add_option_function<std::string>(
         "--token-file", [written](const std::string& name) { written->token_file = name; },
         "File that holds the control token (Env:HOOKCAST_TOKEN_FILE)")
      ->type_name("FILE")
      ->take_last()
      ->group(kGroup);
  app.add_option("--output", written->output,
                 "table for people, json (an object a line) for programs")
      ->envname("HOOKCAST_OUTPUT")
      ->type_name("FORMAT")
      ->take_last()
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--timeout", written->timeout, "Longest to wait, to connect and for each answer")
      ->type_name("TIME")
      ->take_last()
      ->capture_default_str()
      ->group(kGroup);
}

absl::StatusOr<GlobalOptions> Read(const WrittenOptions& written) {
  GlobalOptions options;
  auto servers = ParseAddresses(written.server);
  if (!servers.ok()) return servers.status();
  const auto timeout =
      ParseDuration("--timeout", written.timeout, {.least = absl::Milliseconds(1)});
  if (!timeout.ok()) return timeout.status();
  if (written.output != "table" && written.output != "json") {
    return UsageFailure(absl::StrCat("--output: ", Quoted(written.output), " is no format"),
                        "write --output table or --output json (or HOOKCAST_OUTPUT)");
  }
  options.servers = *std::move(servers);
  auto token = ReadToken(written.token, written.token_file);
  if (!token.ok()) return token.status();
  options.token = std::move(*token);
  options.output = written.output == "json" ? OutputFormat::kJson : OutputFormat::kTable;
  options.timeout = *timeout;
  return options;
}

std::string Help(const std::vector<std::unique_ptr<Command>>& commands) {
  WrittenOptions written;
  CLI::App app("hookcast: publish to, look into and direct a Hookcast broker", "hookcast COMMAND");
  DeclareGlobalOptions(app, &written);
  std::string list = "Commands:\n";
  for (const auto& command : commands) {
    absl::StrAppendFormat(&list, "  %-12s %s\n", command->name(), command->summary());
  }
  absl::StrAppend(
      &list,
      "\nhookcast COMMAND --help says more of each.\n"
      "Exit codes: 0 done, 1 refused or not found, 2 usage, 3 no answer: it may have been "
      "done.");
  app.footer(list);
  return app.help();
}

std::string Examples(const Command& command) {
  std::string examples = command.example();
  absl::StrReplaceAll({{"\n", "\n  "}}, &examples);
  return absl::StrCat("For example:\n  ", examples);
}

// The index of the command's name: the first argument that is neither an option nor the value of a
// global one; arguments.size() if there is none.
size_t FindCommand(const std::vector<std::string>& arguments) {
  size_t at = 0;
  while (at < arguments.size() && arguments[at].size() > 1 && arguments[at][0] == '-') {
    const bool takes_next = std::find(kGlobalOptions.begin(), kGlobalOptions.end(),
                                      arguments[at]) != kGlobalOptions.end();
    at += takes_next ? 2 : 1;
  }
  return std::min(at, arguments.size());
}

// Whether it is "--name=" of an option with a value: the parser would take the argument after it.
bool IsEmptyValue(const std::string& argument, const CLI::App& app) {
  if (!argument.starts_with("--") || argument.find('=') != argument.size() - 1) return false;
  const CLI::Option* option = app.get_option_no_throw(argument.substr(0, argument.size() - 1));
  return option != nullptr && option->get_items_expected_max() > 0;
}

bool Holds(const std::vector<std::string>& arguments, std::string_view wanted) {
  return std::find(arguments.begin(), arguments.end(), wanted) != arguments.end();
}

absl::Status UnknownCommand(const std::string& name,
                            const std::vector<std::unique_ptr<Command>>& commands) {
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (const auto& command : commands) names.push_back(command->name());
  const auto nearest = Nearest(name, names);
  return UsageFailure(absl::StrCat(Quoted(name), " is not a command"),
                      nearest ? absl::StrCat("did you mean hookcast ", *nearest, "?")
                              : "hookcast --help lists the commands");
}

// What the parser could not place.
absl::Status Unexpected(const std::string& argument, const CLI::App& app) {
  const std::string help = absl::StrCat(app.get_name(), " --help says what it takes");
  if (argument.size() < 2 || argument[0] != '-') {
    return UsageFailure(absl::StrCat("unexpected argument ", Quoted(argument)),
                        absl::StrCat("put what holds spaces in quotes; ", help));
  }
  const std::string name = argument.substr(0, argument.find('='));
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& known : option->get_lnames()) names.push_back("--" + known);
  }
  const auto nearest = Nearest(name, names);
  return UsageFailure(absl::StrCat("unknown option ", Quoted(name)),
                      nearest
                          ? absl::StrCat("did you mean ", *nearest, "?")
                          : absl::StrCat("write -- before arguments that start with -; ", help));
}

// Errors of the parser say what is wrong; what was left over often says why.
absl::Status Explain(const CLI::ParseError& error, const CLI::App& app) {
  for (const std::string& left : app.remaining()) {
    if (left != "--") return Unexpected(left, app);
  }
  return UsageFailure(error.what(), absl::StrCat(app.get_name(), " --help says what it takes"));
}

}  // namespace

absl::StatusOr<std::optional<Invocation>> ParseCommandLine(
    const std::vector<std::string>& arguments, Terminal& terminal) {
  auto commands = MakeCommands();
  const size_t at = FindCommand(arguments);
  if (at == arguments.size()) {
    if (Holds(arguments, "--help") || Holds(arguments, "-h")) {
      terminal.out << Help(commands);
      return std::nullopt;
    }
    if (Holds(arguments, "--version")) {
      terminal.out << "hookcast " HOOKCAST_VERSION "\n";
      return std::nullopt;
    }
    return UsageFailure("no command given", "hookcast --help lists the commands");
  }
  const auto found = std::find_if(commands.begin(), commands.end(), [&](const auto& command) {
    return command->name() == arguments[at];
  });
  if (found == commands.end()) return UnknownCommand(arguments[at], commands);

  Invocation invocation{.command = std::move(*found)};
  WrittenOptions written;
  CLI::App app(invocation.command->summary(), "hookcast " + invocation.command->name());
  invocation.command->Declare(app);
  DeclareGlobalOptions(app, &written);
  app.footer(Examples(*invocation.command));

  std::vector<std::string> rest;
  bool options_may_follow = true;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i == at) continue;
    options_may_follow = options_may_follow && arguments[i] != "--";
    // The parser takes it for the end of a command and would drop it.
    if (options_may_follow && arguments[i] == "++") {
      return UsageFailure("++ stands where an option may stand", "write -- before the arguments");
    }
    if (options_may_follow && IsEmptyValue(arguments[i], app)) {
      rest.push_back(arguments[i].substr(0, arguments[i].size() - 1));
      rest.emplace_back();
    } else {
      rest.push_back(arguments[i]);
    }
  }
  std::reverse(rest.begin(), rest.end());  // as CLI::App::parse wants them
  try {
    app.parse(std::move(rest));
  } catch (const CLI::CallForHelp&) {
    terminal.out << app.help();
    return std::nullopt;
  } catch (const CLI::CallForVersion& version) {
    terminal.out << version.what() << '\n';
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return Explain(error, app);
  }
  auto options = Read(written);
  if (!options.ok()) return options.status();
  invocation.options = std::move(*options);
  return invocation;
}

OutputFormat OutputFormatOf(const std::vector<std::string>& arguments) {
  const char* const environment = std::getenv("HOOKCAST_OUTPUT");
  std::string format = environment == nullptr ? "" : environment;
  for (size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    if (arguments[i].starts_with("--output=")) format = arguments[i].substr(strlen("--output="));
    if (arguments[i] == "--output" && i + 1 < arguments.size()) format = arguments[i + 1];
  }
  return format == "json" ? OutputFormat::kJson : OutputFormat::kTable;
}

}  // namespace hookcast::cli

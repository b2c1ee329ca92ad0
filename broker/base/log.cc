#include "broker/base/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <ctime>
#include <nlohmann/json.hpp>
#include <utility>

namespace hookcast::log {
namespace {

using Json = nlohmann::ordered_json;

struct Settings {
  std::atomic<Level> level{Level::kInfo};
  std::atomic<Format> format{Format::kJson};
  std::string node;  // written once, before other threads log
};

Settings& CurrentSettings() {
  static auto* settings = new Settings;
  return *settings;
}

// Lines come finished, so the pattern is the line; spdlog orders them and owns the stream.
spdlog::logger& Output() {
  static auto* logger = [] {
    auto* made = new spdlog::logger("hookcast", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

const char* Name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "";
}

std::string Timestamp(const char* format) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm parts{};
  gmtime_r(&now.tv_sec, &parts);
  char text[32];
  const size_t size = strftime(text, sizeof text, format, &parts);
  char millis[8];
  snprintf(millis, sizeof millis, ".%03dZ", static_cast<int>(now.tv_nsec / 1000000));
  return std::string(text, size) + millis;
}

Json ToJson(const Field::Value& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string JsonLine(Level level, std::string_view message, Fields fields) {
  Json line;
  line["time"] = Timestamp("%Y-%m-%dT%H:%M:%S");
  line["level"] = Name(level);
  line["msg"] = message;
  if (const std::string& node = CurrentSettings().node; !node.empty()) line["node"] = node;
  for (const Field& field : fields) line[std::string(field.key)] = ToJson(field.value);
  return Dump(line);
}

std::string TextLine(Level level, std::string_view message, Fields fields) {
  std::string line = Timestamp("%H:%M:%S");
  line.append(" ").append(Name(level)).append(5 - std::string_view(Name(level)).size(), ' ');
  line.append(" ").append(message);
  for (const Field& field : fields) {
    const auto* text = std::get_if<std::string_view>(&field.value);
    const bool bare = text != nullptr && !text->empty() &&
                      text->find_first_not_of(
                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "0123456789._:/-{}*") == std::string_view::npos;
    line.append("  ").append(field.key).append("=");
    line.append(bare ? std::string(*text) : Dump(ToJson(field.value)));
  }
  return line;
}

}  // namespace

void Configure(Level level, Format format, std::string_view node) {
  CurrentSettings().level = level;
  CurrentSettings().format = format;
  CurrentSettings().node = node;
}

void SetNode(std::string_view node) { CurrentSettings().node = node; }

bool Enabled(Level level) { return level >= CurrentSettings().level.load(); }

void Write(Level level, std::string_view message, Fields fields) {
  if (!Enabled(level)) return;
  Output().log(spdlog::level::info, CurrentSettings().format == Format::kJson
                                        ? JsonLine(level, message, fields)
                                        : TextLine(level, message, fields));
}

}  // namespace hookcast::log

#include "broker/config/history_keys.h"

#include <string>
#include <utility>

#include "broker/config/key_kinds.h"
#include "broker/config/value_types.h"

namespace hookcast::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr size_t kMiB = 1024 * 1024;
constexpr size_t kGiB = 1024 * kMiB;

template <typename T>
void AddBounds(const std::string& whose, KeyTable<T>* keys) {
  keys->push_back(Scalar<T>(
      "history.size", HOOKCAST_MEMBER(history.size), IntegerType{0, 10'000'000, "messages"},
      "Latest messages that " + whose + " keep, each, for clients that come back. 0: none."));
  keys->push_back(Scalar<T>("history.age", HOOKCAST_MEMBER(history.age),
                            DurationType{milliseconds(1), hours(24 * 30)},
                            "And of those none that is older."));
}

}  // namespace

void AddHistoryKeys(KeyTable<Route>* keys) {
  AddBounds("the namespaces that this route gives", keys);
}

const KeyTable<NamespaceSettings>& NamespaceKeys() {
  static const auto* const table = [] {
    auto* keys = new KeyTable<NamespaceSettings>;
    keys->push_back(Scalar<NamespaceSettings>(
        "name", HOOKCAST_MEMBER(name), TextType{"namespace", true},
        "The namespace that the entry is about, or with * at its end all that begin so."));
    keys->back().facts.default_text = "required";
    AddBounds("these namespaces", keys);
    return keys;
  }();
  return *table;
}

void AddHistoryKeys(KeyTable<Config>* keys) {
  keys->push_back(Scalar<Config>(
      "history.memory", HOOKCAST_MEMBER(history.memory), SizeType{kMiB, 1024 * kGiB},
      "Most memory that the histories of all namespaces may take at this node; beyond, its oldest "
      "messages go first."));
  Key<Config> namespaces;
  namespaces.facts = {
      "namespaces",
      "list of namespaces",
      "",
      "[]",
      "What holds for namespaces by their names, whoever gives them. Of entries and "
      "routes that match a name the most specific counts.",
      /*scalar=*/false};
  namespaces.read = [](const YamlNode& name, const YamlNode& value, const Reading& reading,
                       Config* config) {
    ReadEntries(name, value, reading, NamespaceKeys(), "namespaces",
                "[{name: \"chat:*\", history: {size: 1000}}]", &config->namespaces);
  };
  namespaces.write = [](const Config& config, YAML::Emitter* out) {
    WriteEntries(NamespaceKeys(), config.namespaces, out);
  };
  keys->push_back(std::move(namespaces));
}

}  // namespace hookcast::config

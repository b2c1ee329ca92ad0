// What a scenario found, for a person and for a program.

#ifndef HOOKCAST_BENCH_LOAD_REPORT_H_
#define HOOKCAST_BENCH_LOAD_REPORT_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace hookcast::bench {

// Rows, in the order they were added. Keys are the JSON's and are never changed: scripts read them.
class Report {
 public:
  explicit Report(std::string scenario);

  // `digits` after the point, in the table and in the JSON.
  void Add(const std::string& key, const std::string& label, double value, int digits,
           const std::string& unit);
  // In the JSON alone.
  void AddPlain(const std::string& key, nlohmann::ordered_json value);

  std::string Table() const;
  std::string Json() const;  // one line

 private:
  struct Row {
    std::string label;
    std::string value;
    std::string unit;
  };

  const std::string scenario_;
  std::vector<Row> rows_;
  nlohmann::ordered_json json_;
};

}  // namespace hookcast::bench

#endif  // HOOKCAST_BENCH_LOAD_REPORT_H_

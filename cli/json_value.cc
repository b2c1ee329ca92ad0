#include "cli/json_value.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/failure.h"
#include "cli/text.h"
#include "nlohmann/json.hpp"

namespace hookcast::cli {
namespace {

using google::protobuf::Value;
using Json = nlohmann::json;

// Protobuf reads 100 messages deep, and a level of objects takes three.
constexpr size_t kMostLevels = 30;
constexpr uint64_t kMostExact = uint64_t{1} << 53;

// Builds the Value while the text is read, so that numbers are seen as they were written.
class ValueBuilder final : public nlohmann::json_sax<Json> {
 public:
  explicit ValueBuilder(Value* root) : root_(root) {}

  absl::Status status() const { return status_; }

  bool null() override {
    Next()->set_null_value(google::protobuf::NULL_VALUE);
    return true;
  }
  bool boolean(bool v) override {
    Next()->set_bool_value(v);
    return true;
  }
  bool number_integer(number_integer_t v) override {
    return Integer(static_cast<double>(v), v < -static_cast<int64_t>(kMostExact),
                   std::to_string(v));
  }
  bool number_unsigned(number_unsigned_t v) override {
    return Integer(static_cast<double>(v), v > kMostExact, std::to_string(v));
  }
  // Integers that 64 bits do not hold come here as well.
  bool number_float(number_float_t v, const string_t& written) override {
    return Integer(v, written.find_first_of(".eE") == string_t::npos, written);
  }
  bool string(string_t& v) override {
    Next()->set_string_value(v);
    return true;
  }
  bool binary(binary_t&) override { return false; }  // JSON text has none

  bool start_object(size_t) override {
    Value* value = Next();
    value->mutable_struct_value();
    return Enter(value);
  }
  bool key(string_t& name) override {
    key_ = name;
    return true;
  }
  bool end_object() override { return Leave(); }
  bool start_array(size_t) override {
    Value* value = Next();
    value->mutable_list_value();
    return Enter(value);
  }
  bool end_array() override { return Leave(); }

  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    std::string why = error.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: …"
    if (const size_t end = why.find("] "); end != std::string::npos) why.erase(0, end + 2);
    status_ = UsageFailure(absl::StrCat("the data is not JSON: ", why),
                           "leave --json out to send it as text");
    return false;
  }

 private:
  Value* Next() {
    if (open_.empty()) return root_;
    Value* parent = open_.back();
    if (parent->has_list_value()) return parent->mutable_list_value()->add_values();
    Value* member = &(*parent->mutable_struct_value()->mutable_fields())[key_];
    member->Clear();  // of two members of one name the last counts
    return member;
  }

  bool Enter(Value* value) {
    open_.push_back(value);
    if (open_.size() <= kMostLevels) return true;
    status_ =
        UsageFailure(absl::StrCat("the data is nested more than ", kMostLevels, " levels deep"),
                     "leave --json out to send it as text");
    return false;
  }

  bool Leave() {
    open_.pop_back();
    return true;
  }

  bool Integer(double value, bool inexact, const std::string& written) {
    if (inexact) {
      status_ = UsageFailure(
          absl::StrCat("the number ", Quoted(written), " would lose digits as a JSON value"),
          "leave --json out to send the data as text, or write the number as a string");
      return false;
    }
    Next()->set_number_value(value);
    return true;
  }

  Value* const root_;
  std::vector<Value*> open_;  // the objects and arrays around the next value, outermost first
  std::string key_;
  absl::Status status_;
};

}  // namespace

absl::Status ParseJsonValue(std::string_view json, Value* value) {
  ValueBuilder builder(value);
  Json::sax_parse(json.begin(), json.end(), &builder);
  return builder.status();
}

}  // namespace hookcast::cli

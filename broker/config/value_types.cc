#include "broker/config/value_types.h"

namespace hookcast::config {

std::string OneOf(const std::vector<std::string>& names) {
  std::string result;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) result.append(i + 1 == names.size() ? " or " : ", ");
    result.append(names[i]);
  }
  return result;
}

}  // namespace hookcast::config

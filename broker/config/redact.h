#pragma once

#include <string>
#include <string_view>

namespace hookcast::config {

// `url` without its secrets: the password is `***` whatever characters it holds, encoded or not,
// and so are a user name that stands alone and the values of the query. Text that holds no secret
// comes back as it is; where it is unclear what is one, more is hidden rather than less.
std::string RedactUrl(std::string_view url);

}  // namespace hookcast::config

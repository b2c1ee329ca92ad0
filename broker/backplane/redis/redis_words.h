#pragma once

#include <string>
#include <string_view>

namespace hookcast::backplane {

// Redis' own words as they may be shown to people, in logs and in errors: at most 200 bytes of
// printable ASCII, with `secret`, where there is one, as `***`. Redis repeats the words of a
// command that it does not know, and whatever stands in its place may say anything.
std::string ShownWords(std::string_view words, const std::string& secret);

}  // namespace hookcast::backplane

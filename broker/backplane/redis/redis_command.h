#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace hookcast::backplane {

// Appends one command in Redis' protocol: a list of words, which may hold any bytes.
void AppendCommand(std::initializer_list<std::string_view> words, std::string* out);

// The same in parts: a head for so many words, and then each of them.
void AppendCommandHead(size_t words, std::string* out);
void AppendCommandWord(std::string_view word, std::string* out);

}  // namespace hookcast::backplane

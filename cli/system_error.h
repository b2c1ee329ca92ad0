#pragma once

#include <string>

namespace hookcast::cli {

// What errno says, to stand within a sentence: "connection refused".
std::string SystemError(int error);

// The same for a message from elsewhere: its first letter in lower case, unless an abbreviation.
std::string WithinSentence(std::string message);

}  // namespace hookcast::cli

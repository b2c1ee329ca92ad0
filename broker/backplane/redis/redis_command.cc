#include "broker/backplane/redis/redis_command.h"

#include <charconv>

namespace hookcast::backplane {
namespace {

void AppendLine(char kind, size_t number, std::string* out) {
  char text[24];
  text[0] = kind;
  char* end = std::to_chars(text + 1, text + sizeof text - 2, number).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out->append(text, end);
}

}  // namespace

void AppendCommandHead(size_t words, std::string* out) { AppendLine('*', words, out); }

void AppendCommandWord(std::string_view word, std::string* out) {
  AppendLine('$', word.size(), out);
  out->append(word).append("\r\n");
}

void AppendCommand(std::initializer_list<std::string_view> words, std::string* out) {
  AppendCommandHead(words.size(), out);
  for (const std::string_view word : words) AppendCommandWord(word, out);
}

}  // namespace hookcast::backplane

#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace hookcast::edge {

// A frame as a server sends it: not masked, FIN set.
struct ServerFrame {
  int opcode = 0;
  std::string payload;
  bool compressed = false;  // RSV1

  bool operator==(const ServerFrame&) const = default;
};
std::ostream& operator<<(std::ostream& out, const ServerFrame& frame);

ServerFrame TextFrame(std::string_view payload);
ServerFrame BinaryFrame(std::string_view payload);
ServerFrame PingFrame(std::string_view payload = "");
ServerFrame PongFrame(std::string_view payload);
// With a code of 0, a Close frame without a payload.
ServerFrame CloseFrame(uint16_t code, std::string_view reason = "");

// The code of a Close frame with a payload; 0 for anything else.
uint16_t CloseCodeOf(const ServerFrame& frame);

// Reads the frames that `bytes` consist of. A frame that is not whole, or not as a server may send
// it, comes last, with the opcode -1 and the rest of the bytes.
std::vector<ServerFrame> ReadFrames(std::string_view bytes);

}  // namespace hookcast::edge

#pragma once

#include <string>
#include <string_view>

namespace hookcast::backplane {

// Redis' own words as they may be shown to people, in logs and in errors: at most 200 bytes of
// printable ASCII, with `secret`, where there is one, as `***`. Redis repeats the words of a
// command that it does not know, and whatever stands in its place may say anything.
std::string ShownWords(std::string_view words, const std::string& secret);

// Whether the answer to INFO replication is that of a replica. It takes publishes, and passes them
// to nobody who is connected elsewhere.
bool TellsOfReplica(std::string_view answer);
inline constexpr char kIsReplica[] = "it is a replica; nodes need the address of the primary";

}  // namespace hookcast::backplane

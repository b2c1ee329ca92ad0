#include "cli/commands.h"

namespace hookcast::cli {

std::vector<std::unique_ptr<Command>> MakeCommands() {
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(MakePublish());
  commands.push_back(MakeSend());
  commands.push_back(MakeSubscribe());
  commands.push_back(MakeUnsubscribe());
  commands.push_back(MakeClose());
  commands.push_back(MakePeers());
  commands.push_back(MakePeer());
  commands.push_back(MakeTopics());
  commands.push_back(MakeNamespaces());
  commands.push_back(MakeNodes());
  commands.push_back(MakeHistory());
  commands.push_back(MakeTail());
  commands.push_back(MakeDrain());
  commands.push_back(MakePing());
  return commands;
}

}  // namespace hookcast::cli

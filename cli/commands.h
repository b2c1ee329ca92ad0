#pragma once

#include <memory>
#include <vector>

#include "cli/command.h"

namespace hookcast::cli {

// Each is defined in the file of its name.
std::unique_ptr<Command> MakePublish();
std::unique_ptr<Command> MakeSend();
std::unique_ptr<Command> MakeSubscribe();
std::unique_ptr<Command> MakeUnsubscribe();
std::unique_ptr<Command> MakeClose();
std::unique_ptr<Command> MakePeers();
std::unique_ptr<Command> MakePeer();
std::unique_ptr<Command> MakeTopics();
std::unique_ptr<Command> MakeNamespaces();
std::unique_ptr<Command> MakeNodes();
std::unique_ptr<Command> MakeHistory();
std::unique_ptr<Command> MakeTail();
std::unique_ptr<Command> MakeDrain();
std::unique_ptr<Command> MakePing();

// All of them, in the order in which help lists them.
std::vector<std::unique_ptr<Command>> MakeCommands();

}  // namespace hookcast::cli

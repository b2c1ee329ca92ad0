#include "edge/app/signals.h"

#include <unistd.h>

#include <cstring>
#include <thread>

#include "broker/base/log.h"

namespace hookcast::app {
namespace {

int Await(const sigset_t& taken) {
  for (;;) {
    int received = 0;
    sigwait(&taken, &received);
    switch (received) {
      case SIGHUP:
        log::Warn(
            "SIGHUP is ignored: the configuration is read at the start; restart nodes one after "
            "the other");
        break;
      case SIGUSR1:
      case SIGUSR2:
        log::Warn("a signal that means nothing to a node is ignored",
                  {{"signal", strsignal(received)}});
        break;
      default:
        return received;
    }
  }
}

}  // namespace

Signals::Signals() {
  sigemptyset(&taken_);
  for (const int taken : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&taken_, taken);
  pthread_sigmask(SIG_BLOCK, &taken_, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

std::string Signals::AwaitEnd() const { return strsignal(Await(taken_)); }

// The thread has nothing that the end of the process would miss, and may outlive this.
void Signals::EndAtTheNext() const {
  std::thread([taken = taken_] {
    const int received = Await(taken);
    log::Warn("a second signal: ending at once", {{"signal", strsignal(received)}});
    // As whoever sent it expects, by its default; which the first process of a container has not.
    pthread_sigmask(SIG_UNBLOCK, &taken, nullptr);
    raise(received);
    _exit(128 + received);
  }).detach();
}

}  // namespace hookcast::app

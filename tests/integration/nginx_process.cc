#include "tests/integration/nginx_process.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace hookcast::testing {
namespace {

// nginx tells nobody which port the system gave it.
int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  return bound ? ntohs(address.sin_port) : 0;
}

std::string Configuration(const std::string& address, const std::string& location) {
  std::string text =
      "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr notice;\n"
      "events {}\nhttp {\n  access_log off;\n"
      "  include " HOOKCAST_SOURCE_DIR "/deploy/nginx/hookcast-http.conf;\n";
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    text += std::string("  ") + kind + "_temp_path " + kind + ";\n";
  }
  return text + "  server {\n    listen " + address + ";\n" + location + "\n  }\n}\n";
}

}  // namespace

std::unique_ptr<NginxProcess> NginxProcess::Start(const std::string& location) {
  std::string folder = ::testing::TempDir() + "hookcast-nginx-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) {
    ADD_FAILURE() << "no temporary folder in " << ::testing::TempDir();
    return nullptr;
  }
  std::unique_ptr<NginxProcess> nginx(new NginxProcess);
  nginx->folder_ = folder;
  std::string why;
  // Somebody else may take the port in between.
  for (int attempt = 0; attempt < 5; ++attempt) {
    nginx->address_ = "127.0.0.1:" + std::to_string(FreePort());
    std::ofstream(folder + "/nginx.conf") << Configuration(nginx->address_, location);
    auto started =
        ChildProcess::Start({"/usr/sbin/nginx", "-e", "stderr", "-p", folder, "-c", "nginx.conf"});
    if (!started.ok()) {
      ADD_FAILURE() << started.status() << "; scripts/install-packages proxy installs it";
      return nullptr;
    }
    const auto line = (*started)->WaitForLine("event method");
    nginx->process_ = *std::move(started);
    if (line.ok()) return nginx;
    why = line.status().ToString();
  }
  ADD_FAILURE() << "nginx did not start: " << why;
  return nullptr;
}

NginxProcess::~NginxProcess() {
  process_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace hookcast::testing

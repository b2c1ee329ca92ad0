#include "broker/backplane/redis/address_lookup.h"

#include <netdb.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "broker/base/mutex.h"

namespace hookcast::backplane {
namespace {

using boost::asio::ip::tcp;

absl::StatusOr<AddressLookup::Endpoints> LookUp(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int fault = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (fault != 0) {
    return absl::UnavailableError(
        absl::StrCat("the name cannot be looked up: ", gai_strerror(fault)));
  }
  AddressLookup::Endpoints endpoints;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    tcp::endpoint endpoint;
    if (at->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), at->ai_addr, at->ai_addrlen);
    endpoint.resize(at->ai_addrlen);
    endpoint.port(port);
    if (std::find(endpoints.begin(), endpoints.end(), endpoint) == endpoints.end()) {
      endpoints.push_back(endpoint);
    }
  }
  freeaddrinfo(found);
  if (endpoints.empty()) return absl::UnavailableError("the name has no address");
  return endpoints;
}

}  // namespace

struct AddressLookup::Shared {
  Mutex mutex;
  boost::asio::io_context* loop HOOKCAST_GUARDED_BY(mutex) = nullptr;  // null once all has ended
  bool running HOOKCAST_GUARDED_BY(mutex) = false;
  Done done;  // the loop's own
};

AddressLookup::AddressLookup(boost::asio::io_context* loop) : shared_(std::make_shared<Shared>()) {
  const MutexLock lock(&shared_->mutex);
  shared_->loop = loop;
}

AddressLookup::~AddressLookup() {
  Cancel();
  const MutexLock lock(&shared_->mutex);
  shared_->loop = nullptr;
}

void AddressLookup::Cancel() { shared_->done = nullptr; }

void AddressLookup::Start(const std::string& host, uint16_t port, Done done) {
  shared_->done = std::move(done);
  const MutexLock lock(&shared_->mutex);
  boost::system::error_code no_address;
  const auto address = boost::asio::ip::make_address(host, no_address);
  if (!no_address) {
    boost::asio::post(*shared_->loop, [shared = shared_, endpoint = tcp::endpoint(address, port)] {
      Done call = std::exchange(shared->done, nullptr);
      if (call != nullptr) call(Endpoints{endpoint});
    });
    return;
  }
  if (std::exchange(shared_->running, true)) return;
  std::thread(&AddressLookup::Run, shared_, host, port).detach();
}

void AddressLookup::Run(std::shared_ptr<Shared> shared, std::string host, uint16_t port) {
  absl::StatusOr<Endpoints> found = LookUp(host, port);
  const MutexLock lock(&shared->mutex);
  shared->running = false;
  if (shared->loop == nullptr) return;
  boost::asio::post(*shared->loop, [shared, found = std::move(found)]() mutable {
    Done call = std::exchange(shared->done, nullptr);
    if (call != nullptr) call(std::move(found));
  });
}

}  // namespace hookcast::backplane

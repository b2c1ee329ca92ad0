#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"

namespace hookcast::backplane {

// Looks up the addresses of a host, as the system has them now. The system's look-up blocks, maybe
// for long, so that it runs on a thread that nobody waits for; at most one at a time.
//
// Thread: that of the loop. What was asked for comes there, and never after Cancel or the end.
class AddressLookup {
 public:
  using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
  using Done = absl::AnyInvocable<void(absl::StatusOr<Endpoints>)>;

  // The loop outlives it.
  explicit AddressLookup(boost::asio::io_context* loop);
  AddressLookup(const AddressLookup&) = delete;
  AddressLookup& operator=(const AddressLookup&) = delete;
  ~AddressLookup();

  // Calls `done` later, with at least one address, or UNAVAILABLE. Where the look-up before has not
  // ended yet, its answer is taken.
  void Start(const std::string& host, uint16_t port, Done done);
  void Cancel();

 private:
  struct Shared;

  static void Run(std::shared_ptr<Shared> shared, std::string host, uint16_t port);

  const std::shared_ptr<Shared> shared_;
};

}  // namespace hookcast::backplane

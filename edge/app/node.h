#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "broker/config/config.h"

namespace hookcast::app {

// One hookcastd: everything it is made of, put together, and taken apart in the right order.
//
// Thread: main.
class Node {
 public:
  // Where it can be reached, with the ports that were really taken.
  struct Addresses {
    std::string clients;
    std::string admin;
    std::string control;
  };

  // Starts all of it; a node that is returned takes connections. UNAVAILABLE that names the address
  // where a port cannot be had. REQUIRES: a configuration that was checked.
  static absl::StatusOr<std::unique_ptr<Node>> Start(config::Config config);

  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  // Stops what Shutdown did not.
  ~Node();

  const std::string& id() const;
  const Addresses& addresses() const;

  // Turns readiness off, waits for shutdown.ready_delay, stops accepting, closes peers with 1012 at
  // the pace of shutdown.drain and waits until their close hooks were answered; all of it no longer
  // than shutdown.timeout. Tells the other nodes at both ends. Returns how many peers were left.
  size_t Shutdown();

 private:
  struct Parts;
  explicit Node(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace hookcast::app

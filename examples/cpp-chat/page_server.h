// Serves the chat's page by HTTP, so that there is something to open. Nothing here has to do with
// Hookcast: in a product the page would come from its own web server.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

namespace hookcast::examples {

// Serves one page at "/" on the io_context that runs it. Owns its listener; the io_context must
// outlive it, and be stopped before it ends.
//
// Thread: the one that runs the io_context.
class PageServer {
 public:
  // Listens on "host:port"; port 0 takes a free one. Throws boost::system::system_error where it
  // cannot.
  PageServer(boost::asio::io_context& io, const std::string& address, std::string page);

  // "http://127.0.0.1:8000/", with the port taken.
  std::string Url() const;

 private:
  boost::asio::awaitable<void> Accept();
  boost::asio::awaitable<void> Serve(boost::asio::ip::tcp::socket socket);

  boost::asio::ip::tcp::acceptor acceptor_;
  const std::string page_;
};

}  // namespace hookcast::examples

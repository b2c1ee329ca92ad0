#include "examples/cpp-chat/page_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <sstream>
#include <utility>

namespace hookcast::examples {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr auto kDeadline = std::chrono::seconds(30);
constexpr size_t kMaxRequestBytes = 16 * 1024;

http::response<http::string_body> Answer(const http::request<http::empty_body>& request,
                                         const std::string& page) {
  http::response<http::string_body> response{http::status::ok, request.version()};
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.keep_alive(false);
  if (request.method() != http::verb::get) {
    response.result(http::status::method_not_allowed);
    response.set(http::field::allow, "GET");
    response.body() = "only GET is answered here\n";
  } else if (request.target().substr(0, request.target().find('?')) != "/") {
    response.result(http::status::not_found);
    response.body() = "the page is at /\n";
  } else {
    response.set(http::field::content_type, "text/html; charset=utf-8");
    response.set("Content-Security-Policy",
                 "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                 "img-src data:; connect-src ws: wss:; base-uri 'none'; form-action 'none'");
    response.body() = page;
  }
  response.prepare_payload();
  return response;
}

tcp::endpoint Resolve(asio::io_context& io, const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) throw boost::system::system_error(asio::error::invalid_argument);
  tcp::resolver resolver(io);
  return resolver.resolve(address.substr(0, colon), address.substr(colon + 1))->endpoint();
}

}  // namespace

PageServer::PageServer(asio::io_context& io, const std::string& address, std::string page)
    : acceptor_(io, Resolve(io, address)), page_(std::move(page)) {
  co_spawn(io, Accept(), asio::detached);
}

std::string PageServer::Url() const {
  std::ostringstream url;
  url << "http://" << acceptor_.local_endpoint() << "/";
  return url.str();
}

asio::awaitable<void> PageServer::Accept() {
  while (true) {
    auto [error, socket] = co_await acceptor_.async_accept(kToken);
    if (error) continue;  // this connection came to nothing; the next may not
    co_spawn(acceptor_.get_executor(), Serve(std::move(socket)), asio::detached);
  }
}

// One request, then the connection ends. Browsers also open some that they never use: those end at
// the deadline.
asio::awaitable<void> PageServer::Serve(tcp::socket socket) {
  beast::tcp_stream stream(std::move(socket));
  stream.expires_after(kDeadline);
  beast::flat_buffer buffer(kMaxRequestBytes);
  http::request<http::empty_body> request;
  const auto [read_error, read] = co_await http::async_read(stream, buffer, request, kToken);
  if (read_error) co_return;
  const http::response<http::string_body> response = Answer(request, page_);
  const auto [write_error, written] = co_await http::async_write(stream, response, kToken);
  boost::system::error_code ignored;
  if (!write_error) stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace hookcast::examples

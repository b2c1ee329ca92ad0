#!/usr/bin/python3
"""A chat: an application behind a Hookcast node, in Python. The same as examples/cpp-chat and
examples/node-chat.

Nothing is kept here between two hooks: a peer's name travels in its context, so any number of these
processes can stand behind the same nodes, and a restart loses nothing. A room needs no code:
/rooms/a and /rooms/b are different paths, so their peers are in different namespaces.
"""

import argparse
import asyncio
import collections
import html
import http.server
import pathlib
import signal
import sys
import threading
import unicodedata
from concurrent import futures
from urllib.parse import unquote_to_bytes

import grpc

from session import Sessions
from stubs import hooks_pb2, hooks_pb2_grpc, types_pb2

TOPIC = "chat"
MAX_NAME_BYTES = 64

# ---- The chat ------------------------------------------------------------------------------------


def name_in_query(query):
    """The bytes of ?name=…, none where it is not there. A % without two digits stays as it is."""
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == "name":
            return unquote_to_bytes(value.replace("+", " "))
    return b""


def good_name(data):
    """The name, or None where it is too long, not UTF-8, or has control characters."""
    try:
        name = data.decode()
    except UnicodeDecodeError:
        return None
    if len(data) > MAX_NAME_BYTES or any(
            unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in name):
        return None
    return name


def name_of(peer):
    """What upgrade put into the peer's context; a short form of its id for those who gave none."""
    fields = peer.context.fields.fields
    return fields["name"].string_value if "name" in fields else "guest-" + \
        peer.id.replace("-", "")[-4:]


def json(**members):
    """The JSON object that clients of this chat read. The node sends it as text."""
    data = types_pb2.Data()
    data.json.struct_value.update(members)
    return data


def subscribe():
    return types_pb2.Action(subscribe={"topic": TOPIC})


def publish(**members):
    """To every peer of the namespace that is subscribed to the topic, but not the hook's own."""
    return types_pb2.Action(publish={"topic": TOPIC, "data": json(**members)})


def send(**members):
    """To the hook's own peer alone."""
    return types_pb2.Action(send={"data": json(**members)})


class SeenEvents:
    """The last 1,000 events, by id: one whose answer was lost comes again. Thread: any."""

    def __init__(self):
        self._lock = threading.Lock()
        self._ids = collections.OrderedDict()

    def add(self, event_id):
        """Whether it is new. Remembers it."""
        with self._lock:
            if event_id in self._ids:
                return False
            self._ids[event_id] = None
            if len(self._ids) > 1000:
                self._ids.popitem(last=False)
            return True


class Chat(hooks_pb2_grpc.HookServiceServicer):
    """The hooks, called from several threads at once. A peer's own still come one at a time: open
    is over before its first message is sent here. What is left out (resume, drain) is answered
    UNIMPLEMENTED, which the node takes as "not wanted". All but Error act by their reply alone, and
    a node carries out one reply to an event, however often it had to send it."""

    def __init__(self):
        self._logged = SeenEvents()

    def Upgrade(self, request, context=None):
        """Before the connection is accepted: the place to look at cookies and tokens, to refuse."""
        name = good_name(name_in_query(request.request.query))
        reply = hooks_pb2.UpgradeReply()
        if name is None:
            reply.reject.status = 400
            reply.reject.text = "name must be printable UTF-8 of at most 64 bytes\n"
        elif name:
            reply.accept.context.fields["name"] = name
        return reply

    def Open(self, request, context=None):
        """Connected: the peer can be sent to from now on. Actions are carried out in this order."""
        name = name_of(request.peer)
        return hooks_pb2.HookReply(actions=[
            subscribe(), publish(system=f"{name} joined"), send(system=f"Welcome, {name}!")])

    def Message(self, request, context=None):
        if request.WhichOneof("data") != "text":
            return hooks_pb2.HookReply(actions=[send(system="Only text is understood here.")])
        return hooks_pb2.HookReply(actions=[
            publish(user=name_of(request.peer), text=request.text),
            send(user="You", text=request.text)])

    def Close(self, request, context=None):
        """The connection is gone: a publish still works, a send would reach nobody."""
        return hooks_pb2.HookReply(actions=[publish(system=f"{name_of(request.peer)} left")])

    def Error(self, request, context=None):
        """Acts by itself, as writing to a database would, and so looks whether it did already."""
        if self._logged.add(request.event.id):
            print(f"peer {request.peer.id}: {request.message}", file=sys.stderr, flush=True)
        return hooks_pb2.HookReply()


class SessionChat(Chat):
    """The same, also by streams."""

    def __init__(self, threads):
        super().__init__()
        self.sessions = Sessions(
            {"upgrade": self.Upgrade, "open": self.Open, "message": self.Message,
             "close": self.Close, "error": self.Error}, threads)

    async def Session(self, requests, context):
        await self.sessions.serve(requests, context)


# ---- The process ---------------------------------------------------------------------------------


def serve_page(address, node):
    """Serves examples/page.html; its URL. Nothing here has to do with Hookcast."""
    path = pathlib.Path(__file__).resolve().parents[1] / "page.html"
    page = path.read_text().replace("{{node}}", html.escape(node)).encode()

    class Page(http.server.BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self):
            found = self.path.split("?", 1)[0] == "/"
            body = page if found else b"the page is at /\n"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", f"text/{'html' if found else 'plain'}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header(
                "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                "img-src data:; connect-src ws: wss:; base-uri 'none'; form-action 'none'")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    host, _, port = address.rpartition(":")
    server = http.server.ThreadingHTTPServer((host, int(port)), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://{host}:{server.server_port}/"


async def run(flags):
    try:
        page = serve_page(flags.page, flags.node)
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"python-chat: cannot serve the page on {flags.page}: {error}; "
                 "try another with --page")
    threads = futures.ThreadPoolExecutor(16)  # as many handlers as may block at once
    chat = Chat() if flags.unary else SessionChat(threads)
    # Without so_reuseport = 0 a second process could take half of the calls of the first, unseen.
    server = grpc.aio.server(migration_thread_pool=threads, options=[("grpc.so_reuseport", 0)])
    hooks_pb2_grpc.add_HookServiceServicer_to_server(chat, server)
    try:
        port = server.add_insecure_port(flags.listen)
    except RuntimeError:
        port = 0
    if port == 0:
        sys.exit(f"python-chat: cannot listen on {flags.listen}; try another with --listen")
    await server.start()
    print(f"hooks on {flags.listen.rpartition(':')[0]}:{port}", flush=True)
    print(f"page on {page}", flush=True)

    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    # Hooks under way are answered; those that take longer are cut off.
    if not flags.unary:
        chat.sessions.leave("the chat ends")
    await server.stop(grace=2)


def main():
    parser = argparse.ArgumentParser(description="A chat behind a Hookcast node.")
    parser.add_argument("--listen", default="127.0.0.1:50051", metavar="ADDRESS",
                        help="where the node's hooks are answered (gRPC)")
    parser.add_argument("--page", default="127.0.0.1:8000", metavar="ADDRESS",
                        help="where the chat page is served (HTTP)")
    parser.add_argument("--node", default="ws://127.0.0.1:8080", metavar="URL",
                        help="where the page finds the node")
    parser.add_argument("--unary", action="store_true",
                        help="leaves the Session stream out: each hook comes as a call of its own")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()

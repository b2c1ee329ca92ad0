#!/usr/bin/python3
"""A live feed: publishes numbered events to a Hookcast node, and serves a page that shows them.

Nothing but Python's standard library: a publish is a POST of JSON, so whatever can POST can publish.
The node delivers the events as Server-Sent Events from its static route /feed, and its history gives
a page that lost its connection what it missed. See examples/chat.yaml for the route.

    POST http://127.0.0.1:8081/hookcast.v1.BrokerService/Publish
    {"namespace": "/feed", "topic": "feed", "data": {"text": "…", "event": {"event": "price"}}}
"""

import argparse
import html
import http.client
import http.server
import json
import pathlib
import random
import secrets
import signal
import sys
import threading
import time
from urllib.parse import urlsplit

NAMESPACE = "/feed"  # the route's path: a static route without a namespace of its own
TOPIC = "feed"

# ---- What is published ---------------------------------------------------------------------------


class Prices:
    """Invented prices of invented things, one change after the other. Each has a number, so that
    whoever reads them can tell whether one is missing, and the run that the number belongs to."""

    def __init__(self):
        self.run = secrets.token_hex(4)
        self._number = 0
        self._prices = {"Amber": 84.0, "Cobalt": 131.0, "Hazel": 42.0, "Juniper": 67.0}

    def next(self):
        self._number += 1
        name = random.choice(list(self._prices))
        price = max(1.0, self._prices[name] * (1 + random.gauss(0, 0.006)))
        self._prices[name] = price
        return {"run": self.run, "n": self._number, "name": name, "price": round(price, 2),
                "at": round(time.time() * 1000)}


# ---- The node ------------------------------------------------------------------------------------


class NodeAway(Exception):
    """It cannot be reached, or asks to be tried again."""


class NodeRefused(Exception):
    """It answered, and will answer the same again."""


class Node:
    """BrokerService in its JSON form, over one connection that is made anew when it broke.
    Thread: one at a time."""

    def __init__(self, url, token):
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"not an http:// URL: {url}")
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=2)
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def call(self, method, request):
        """The reply. Raises NodeAway or NodeRefused."""
        try:
            self._connection.request("POST", f"/hookcast.v1.BrokerService/{method}",
                                     json.dumps(request), self._headers)
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()  # the next call connects again
            raise NodeAway(str(error) or type(error).__name__) from None
        if response.status == 200:
            return json.loads(body)
        why = f"{response.status} {body.decode(errors='replace').strip()[:300]}"
        if response.status == 429 or response.status >= 500:
            raise NodeAway(why)
        raise NodeRefused(why)

    def publish(self, event):
        """Safe to repeat: the key tells the node that it is the same event again."""
        return self.call("Publish", {
            "namespace": NAMESPACE, "topic": TOPIC,
            "data": {"text": json.dumps(event), "event": {"event": "price"}},
            "idempotency_key": f"{event['run']}.{event['n']}"})

    def terminate(self, peer):
        """Cuts a peer's connection, as a network would: without a word to the client."""
        return self.call("Terminate", {"peers": {"peer": peer}})


def publish_all(node, rate, ended):
    """An event after the other until `ended`. One that the node could not take is tried again:
    nothing is left out."""
    prices = Prices()
    away = False
    due = time.monotonic()
    while not ended.is_set():
        event = prices.next()
        while not ended.is_set():
            try:
                node.publish(event)
            except NodeAway as error:
                if not away:
                    print(f"the node does not answer ({error}); trying again each second",
                          file=sys.stderr, flush=True)
                away = True
                ended.wait(1)
                due = time.monotonic()
                continue
            if away:
                print("the node answers again", file=sys.stderr, flush=True)
            away = False
            break
        due += 1 / rate
        ended.wait(max(0, due - time.monotonic()))


# ---- The page ------------------------------------------------------------------------------------


def serve_page(address, events, make_node):
    """Serves page.html, and cuts connections for it; its URL."""
    path = pathlib.Path(__file__).resolve().parent / "page.html"
    page = path.read_text(encoding="utf-8").replace("{{events}}", html.escape(events)).encode()

    class Page(http.server.BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self):
            found = self.path.split("?", 1)[0] == "/"
            self.answer(200 if found else 404, page if found else b"the page is at /\n",
                        "html" if found else "plain")

        def do_POST(self):
            # Pages of others cannot send this content type without asking first, and are not let.
            size = self.headers.get("Content-Length", "")
            if self.path != "/cut" or self.headers.get("Content-Type") != "application/json":
                return self.answer(404, b"POST /cut takes application/json\n")
            if not size.isdigit() or int(size) > 4096:
                return self.answer(413, b"at most 4096 bytes\n")
            try:
                peer = json.loads(self.rfile.read(int(size)))["peer"]
                make_node().terminate(peer)
            except (ValueError, KeyError, TypeError):
                return self.answer(400, b'the body is {"peer": "<id>"}\n')
            except (NodeAway, NodeRefused) as error:
                return self.answer(502, f"{error}\n".encode())
            return self.answer(200, b"cut\n")

        def answer(self, status, body, kind="plain"):
            self.send_response(status)
            self.send_header("Content-Type", f"text/{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header(
                "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                "img-src data:; connect-src http: https:; base-uri 'none'; form-action 'none'")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    host, _, port = address.rpartition(":")
    server = http.server.ThreadingHTTPServer((host, int(port)), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://{host}:{server.server_port}/"


# ---- The process ---------------------------------------------------------------------------------


def rate(text):
    try:
        if 0 < float(text) <= 10_000:
            return float(text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0 and up to 10000")


def main():
    parser = argparse.ArgumentParser(description="A live feed behind a Hookcast node.")
    parser.add_argument("--page", default="127.0.0.1:8001", metavar="ADDRESS",
                        help="where the page is served (HTTP)")
    parser.add_argument("--control", default="http://127.0.0.1:8081", metavar="URL",
                        help="the node's admin port, which takes what is published")
    parser.add_argument("--events", default="http://127.0.0.1:8080/feed", metavar="URL",
                        help="where the page finds the feed")
    parser.add_argument("--rate", default=4, type=rate, metavar="N", help="events a second")
    parser.add_argument("--token-file", type=pathlib.Path, metavar="FILE",
                        help="a token of the node's with the scopes publish and manage")
    flags = parser.parse_args()

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        token = flags.token_file.read_text().split("\n")[0].strip() if flags.token_file else ""
        node = Node(flags.control, token)
    except (OSError, ValueError) as error:
        sys.exit(f"feed.py: {error}")
    try:
        page = serve_page(flags.page, flags.events, lambda: Node(flags.control, token))
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"feed.py: cannot serve the page on {flags.page}: {error}; "
                 "try another with --page")
    print(f"page on {page}", flush=True)
    try:
        publish_all(node, flags.rate, ended)
    except NodeRefused as error:
        sys.exit(f"feed.py: the node refuses what is published: {error}")


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""The chat, as Python's websockets sees it: websockets_chat.py ws://HOST:PORT EXTENSION

EXTENSION is what the node has to agree to: "permessage-deflate", or "" for none.
"""

import asyncio
import json
import re
import sys

import websockets

URL, EXTENSION = sys.argv[1:3]


async def connect(path, **options):
    client = await websockets.connect(URL + path, **options)
    assert [e.name for e in client.extensions] == ([EXTENSION] if EXTENSION else [])
    return client


async def gets(client, expected):
    received = json.loads(await client.recv())
    assert received == expected, f"{str(received)[:200]}, not {str(expected)[:200]}"


async def main():
    ada = await connect("/rooms/lobby?name=Ada")
    await gets(ada, {"system": "Welcome, Ada!"})
    bob = await connect("/rooms/lobby?name=Bob")
    await gets(bob, {"system": "Welcome, Bob!"})
    await gets(ada, {"system": "Bob joined"})

    for text in ["hello", "", 'äöü €𝄞 \0\n"', "long " * 40_000]:
        await ada.send(text)
        await gets(ada, {"user": "You", "text": text})
        await gets(bob, {"user": "Ada", "text": text})

    await bob.send(bytes([0, 1, 255]))
    await gets(bob, {"system": "Only text is understood here."})

    await ada.send(["in ", "three ", "frames"])
    await gets(ada, {"user": "You", "text": "in three frames"})
    await gets(bob, {"user": "Ada", "text": "in three frames"})

    pong = await ada.ping(b"are you there?")
    await asyncio.wait_for(pong, 10)

    eve = await connect("/rooms/lobby?name=Eve", subprotocols=["chat", "hookcast.v1.json"])
    assert eve.subprotocol == "hookcast.v1.json"
    hello = json.loads(await eve.recv())
    assert hello["type"] == "open" and re.match("[0-9a-f]{16}-", hello["peer"])
    await gets(eve, {"type": "message", "data": '{"system":"Welcome, Eve!"}'})
    await gets(bob, {"system": "Eve joined"})
    await bob.send("hello, Eve")
    said = json.loads(await eve.recv())
    assert said["type"] == "message" and said["id"] and said["topic"]
    assert json.loads(said["data"]) == {"user": "Bob", "text": "hello, Eve"}
    await gets(bob, {"user": "You", "text": "hello, Eve"})

    await eve.close(4001, "bye")
    assert eve.close_code == 4001
    await gets(bob, {"system": "Eve left"})

    await ada.close()
    await bob.close()
    assert bob.close_code == 1000
    print("all was as it should be")


asyncio.run(main())

#!/usr/bin/env node
// The chat, as npm's ws sees it: ws_chat.mjs ws://HOST:PORT EXTENSION
// EXTENSION is what the node has to agree to: "permessage-deflate", or "" for none.

import assert from "node:assert/strict";
import { once } from "node:events";
import { WebSocket } from "ws";

const [url, extension] = process.argv.slice(2);

class Client {
  constructor(path, protocols = []) {
    this.received = [];
    this.waiting = [];
    this.socket = new WebSocket(url + path, protocols);
    this.socket.on("message", (data, isBinary) => {
      assert.equal(isBinary, false);
      const message = JSON.parse(data.toString());
      const taker = this.waiting.shift();
      if (taker) taker(message);
      else this.received.push(message);
    });
  }

  static async open(path, protocols) {
    const client = new Client(path, protocols);
    await once(client.socket, "open");
    assert.equal(client.socket.extensions, extension);
    return client;
  }

  next() {
    if (this.received.length) return this.received.shift();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async gets(expected) {
    assert.deepEqual(await this.next(), expected);
  }
}

const ada = await Client.open("/rooms/lobby?name=Ada");
await ada.gets({ system: "Welcome, Ada!" });
const bob = await Client.open("/rooms/lobby?name=Bob");
await bob.gets({ system: "Welcome, Bob!" });
await ada.gets({ system: "Bob joined" });

for (const text of ["hello", "", "äöü €𝄞 \u0000\n\"", "long ".repeat(40_000)]) {
  ada.socket.send(text);
  await ada.gets({ user: "You", text });
  await bob.gets({ user: "Ada", text });
}

bob.socket.send(Buffer.from([0, 1, 255]));
await bob.gets({ system: "Only text is understood here." });

// In three frames, the first of which holds half a character.
const pieces = Buffer.from("ä in pieces");
ada.socket.send(pieces.subarray(0, 1), { fin: false, binary: false });
ada.socket.send(pieces.subarray(1, 4), { fin: false });
ada.socket.send(pieces.subarray(4), { fin: true });
await ada.gets({ user: "You", text: "ä in pieces" });
await bob.gets({ user: "Ada", text: "ä in pieces" });

ada.socket.ping("are you there?");
const [pong] = await once(ada.socket, "pong");
assert.equal(pong.toString(), "are you there?");

const eve = await Client.open("/rooms/lobby?name=Eve", ["chat", "hookcast.v1.json"]);
assert.equal(eve.socket.protocol, "hookcast.v1.json");
const hello = await eve.next();
assert.equal(hello.type, "open");
assert.match(hello.peer, /^[0-9a-f]{16}-/);
const welcome = await eve.next();
assert.deepEqual(welcome, { type: "message", data: '{"system":"Welcome, Eve!"}' });
await bob.gets({ system: "Eve joined" });
bob.socket.send("hello, Eve");
const said = await eve.next();
assert.equal(said.type, "message");
assert.ok(said.id && said.topic);
assert.deepEqual(JSON.parse(said.data), { user: "Bob", text: "hello, Eve" });
await bob.gets({ user: "You", text: "hello, Eve" });

eve.socket.close(4001, "bye");
const [code, reason] = await once(eve.socket, "close");
assert.equal(code, 4001);
assert.equal(reason.toString(), "");
await bob.gets({ system: "Eve left" });

ada.socket.terminate();
bob.socket.close();
const [ownCode] = await once(bob.socket, "close");
assert.equal(ownCode, 1005);
console.log("all was as it should be");

// A browser and permessage-deflate: text and binary, short and long, both ways.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchBrowser, Node } from "./session.mjs";

const routes = "[{path: /always, static: {on_message: echo}, compression: {mode: always}}, " +
  "{path: /off, static: {on_message: echo}}]";

let node, browser, page;

before(async () => {
  node = await Node.start({ routes });
  browser = await launchBrowser();
  page = await browser.newPage();
});

after(async () => {
  await browser?.close();
  await node?.stop();
});

/** What a browser gets back for messages to that path, and the extensions that it agreed on. */
function echoes(path) {
  return page.evaluate(async (url) => {
    const long = "The same words again and again. ".repeat(10_000);
    const random = crypto.getRandomValues(new Uint8Array(60_000));
    const sent = ["short", "", "ä€𝄞", long, random, new Uint8Array(0), new TextEncoder().encode(long)];
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    const received = [];
    await new Promise((resolve, reject) => {
      socket.onopen = () => sent.forEach((data) => socket.send(data));
      socket.onmessage = ({ data }) => {
        received.push(data);
        if (received.length === sent.length) resolve();
      };
      socket.onclose = ({ code, reason }) => reject(new Error(`closed with ${code} ${reason}`));
    });
    const bytes = (data) => (typeof data === "string" ? data : new Uint8Array(data).join());
    const wrong = sent.findIndex((data, i) =>
      typeof data !== typeof received[i] || bytes(data) !== bytes(received[i]));
    const { code } = await new Promise((resolve) => {
      socket.onclose = resolve;
      socket.close(4000);
    });
    return { extensions: socket.extensions, wrong, code };
  }, `ws://${node.clients}${path}`);
}

test("a browser agrees on compression, and each message comes back as it was", async () => {
  assert.deepEqual(await echoes("/always"), {
    extensions: "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    wrong: -1,
    code: 4000,
  });
});

test("where a route is not compressed, the browser's offer is declined", async () => {
  assert.deepEqual(await echoes("/off"), { extensions: "", wrong: -1, code: 4000 });
});

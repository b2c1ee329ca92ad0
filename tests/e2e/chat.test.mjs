// Ada and Bob open the page in the room "lobby", Eve in "b". They talk, a terminal publishes to the
// lobby, Ada's connection is closed by an operator and comes back, and all ends with a signal.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchBrowser, Run, Tab } from "./session.mjs";

let run, browser, ada, bob, eve;

before(async () => {
  run = await Run.start();
  browser = await launchBrowser();
  ada = await Tab.open(browser, run.page("lobby", "Ada"));
  await ada.sees("system||Welcome, Ada!");
  bob = await Tab.open(browser, run.page("lobby", "Bob"));
  await bob.sees("system||Welcome, Bob!");
  eve = await Tab.open(browser, run.page("b", "Eve"));
  await eve.sees("system||Welcome, Eve!");
});

after(async () => {
  await browser?.close();
  await run?.stop();
  if (process.exitCode) console.error(run?.log);
});

test("those in a room are told who joined it", async () => {
  await ada.sees("system||Bob joined");
});

test("a message reaches the other tab of its room, its sender as an echo, and no other room", async () => {
  await ada.say("hello, all");
  await bob.sees("other|Ada|hello, all");
  await ada.sees("own|You|hello, all");
  await eve.say("anyone here?");
  await eve.sees("own|You|anyone here?");
  assert.deepEqual(await eve.messages(), ["system||Welcome, Eve!", "own|You|anyone here?"]);
  assert.deepEqual(await ada.messages(),
    ["system||Welcome, Ada!", "system||Bob joined", "own|You|hello, all"]);
});

test("markup in a message and in a name stays text", async () => {
  const markup = `<img src=x onerror="document.title='owned'"> & <b>bold</b>`;
  const mallory = await Tab.open(browser, run.page("lobby", "<i>M</i>"));
  await bob.sees("system||<i>M</i> joined");
  await mallory.say(markup);
  await bob.sees(`other|<i>M</i>|${markup}`);
  assert.equal(await bob.page.title(), "Hookcast chat");
  await mallory.page.close();
  await bob.sees("system||<i>M</i> left");
});

test("the publish line that scripts/run prints reaches the room, as it is printed", async () => {
  await run.shell(run.printedLine("publish"));
  await ada.sees("system||hello from the terminal");
  await bob.sees("system||hello from the terminal");
  assert.equal((await eve.messages()).length, 2);
});

test("the peers line lists everybody, and the metrics line answers", async () => {
  const peers = await run.shell(run.printedLine("peers"));
  assert.equal(peers.match(/\/rooms\/lobby/g).length, peers.match(/\/rooms\/b/g).length * 2);
  assert.match(await run.shell(run.printedLine("curl http")), /^hookcast_/m);
});

test("a page whose connection is closed comes back by itself", async () => {
  const hookcast = run.printedLine("peers").replace(/ peers$/, "");
  const { peers } = JSON.parse(await run.shell(`${hookcast} --output json peers`));
  const { peer } = peers.find(({ peer }) => peer.context?.fields?.name === "Ada");
  await run.shell(`${hookcast} close ${peer.id} --code 1012`);
  await bob.sees("system||Ada left");
  await bob.sees("system||Ada joined");
  await ada.connected();
  await ada.sees("system||Welcome, Ada!");
  await ada.say("back again");
  await bob.sees("other|Ada|back again");
});

test("a page that offers hookcast.v1.json gets envelopes, and speaks as before", async () => {
  const seen = await eve.page.evaluate(async () => {
    const node = new URL(location.href).searchParams.get("node");
    const socket = new WebSocket(`${node}/rooms/json?name=Joe`, ["other", "hookcast.v1.json"]);
    const envelopes = [];
    await new Promise((resolve, reject) => {
      socket.onmessage = ({ data }) => {
        envelopes.push(JSON.parse(data));
        if (envelopes.length === 2) socket.send("hello");
        if (envelopes.length === 3) resolve();
      };
      socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
    });
    socket.onclose = null;
    socket.close(4000, "done");
    return { protocol: socket.protocol, envelopes };
  });
  assert.equal(seen.protocol, "hookcast.v1.json");
  const [open, welcome, echo] = seen.envelopes;
  assert.equal(open.type, "open");
  assert.deepEqual(welcome, { type: "message", data: '{"system":"Welcome, Joe!"}' });
  assert.deepEqual(JSON.parse(echo.data), { user: "You", text: "hello" });
});

test("no page had an error", () => {
  assert.deepEqual([ada, bob, eve].flatMap((tab) => tab.errors), []);
});

test("a signal ends all, with exit code 0", async () => {
  assert.equal(await run.stop(), 0);
  await assert.rejects(fetch(run.page("lobby", "late")));
});

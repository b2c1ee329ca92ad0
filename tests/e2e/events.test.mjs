// A browser and Server-Sent Events: what EventSource makes of them, and what it misses when its
// connection is cut again and again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchBrowser, Node } from "./session.mjs";

const routes = "[{path: /events, transports: [sse], static: {subscribe: [all]}, history: {size: 20000, age: 5m}}]";

let node, browser, page;

before(async () => {
  node = await Node.start({ routes, "sse.retry": "50ms" });
  browser = await launchBrowser();
  page = await browser.newPage();
  await page.goto(`http://${node.admin}/livez`);
});

after(async () => {
  await browser?.close();
  await node?.stop();
});

const publish = (text, event) =>
  node.call("Publish", { namespace: "/events", topic: "all", data: { text, event } });

/** Opens an EventSource in the page, which keeps in window[name] what it is told. */
function listen(name, names) {
  return page.evaluate(([url, name, names]) => new Promise((resolve) => {
    const seen = { events: [], peers: [], errors: 0 };
    window[name] = seen;
    seen.source = new EventSource(url);
    for (const type of names) {
      seen.source.addEventListener(type, ({ data, lastEventId }) => {
        seen.events.push({ type, data, id: lastEventId });
      });
    }
    seen.source.addEventListener("hookcast.open", ({ data }) => {
      seen.peers.push(JSON.parse(data).peer);
      resolve();
    });
    seen.source.onerror = () => seen.errors++;
  }), [`http://${node.clients}/events`, name, names]);
}

/** What the page has heard under that name, once it has heard so many events. */
async function heard(name, count) {
  await page.waitForFunction(([name, count]) => window[name].events.length >= count, [name, count]);
  return page.evaluate((name) => window[name].events, name);
}

test("named events reach their listeners, others reach message, and data keeps its lines", async () => {
  await listen("lines", ["message", "price", "ä"]);
  const texts = ["plain", "", "two\nlines", "\n", "a\r\nb\rc", " space: and colon", "ä€𝄞\nid: 7\n\ndata: no"];
  for (const text of texts) await publish(text);
  await publish("named", { event: "price", id: "my-1" });
  await publish("unheard", { event: "other" });
  await publish("umlaut\nlast", { event: "ä" });
  const events = await heard("lines", texts.length + 2);
  const asRead = (text) => text.replace(/\r\n?/g, "\n");
  assert.deepEqual(events.map(({ type, data }) => [type, data]), [
    ...texts.map((text) => ["message", asRead(text)]),
    ["price", "named"],
    ["ä", "umlaut\nlast"],
  ]);
  const ids = events.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}\.\d+\.\d+(;my-1)?$/);
  assert.match(ids.at(-2), /;my-1$/);
  await page.evaluate(() => window.lines.source.close());
});

test("a connection that the node closes is told why, and the browser comes back", async () => {
  await listen("ended", ["message", "hookcast.close"]);
  const [peer] = await page.evaluate(() => window.ended.peers);
  await node.call("Close", { peers: { peer }, code: 4001, reason: "moved" });
  await page.waitForFunction(() => window.ended.peers.length === 2);
  await publish("after");
  const [close, message] = await heard("ended", 2);
  assert.equal(close.type, "hookcast.close");
  assert.deepEqual(JSON.parse(close.data), { code: 4001, reason: "moved" });
  assert.equal(message.data, "after");
  await page.evaluate(() => window.ended.source.close());
});

test("10,000 events at 1,000 a second and 50 cuts: nothing lost, nothing doubled, all in order", async () => {
  const total = 10_000, cuts = 50, batch = 20;
  const opened = [];
  let onOpen = () => {};
  await page.exposeFunction("opened", (peer) => { opened.push(peer); onOpen(); });
  await page.evaluate((url) => new Promise((resolve) => {
    const seen = { next: 0, wrong: [], gaps: 0 };
    window.counted = seen;
    const source = new EventSource(url);
    source.addEventListener("n", ({ data }) => {
      const [number, line] = data.split("\n");
      if (Number(number) !== seen.next || line !== "of many") seen.wrong.push([seen.next, data]);
      seen.next = Number(number) + 1;
    });
    source.addEventListener("hookcast.gap", () => seen.gaps++);
    source.addEventListener("hookcast.open", ({ data }) => {
      window.opened(JSON.parse(data).peer);
      resolve();
    });
  }), `http://${node.clients}/events`);

  // A cut is due each time so much more was published, and done once the browser is there again.
  let published = 0, cut = 0, publisherDone = false, wake = () => {};
  const changed = () => new Promise((resolve) => { wake = resolve; });
  onOpen = () => wake();
  const publishing = (async () => {
    const start = performance.now();
    while (published < total) {
      const early = start + published - performance.now();  // one a millisecond
      if (early > 0) await new Promise((resolve) => { setTimeout(resolve, early); });
      const messages = Array.from({ length: batch }, (_, i) => (
        { namespace: "/events", topic: "all", data: { text: `${published + i}\nof many`, event: { event: "n" } } }));
      const { results } = await node.call("PublishBatch", { messages });
      assert.ok(results.every(({ code }) => !code), JSON.stringify(results));
      published += batch;
      wake();
    }
    publisherDone = true;
    wake();
  })();
  while (cut < cuts) {
    if (opened.length > cut && (publisherDone || published >= (cut + 1) * (total / (cuts + 1)))) {
      await node.call("Terminate", { peers: { peer: opened[cut] } });
      cut++;
    } else {
      await changed();
    }
  }
  await publishing;
  await page.waitForFunction((total) => window.counted.next >= total, total);
  const { next, wrong, gaps } = await page.evaluate(() => window.counted);
  assert.deepEqual({ next, wrong, gaps, opened: opened.length }, { next: total, wrong: [], gaps: 0, opened: cuts + 1 });
  assert.equal(new Set(opened).size, cuts + 1);
});

// The page of examples/sse-feed, as scripts/run starts it: it shows the feed, and that a connection
// that is cut costs nothing.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launchBrowser, Run } from "./session.mjs";

let run, browser, page;
const errors = [];

before(async () => {
  run = await Run.start();
  browser = await launchBrowser();
  page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(run.feedPage());
  await connected();
});

after(async () => {
  await browser?.close();
  await run?.stop();
  if (process.exitCode) console.error(run?.log);
});

const connected = () => page.waitForSelector("#status[data-state=open]");
const count = async (id) => Number(await page.textContent(`#${id}`));

/** Waits until that many more events have come. */
async function hears(more) {
  const wanted = (await count("received")) + more;
  await page.waitForFunction((wanted) => Number(document.getElementById("received").textContent) >= wanted, wanted);
}

async function expectNothingMissed(returns) {
  assert.deepEqual({ missed: await count("missed"), doubled: await count("doubled"), returns: await count("returns") },
    { missed: 0, doubled: 0, returns });
}

/** Cuts the connection by the page's button, and waits until it is back. */
async function cut() {
  const before = await count("returns");
  await page.click("#cut");
  await page.waitForFunction((before) => Number(document.getElementById("returns").textContent) > before, before);
  await connected();
}

test("the page shows the feed as it comes", async () => {
  await hears(8);
  assert.ok(await page.locator("#prices li").count() > 0);
  assert.match(await page.locator("#events li").first().textContent(), /^#\d+/);
  await expectNothingMissed(0);
});

test("a connection that is cut comes back, with what it missed", async () => {
  await cut();
  await page.waitForFunction(() => /caught up/.test(document.getElementById("events").textContent));
  await hears(4);
  await expectNothingMissed(1);
});

test("a browser that is refused on its return gives up, and the page itself comes back with all", async () => {
  let refused = 0;
  await page.route("**/feed", async (route) => {
    refused++;
    await route.fulfill({ status: 503, body: "later", headers: { "Access-Control-Allow-Origin": "*" } });
  }, { times: 1 });
  await cut();
  await hears(4);
  assert.equal(refused, 1);
  await expectNothingMissed(2);
});

test("the curl line that was printed shows the feed", async () => {
  const line = run.printedLine("-N");
  const seen = await run.shell(`${line} -s --max-time 5 | head -n 40 | grep -m 1 '^event: price'`);
  assert.equal(seen.trim(), "event: price");
});

test("no page had an error", () => {
  assert.deepEqual(errors, []);
});

test("a signal ends the feed with the rest, with exit code 0", async () => {
  const url = run.feedPage();
  assert.equal(await run.stop(), 0);
  await assert.rejects(fetch(url));
});

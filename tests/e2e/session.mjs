// What the tests drive: scripts/run with its programs, or a node alone, and a browser with tabs on
// the chat page.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));
const buildDir = process.env.E2E_BUILD_DIR;
const deadline = 20_000;

/** scripts/run on free ports, ready, and what it printed. */
export class Run {
  static async start() {
    const ports = ["--port", "--admin-port", "--control-port", "--page-port", "--feed-port", "--app-port"];
    const child = spawn("scripts/run", ["--build-dir", buildDir, ...ports.flatMap((p) => [p, "0"])], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const run = new Run(child);
    child.stderr.on("data", (data) => (run.log += data));
    await new Promise((resolve, reject) => {
      child.stdout.on("data", (data) => {
        run.printed += data;
        if (run.printed.includes("Ctrl-C ends all.")) resolve();
      });
      child.on("error", reject);
      child.on("exit", (code) => reject(new Error(`scripts/run ended (${code}):\n${run.log}`)));
    });
    return run;
  }

  constructor(child) {
    this.child = child;
    this.printed = "";
    this.log = "";
  }

  /** The page's URL, with room and name filled in. */
  page(room, name) {
    const url = new URL(this.printed.match(/http:\S+/)[0]);
    url.searchParams.set("room", room);
    url.searchParams.set("name", name);
    return url.href;
  }

  /** The live feed's page. */
  feedPage() {
    return this.printed.match(/live feed[^]*?(http:\S+)/)[1];
  }

  /** The command line that was printed and holds the word, to the letter. */
  printedLine(word) {
    return this.printed.split("\n").find((line) => line.includes(` ${word}`)).trim();
  }

  /** Runs a command line as a person at a terminal would; its standard output. */
  async shell(line) {
    const { stdout } = await promisify(execFile)("bash", ["-c", line], { cwd: root, timeout: deadline });
    return stdout;
  }

  /** Ends it as a service manager would; its exit code. */
  async stop() {
    if (this.child.exitCode === null) {
      this.child.kill("SIGTERM");
      await once(this.child, "exit");
    }
    return this.child.exitCode;
  }
}

/** A node alone, on free ports; `settings` are configuration keys. */
export class Node {
  static async start(settings) {
    const all = { listen: "127.0.0.1:0", "admin.listen": "127.0.0.1:0", "control.listen": "127.0.0.1:0",
      "log.format": "json", ...settings };
    const flags = Object.entries(all).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
    const node = new Node(spawn(`${buildDir}/bin/hookcastd`, flags, { stdio: ["ignore", "ignore", "pipe"] }));
    let said = "";
    for await (const line of createInterface(node.child.stderr)) {
      said += line + "\n";
      const entry = JSON.parse(line.startsWith("{") ? line : "{}");
      if (entry.msg !== "listening") continue;
      node.child.stderr.resume();
      return Object.assign(node, { clients: entry.clients, admin: entry.admin });
    }
    throw new Error(`the node did not start:\n${said}`);
  }

  constructor(child) {
    this.child = child;
  }

  /** A call of BrokerService over HTTP; its reply. */
  async call(method, request) {
    const response = await fetch(`http://${this.admin}/hookcast.v1.BrokerService/${method}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(request),
    });
    if (!response.ok) throw new Error(`${method}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async stop() {
    if (this.child.exitCode !== null) return;
    this.child.kill("SIGTERM");
    await once(this.child, "exit");
  }
}

export function launchBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
}

/** One tab on the chat page, connected. */
export class Tab {
  static async open(browser, url) {
    const page = await browser.newPage();
    page.setDefaultTimeout(deadline);
    const tab = new Tab(page);
    page.on("pageerror", (error) => tab.errors.push(error.message));
    await page.goto(url);
    await tab.connected();
    return tab;
  }

  constructor(page) {
    this.page = page;
    this.errors = [];
  }

  connected() {
    return this.page.waitForSelector("#status[data-state=open]");
  }

  async say(text) {
    await this.page.fill("#text", text);
    await this.page.press("#text", "Enter");
  }

  /** All messages shown: "kind|user|text". */
  messages() {
    return this.page.$$eval("#messages li", (items) =>
      items.map((item) => {
        const user = item.querySelector("b");
        const text = item.lastChild.textContent;
        return [item.className, user ? user.textContent : "", text].join("|");
      }));
  }

  /** Waits until that message is the last one shown. */
  async sees(message) {
    await this.page.waitForFunction((wanted) => {
      const item = document.querySelector("#messages li:last-child");
      if (!item) return false;
      const user = item.querySelector("b");
      return [item.className, user ? user.textContent : "", item.lastChild.textContent].join("|") === wanted;
    }, message).catch(async (error) => {
      throw new Error(`waited for "${message}", shown is ${JSON.stringify(await this.messages())}`, { cause: error });
    });
  }
}

#!/usr/bin/env node
// A chat: an application behind a Hookcast node, in plain JavaScript. The same as
// examples/cpp-chat and examples/python-chat, which say the rest.
//
// Nothing is kept here between two hooks: a peer's name travels in its context, so any number of
// these processes can stand behind the same nodes, and a restart loses nothing. A room needs no
// code: /rooms/a and /rooms/b are different paths, so their peers are in different namespaces.

import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Sessions, unaryMethods } from "./session.mjs";

const topic = "chat";
const maxNameBytes = 64;

// ---- The chat ----------------------------------------------------------------------------------

/** The bytes of ?name=…, none where it is not there. A % without two digits stays as it is. */
function nameInQuery(query) {
  const pair = query.split("&").find((pair) => pair.split("=", 1)[0] === "name");
  if (pair === undefined) return Buffer.alloc(0);
  const value = Buffer.from(pair.slice("name=".length)).toString("latin1");
  const decoded = value.replaceAll("+", " ").replace(/%([0-9a-f]{2})/gi, (_, digits) =>
    String.fromCharCode(parseInt(digits, 16)));
  return Buffer.from(decoded, "latin1");
}

/** The name, or undefined where it is too long, not UTF-8, or has control characters. */
function goodName(bytes) {
  if (bytes.length > maxNameBytes) return undefined;
  try {
    const name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return /[\p{Cc}\u2028\u2029]/u.test(name) ? undefined : name;
  } catch {
    return undefined;
  }
}

/** What upgrade put into the peer's context; a short form of its id for those who gave no name. */
function nameOf(peer) {
  const name = peer.context?.fields?.fields.name;
  return name ? name.stringValue : `guest-${peer.id.replaceAll("-", "").slice(-4)}`;
}

/** Strings by name, as google.protobuf.Struct: the one type whose fields proto-loader renames. */
const struct = (members) => ({
  fields: Object.fromEntries(Object.entries(members).map(([key, value]) =>
    [key, { stringValue: value }])),
});
/** The JSON object that clients of this chat read. The node sends it as text. */
const json = (members) => ({ json: { structValue: struct(members) } });

const subscribe = { subscribe: { topic } };
/** To every peer of the namespace that is subscribed to the topic, but not to the hook's own. */
const publish = (members) => ({ publish: { topic, data: json(members) } });
/** To the hook's own peer alone. */
const send = (members) => ({ send: { data: json(members) } });

/** The last events, by id: one whose answer was lost comes again. */
class SeenEvents {
  #ids = new Set();

  /** Whether it is new. Remembers it, and forgets the oldest of more than 1,000. */
  add(id) {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > 1000) this.#ids.delete(this.#ids.values().next().value);
    return true;
  }
}
const logged = new SeenEvents();

// A peer's own hooks come one at a time: open is over before its first message is sent here. What is
// left out (resume, drain) is answered UNIMPLEMENTED, which the node takes as "not wanted". All but
// the last act by their reply alone, and a node carries out one reply to an event, however often
// it had to send it.
const handlers = {
  /** Before the connection is accepted: the place to look at cookies and tokens, and to refuse. */
  upgrade({ request }) {
    const name = goodName(nameInQuery(request.query));
    if (name === undefined) {
      return { reject: { status: 400, text: "name must be printable UTF-8 of at most 64 bytes\n" } };
    }
    return { accept: name === "" ? {} : { context: { fields: struct({ name }) } } };
  },

  /** Connected: the peer can be sent to from now on. Actions are carried out in this order. */
  open({ peer }) {
    const name = nameOf(peer);
    return { actions: [
      subscribe, publish({ system: `${name} joined` }), send({ system: `Welcome, ${name}!` }),
    ] };
  },

  message({ peer, data, text }) {
    if (data !== "text") return { actions: [send({ system: "Only text is understood here." })] };
    return { actions: [publish({ user: nameOf(peer), text }), send({ user: "You", text })] };
  },

  /** The connection is gone: a publish still works, a send would reach nobody. */
  close({ peer }) {
    return { actions: [publish({ system: `${nameOf(peer)} left` })] };
  },

  /** Acts by itself, as writing to a database would, and so looks whether it did already. */
  error({ event, peer, message }) {
    if (logged.add(event.id)) console.error(`peer ${peer.id}: ${message}`);
    return {};
  },
};

// ---- The process -------------------------------------------------------------------------------

const usage = `A chat behind a Hookcast node: main.mjs [options]

  --listen ADDRESS  where the node's hooks are answered (gRPC), 127.0.0.1:50051
  --page ADDRESS    where the chat page is served (HTTP), 127.0.0.1:8000
  --node URL        where the page finds the node, ws://127.0.0.1:8080
  --unary           leaves the Session stream out: each hook comes as a call of its own`;

function fail(message) {
  console.error(`node-chat: ${message}`);
  process.exit(1);
}

function readFlags() {
  const text = (value) => ({ type: "string", default: value });
  try {
    return parseArgs({ options: {
      listen: text("127.0.0.1:50051"), page: text("127.0.0.1:8000"),
      node: text("ws://127.0.0.1:8080"),
      unary: { type: "boolean", default: false }, help: { type: "boolean", default: false },
    } }).values;
  } catch (error) {
    return fail(`${error.message}; --help lists the options`);
  }
}

/** Answers hooks; the address it listens on, and how to end. */
async function serveHooks(listen, withSession) {
  const definition = protoLoader.loadSync("hookcast/v1/hooks.proto", {
    includeDirs: [fileURLToPath(new URL("../../proto", import.meta.url))],
    keepCase: true, defaults: true, oneofs: true,
  });
  const sessions = new Sessions(handlers);
  const methods = unaryMethods(handlers);
  if (withSession) methods.Session = (call) => sessions.serve(call);

  const server = new grpc.Server();
  server.addService(definition["hookcast.v1.HookService"], methods);
  const port = await new Promise((resolve) =>
    server.bindAsync(listen, grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? fail(`cannot listen on ${listen}: ${error.message}; try another with --listen`)
            : resolve(port)));
  return {
    address: listen.replace(/[^:]*$/, port),
    // Hooks under way are answered; those that take longer end with the process.
    end: () => new Promise((resolve) => {
      sessions.leave("the chat ends");
      server.tryShutdown(resolve);
      setTimeout(resolve, 2000);
    }),
  };
}

/** Serves examples/page.html. Nothing here has to do with Hookcast. */
async function servePage(address, node) {
  const escaped = node.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const page = readFileSync(new URL("../page.html", import.meta.url), "utf8")
    .replace("{{node}}", () => escaped);
  const server = createServer((request, response) => {
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Content-Type", "text/plain; charset=utf-8");
    if (request.method !== "GET") {
      response.writeHead(405, { Allow: "GET" }).end("only GET is answered here\n");
    } else if (request.url.split("?", 1)[0] !== "/") {
      response.writeHead(404).end("the page is at /\n");
    } else {
      response.writeHead(200, {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; " +
          "script-src 'unsafe-inline'; img-src data:; connect-src ws: wss:; base-uri 'none'; " +
          "form-action 'none'",
      }).end(page);
    }
  });
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon);
  await new Promise((resolve) => {
    server.on("error", (error) =>
      fail(`cannot serve the page on ${address}: ${error.message}; try another with --page`));
    server.listen(Number(address.slice(colon + 1)), host.replace(/^\[|\]$/g, ""), resolve);
  });
  return `http://${host}:${server.address().port}/`;
}

const flags = readFlags();
if (flags.help) {
  console.log(usage);
  process.exit(0);
}
const hooks = await serveHooks(flags.listen, !flags.unary);
console.log(`hooks on ${hooks.address}`);
console.log(`page on ${await servePage(flags.page, flags.node)}`);
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => hooks.end().then(() => process.exit(0)));
}

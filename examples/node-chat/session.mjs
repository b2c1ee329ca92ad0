// Both ways in which a node sends hooks (proto/hookcast/v1/hooks.proto), for the same handlers:
// as a call each, and as events on a Session stream, many to a message. Nothing here knows the chat.
//
// A handler takes a hook's request and returns its reply, or a promise of it. It must not block:
// one that waits for something awaits it, so that pings are answered meanwhile.

import { status } from "@grpc/grpc-js";

// What may be unanswered at once. In bytes it is little, as all answers that become ready together
// leave in one message, and a node refuses messages beyond 4 MiB. The chat's answers hold a text
// twice.
const welcome = { version: 1, credit_events: 1024, credit_bytes: 1 << 20 };

/** An error with a code from `status` fails a hook with that code; any other with UNKNOWN. */
function failure(error) {
  const code = Number.isInteger(error.code) ? error.code : status.UNKNOWN;
  return { code, message: String(error.message ?? error) };
}

/** The handlers { upgrade, open, … } as unary methods { Upgrade, Open, … }. */
export function unaryMethods(handlers) {
  const method = (handler) => async (call, callback) => {
    try {
      callback(null, await handler(call.request));
    } catch (error) {
      callback(failure(error));
    }
  };
  return Object.fromEntries(Object.entries(handlers).map(([kind, handler]) =>
    [kind[0].toUpperCase() + kind.slice(1), method(handler)]));
}

/** The Session streams of all nodes, answered by the handlers. */
export class Sessions {
  #handlers;
  #open = new Set();

  constructor(handlers) {
    this.#handlers = handlers;
  }

  /** The method Session: one call of it is one stream. */
  serve(call) {
    let answers = [];
    const flush = () => {
      if (answers.length > 0 && this.#open.has(call)) call.write({ replies: { answers } });
      answers = [];
    };
    // What is answered in one turn of the event loop, such as a batch of events, leaves in one write.
    const answer = async (event) => {
      if (answers.push(await this.#answerTo(event)) === 1) setImmediate(flush);
    };

    this.#open.add(call);
    call.write({ welcome });
    call.on("data", (request) => {
      switch (request.kind) {
        case "events": return request.events.events.forEach(answer);
        case "ping": return void call.write({ pong: request.ping });
        // hello says which node this is; after go_away it sends no events, and ends the stream.
      }
    });
    // The node has all the answers it waits for.
    call.on("end", () => {
      flush();
      this.#open.delete(call);
      call.end();
    });
    // The node, or the way to it, is gone. What was not answered comes again on another stream.
    call.on("cancelled", () => this.#open.delete(call));
    call.on("error", () => this.#open.delete(call));
  }

  /** Tells every node to send nothing new here. What it sent before is still answered. */
  leave(reason) {
    for (const call of this.#open) call.write({ go_away: { reason } });
  }

  async #answerTo(event) {
    const request = event[event.kind];
    const event_id = request.event.id;
    const handler = this.#handlers[event.kind];
    // The node takes this as "not wanted", as it does from a unary call.
    if (!handler) return { event_id, error: { code: status.UNIMPLEMENTED, message: event.kind } };
    try {
      const reply = await handler(request);
      return event.kind === "upgrade" ? { event_id, upgrade: reply } : { event_id, reply };
    } catch (error) {
      return { event_id, error: failure(error) };
    }
  }
}

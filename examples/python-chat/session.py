"""The Session stream of HookService (proto/hookcast/v1/hooks.proto), for the handlers of the unary
calls: the same hooks, many to a message. Nothing here knows the chat.

Handlers are plain functions and may block: they run on threads of their own, and the event loop
that reads the streams is always free to answer a ping.
"""

import asyncio
import sys
import traceback

import grpc

from stubs import hooks_pb2

# What may be unanswered at once. In bytes it is little, as all answers that wait leave in one
# message, and a node refuses messages beyond 4 MiB. The chat's answers hold a text twice.
WELCOME = hooks_pb2.SessionWelcome(version=1, credit_events=1024, credit_bytes=1 << 20)


class HookFailure(Exception):
    """Raised by a handler: the hook fails with this code. Any other exception is UNKNOWN."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Sessions:
    """The Session streams of all nodes. `handlers` has a function of a request for each kind of
    event, `threads` runs them. Thread: the event loop's."""

    def __init__(self, handlers, threads):
        self._handlers = handlers
        self._threads = threads
        self._open = set()

    async def serve(self, requests, context):
        """The method Session: one call of it is one stream."""
        stream = _Stream(context)
        stream.put(hooks_pb2.SessionReply(welcome=WELCOME))
        writing = asyncio.create_task(stream.write_all())
        self._open.add(stream)
        try:
            async for request in requests:
                kind = request.WhichOneof("kind")
                if kind == "events":
                    for event in request.events.events:
                        stream.spawn(self._answer(event, stream))
                elif kind == "ping":
                    stream.put(hooks_pb2.SessionReply(pong=request.ping))
                # hello says which node this is; after go_away it sends no events, and ends the
                # stream once it has all the answers it waits for.
            stream.end()
            await writing
        finally:
            # Where the node is gone, what was not answered comes again on another stream.
            self._open.discard(stream)
            writing.cancel()

    def leave(self, reason):
        """Tells every node to send nothing new here. What it sent before is still answered."""
        go_away = hooks_pb2.SessionGoAway(reason=reason)
        for stream in self._open:
            stream.put(hooks_pb2.SessionReply(go_away=go_away))

    async def _answer(self, event, stream):
        kind = event.WhichOneof("kind")
        request = getattr(event, kind)
        answer = hooks_pb2.SessionAnswer(event_id=request.event.id)
        try:
            if kind not in self._handlers:  # the node takes this as "not wanted"
                raise HookFailure(grpc.StatusCode.UNIMPLEMENTED, kind)
            reply = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._handlers[kind], request)
            getattr(answer, "upgrade" if kind == "upgrade" else "reply").CopyFrom(reply)
        except HookFailure as failure:
            answer.error.code = failure.code.value[0]
            answer.error.message = str(failure)
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            answer.error.code = grpc.StatusCode.UNKNOWN.value[0]
            answer.error.message = repr(error)
        stream.put_answer(answer)


class _Stream:
    """What waits to be written to one stream: messages of their own first, then answers, of which
    all that became ready while a write was under way leave with the next."""

    def __init__(self, context):
        self._context = context
        self._messages = []
        self._answers = []
        self._tasks = set()
        self._ended = False
        self._changed = asyncio.Event()

    def spawn(self, coroutine):
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)  # the event loop alone would let go of it
        task.add_done_callback(self._tasks.discard)

    def put(self, message):
        self._messages.append(message)
        self._changed.set()

    def put_answer(self, answer):
        self._answers.append(answer)
        self._changed.set()

    def end(self):
        self._ended = True
        self._changed.set()

    async def write_all(self):
        while self._messages or self._answers or not self._ended:
            await self._changed.wait()
            self._changed.clear()
            messages, self._messages = self._messages, []
            for message in messages:
                await self._context.write(message)
            if self._answers:
                answers, self._answers = self._answers, []
                replies = hooks_pb2.SessionReplies(answers=answers)
                await self._context.write(hooks_pb2.SessionReply(replies=replies))

# SPDX-License-Identifier: BSD-3-Clause
"""The connection: one gdb at a time, on the loopback interface only."""

from __future__ import annotations

import select
import socket
from collections import deque
from collections.abc import Callable

from .packets import Packet, Reader, Signal, frame
from .session import Answer, End, Session
from .target import Target

HOST = "127.0.0.1"
DAMAGED = b"E16"
"""What a damaged packet is answered where nobody would send it again."""
_CHUNK = 4096
_PATIENCE = 256  # packets that may wait while the guest runs; gdb itself sends none


def listen(port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. OSError when the port is taken."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((HOST, port))
        made.listen(1)
    except OSError:
        made.close()
        raise
    return made


def serve(target: Target, port: int, ready: Callable[[int], object]) -> End:
    """Wait for one gdb, serve it to its end, and say how it left.

    Args:
        target: the guest.
        port: of 127.0.0.1, to which no other computer can connect; 0: any that is free.
        ready: told the port when gdb can connect.

    Raises:
        OSError: the port cannot be used.
    """
    with listen(port) as listening:
        ready(listening.getsockname()[1])
        connection, _ = listening.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Conversation(connection, target).run()


class Conversation:
    """What is said over one connection.

    Packets that come while the guest runs wait until it stands still; when more than 256 wait, gdb counts as gone.
    """

    def __init__(self, connection: socket.socket, target: Target) -> None:
        self._connection = connection
        self._reader = Reader()
        self._waiting: deque[Packet | Signal] = deque()
        self._sent = b""
        self._gone = False
        self._session = Session(target, self._interrupted, self._say)

    def run(self) -> End:
        """Answer packets until gdb leaves, and say how it left. A connection that breaks is `End.GONE` and no error."""
        while True:
            if not self._waiting and not self._receive():
                return End.GONE
            while self._waiting:
                end = self._take(self._waiting.popleft())
                if end is not None:
                    return end

    def _take(self, item: Packet | Signal) -> End | None:
        acknowledge = not self._session.no_acknowledgements
        if item is Signal.DAMAGED:
            self._send(b"-" if acknowledge else frame(DAMAGED))
        elif item is Signal.RESEND and acknowledge:
            self._send(self._sent)
        elif isinstance(item, Packet):
            if acknowledge:
                self._send(b"+")
            answer = self._session.handle(item.payload)
            self._answer(answer)
            return End.GONE if self._gone and answer.end is None else answer.end
        return None

    def _answer(self, answer: Answer) -> None:
        if not answer.quiet:
            self._sent = frame(answer.payload)
            self._send(self._sent)

    def _say(self, text: str) -> None:
        self._send(frame(b"O" + text.encode("ascii", "replace").hex().encode()))

    def _interrupted(self) -> bool:
        """Whether Ctrl-C has come, or gdb has gone; packets that come while the guest runs wait."""
        while not self._gone and select.select([self._connection], [], [], 0)[0]:
            if not self._receive():
                break
            self._gone |= len(self._waiting) > _PATIENCE
        if Signal.INTERRUPT in self._waiting:
            self._waiting.remove(Signal.INTERRUPT)
            return True
        return self._gone

    def _receive(self) -> bool:
        """Wait for bytes; False when the other side has closed."""
        try:
            data = self._connection.recv(_CHUNK)
        except OSError:
            data = b""
        self._gone |= not data
        self._waiting.extend(self._reader.feed(data))
        return bool(data)

    def _send(self, data: bytes) -> None:
        try:
            self._connection.sendall(data)
        except OSError:
            self._gone = True

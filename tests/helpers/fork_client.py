# SPDX-License-Identifier: BSD-3-Clause
"""A command line for `fork_server`: hands over arguments, folder, environment and files, and ends as the command ends.

It is started as `python -IS fork_client.py SOCKET ARGUMENT...` for each command, so it imports little.
"""

from __future__ import annotations

import marshal
import os
import signal
import socket
import sys

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
OWN_INTERPRETER = b"own!"
"""The server's answer to what only a new interpreter can do. Otherwise it is a return code, in as many bytes."""


def main(path: str, arguments: list[str]) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(path)
        except OSError as error:
            sys.exit(f"{path}: the fork server is gone ({error.strerror}); start the tests again")

        def pass_on(number: int, frame: object) -> None:
            line.send(bytes([number]))

        ignored = []
        for number in PASSED_ON:
            if signal.getsignal(number) == signal.SIG_IGN:
                ignored.append(int(number))
            else:
                signal.signal(number, pass_on)
        request = marshal.dumps((arguments, os.getcwd(), dict(os.environ), ignored))
        socket.send_fds(line, [len(request).to_bytes(8, "big")], [0, 1, 2])
        line.sendall(request)
        answer = line.recv(4, socket.MSG_WAITALL)
    if answer == OWN_INTERPRETER:
        os.execv(sys.executable, [sys.executable, *arguments])
    if len(answer) < 4:
        sys.exit(f"{path}: the fork server ended before the command")
    code = int.from_bytes(answer, "big", signed=True)
    if code < 0:
        if -code not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

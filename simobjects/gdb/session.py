# SPDX-License-Identifier: BSD-3-Clause
"""The commands of gdb's remote protocol, carried out on a target."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from .description import in_order, target_xml
from .packets import LARGEST
from .target import Stop, StopKind, Target, WatchKind

SIGINT, SIGILL, SIGTRAP = 2, 4, 5
_DONE, _BAD, _UNMAPPED, _FAILED = b"OK", b"E16", b"E0e", b"E05"  # errno: EINVAL, EFAULT, EIO
_WATCHES = {"2": WatchKind.WRITE, "3": WatchKind.READ, "4": WatchKind.ACCESS}
_PAGE = 1024  # the smallest page of a 440: memory beyond it may be mapped or not
_MOST = (LARGEST - 16) // 2  # bytes of memory that one answer holds, two digits each


class End(Enum):
    """How gdb leaves the guest."""

    DETACH = "the guest goes on"
    KILL = "the run ends"
    GONE = "the connection broke; the guest goes on"


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send back, and whether it is the last thing.

    Attributes:
        payload: without frame and escapes; empty: the command is not known.
        end: how gdb leaves; None: it stays.
    """

    payload: bytes = b""
    end: End | None = None
    quiet: bool = False
    """Nothing is sent at all."""


class Session:
    """One gdb at one target. It knows nothing of the connection.

    Args:
        target: the guest.
        interrupted: says whether Ctrl-C has come; asked while the guest runs.
        say: shows text at gdb's console.

    Raises:
        ValueError: the target lacks a register that gdb needs.
    """

    def __init__(self, target: Target, interrupted: Callable[[], bool], say: Callable[[str], object]) -> None:
        self._target = target
        self._interrupted = interrupted
        self._say = say
        self._names = in_order(target.register_names())
        self._xml = target_xml(self._names)
        self._last = Stop(StopKind.STEP)
        self.no_acknowledgements = False

    def handle(self, payload: bytes) -> Answer:
        """The answer to one command, by the protocol's letters (GDB manual, appendix E).

        An unknown command has an empty answer, a wrong one an error number, and so has one that fails in the machine,
        for whatever reason: the run goes on.

        Args:
            payload: of a packet, without frame and escapes.
        """
        letter, rest = payload[:1].decode("latin-1"), payload[1:]
        command = _COMMANDS.get(letter)
        if command is None:
            return Answer()
        try:
            result = command(self, rest)
        except (ValueError, KeyError, IndexError, OverflowError):
            return Answer(_BAD)
        except Exception as error:
            logging.getLogger("simobjects").warning("gdb's request %r failed: %s", payload[:40], _sentence(error))
            return Answer(_FAILED)
        return result if isinstance(result, Answer) else Answer(result)

    # ---- state ----------------------------------------------------------------------------------------

    def _why(self, rest: bytes) -> bytes:
        return self._report(self._last)

    def _all_registers(self, rest: bytes) -> bytes:
        return b"".join(b"%08x" % self._target.read_register(name) for name in self._names)

    def _set_all_registers(self, rest: bytes) -> bytes:
        values = bytes.fromhex(rest.decode())
        if len(values) % 4 or len(values) > 4 * len(self._names):
            return _BAD
        for number in range(len(values) // 4):
            value = int.from_bytes(values[4 * number : 4 * number + 4], "big")
            if value != self._target.read_register(self._names[number]):
                self._target.write_register(self._names[number], value)
        return _DONE

    def _register(self, rest: bytes) -> bytes:
        return b"%08x" % self._target.read_register(self._names[_number(rest)])

    def _set_register(self, rest: bytes) -> bytes:
        number, _, value = rest.partition(b"=")
        digits = bytes.fromhex(value.decode())
        if len(digits) != 4:
            return _BAD
        self._target.write_register(self._names[_number(number)], int.from_bytes(digits, "big"))
        return _DONE

    def _memory(self, rest: bytes) -> bytes:
        address, count = _pair(rest)
        count = min(count, _MOST)
        try:
            return self._target.read_memory(address, count).hex().encode()
        except ValueError:
            fits = min(count, _PAGE - address % _PAGE)  # what lies before the next page may be there
        try:
            return self._target.read_memory(address, fits).hex().encode()
        except ValueError:
            return _UNMAPPED

    def _set_memory(self, rest: bytes) -> bytes:
        where, _, digits = rest.partition(b":")
        return self._write(where, bytes.fromhex(digits.decode()))

    def _set_memory_binary(self, rest: bytes) -> bytes:
        where, _, data = rest.partition(b":")
        return self._write(where, data)

    def _write(self, where: bytes, data: bytes) -> bytes:
        address, count = _pair(where)
        if count != len(data):
            return _BAD
        try:
            if data:
                self._target.write_memory(address, data)
        except ValueError:
            return _UNMAPPED
        return _DONE

    # ---- breakpoints ----------------------------------------------------------------------------------

    def _insert(self, rest: bytes) -> bytes:
        return self._point(rest, True)

    def _remove(self, rest: bytes) -> bytes:
        return self._point(rest, False)

    def _point(self, rest: bytes, insert: bool) -> bytes:
        kind, address, count = rest.decode().split(",", 2)
        ea, size = _hexadecimal(address), _hexadecimal(count.partition(";")[0])
        if kind in ("0", "1"):
            (self._target.set_breakpoint if insert else self._target.clear_breakpoint)(ea)
        elif kind in _WATCHES:
            (self._target.set_watchpoint if insert else self._target.clear_watchpoint)(ea, size, _WATCHES[kind])
        else:
            return b""
        return _DONE

    # ---- running --------------------------------------------------------------------------------------

    def _continue(self, rest: bytes) -> bytes:
        self._jump(rest)
        return self._go(False)

    def _step(self, rest: bytes) -> bytes:
        self._jump(rest)
        return self._go(True)

    def _jump(self, rest: bytes) -> None:
        if rest:
            self._target.write_register("pc", _number(rest))

    def _go(self, step: bool) -> bytes:
        if self._last.kind is StopKind.ENDED:
            return self._report(self._last)
        try:
            self._last = (self._target.step if step else self._target.run)(self._interrupted)
        except Exception as error:
            self._say(_sentence(error) + "\n")
            return _FAILED
        if self._last.text:
            self._say(self._last.text + "\n")
        return self._report(self._last)

    def _report(self, stop: Stop) -> bytes:
        if stop.kind is StopKind.ENDED:
            return b"W00"
        if stop.kind is StopKind.WATCHPOINT:
            return b"T%02x%s:%x;thread:1;" % (SIGTRAP, stop.watch.value.encode(), stop.address)
        number = {StopKind.INTERRUPT: SIGINT, StopKind.FAILED: SIGILL}.get(stop.kind, SIGTRAP)
        return b"T%02xthread:1;" % number

    def _verbose(self, rest: bytes) -> bytes | Answer:
        if rest == b"Cont?":
            return b"vCont;c;C;s;S"
        if rest.startswith(b"Cont;"):
            return self._go(rest[5:6] in (b"s", b"S"))
        if rest.startswith(b"Kill"):
            return Answer(_DONE, End.KILL)
        return b""

    def _detach(self, rest: bytes) -> Answer:
        return Answer(_DONE, End.DETACH)

    def _kill(self, rest: bytes) -> Answer:
        return Answer(end=End.KILL, quiet=True)

    # ---- questions ------------------------------------------------------------------------------------

    def _query(self, rest: bytes) -> bytes:
        if rest.startswith(b"Supported"):
            return b"PacketSize=%x;qXfer:features:read+;QStartNoAckMode+;vContSupported+" % LARGEST
        if rest.startswith(b"Xfer:features:read:"):
            return self._description(rest[len(b"Xfer:features:read:") :])
        if rest.startswith(b"Rcmd,"):
            return self._monitor(bytes.fromhex(rest[5:].decode()).decode("utf-8", "replace"))
        fixed = {b"C": b"QC1", b"fThreadInfo": b"m1", b"sThreadInfo": b"l", b"Attached": b"1", b"Symbol::": _DONE}
        return fixed.get(rest, b"")

    def _description(self, rest: bytes) -> bytes:
        annex, _, span = rest.partition(b":")
        if annex != b"target.xml":
            return b"E00"
        offset, count = _pair(span)
        part = self._xml[offset : offset + min(count, _MOST)]
        return (b"m" if offset + len(part) < len(self._xml) else b"l") + part

    def _monitor(self, line: str) -> bytes:
        try:
            text = self._target.command(line)
        except Exception as error:
            text = _sentence(error) + "\n"
        while len(text) > _MOST:
            self._say(text[:_MOST])
            text = text[_MOST:]
        return text.encode("ascii", "replace").hex().encode() or _DONE

    def _set(self, rest: bytes) -> bytes:
        if rest == b"StartNoAckMode":
            self.no_acknowledgements = True
            return _DONE
        return b""

    def _alive(self, rest: bytes) -> bytes:
        return _DONE


def _sentence(error: Exception) -> str:
    """An error as a person reads it: of ours its text, of another its kind too."""
    ours = type(error).__module__.partition(".")[0] == __name__.partition(".")[0]
    return str(error) if ours else f"{type(error).__name__}: {error}"


def _hexadecimal(text: str) -> int:
    if not re.fullmatch(r"[0-9a-fA-F]{1,8}", text):
        raise ValueError(f"{text!r} is no hexadecimal number of 32 bits")
    return int(text, 16)


def _number(text: bytes) -> int:
    return _hexadecimal(text.decode("latin-1"))


def _pair(text: bytes) -> tuple[int, int]:
    """`address,count`, the end within the address space."""
    first, _, second = text.partition(b",")
    address, count = _number(first), _number(second)
    if address + count > 1 << 32:
        raise ValueError("beyond the end of the address space")
    return address, count


_Command = Callable[[Session, bytes], bytes | Answer]
_COMMANDS: dict[str, _Command] = {
    "?": Session._why,
    "g": Session._all_registers,
    "G": Session._set_all_registers,
    "p": Session._register,
    "P": Session._set_register,
    "m": Session._memory,
    "M": Session._set_memory,
    "X": Session._set_memory_binary,
    "Z": Session._insert,
    "z": Session._remove,
    "c": Session._continue,
    "s": Session._step,
    "v": Session._verbose,
    "D": Session._detach,
    "k": Session._kill,
    "q": Session._query,
    "Q": Session._set,
    "H": Session._alive,
    "T": Session._alive,
}

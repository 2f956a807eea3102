# SPDX-License-Identifier: BSD-3-Clause
"""Linux 2.6.29 as guest, as docs/model.md section 4.2 has it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.reference.handlers import (
    DEVICE_EA,
    ENTRY_CODE,
    HANDLER_CODE,
    INDEX_VARIABLE,
    INTERRUPT_CODE,
    RUN_QUEUE,
    SCHEDULER_CODE,
    Refill,
    Step,
    thread,
)


def sweep() -> Iterator[Step]:
    """The flush of everything (both kernels)."""
    yield ("run", 3)
    yield ("load", INDEX_VARIABLE)
    yield ("sweep", 3)
    yield ("isync",)
    yield ("run", 1)


def wait() -> Iterator[Step]:
    """The idle loop's own instructions (both kernels)."""
    yield ("mfmsr",)
    yield ("run", 2)
    yield ("wait",)
    yield ("isync",)
    yield ("mtmsr",)
    yield ("isync",)
    yield ("run", 1)


class Linux2629:
    """Handlers of 2.6.29."""

    def __init__(self, driver_code: int) -> None:
        self.driver_code = driver_code

    def refill(self, miss: Refill) -> Iterator[Step]:
        yield ("code", HANDLER_CODE)
        for name in ("SPRG0", "SPRG1", "SPRG4", "SPRG5"):
            yield ("mtspr", name, 0)
        yield ("run", 1)
        yield ("mtspr", "SPRG7", 0)
        yield ("mfspr", miss.where)
        yield ("run", 3)
        if miss.kernel:
            yield ("run", 2)
            yield ("mfspr", "MMUCR")
            yield ("run", 1)
            yield ("mtspr", "MMUCR", 0)
        else:
            yield ("mfspr", "SPRG3")
            yield ("load", thread(miss.process))
            yield ("mfspr", "MMUCR")
            yield ("mfspr", "PID")
            yield ("run", 1)
            yield ("mtspr", "MMUCR", miss.process + 1)
        if miss.fetch:
            yield ("run", 2)
        else:
            yield ("mfspr", "ESR")
            yield ("run", 3)
        yield ("load", miss.pgd)
        yield ("run", 3)
        yield ("load", miss.pte)
        yield ("load", miss.pte + 4)
        yield ("run", 3)
        yield ("load", INDEX_VARIABLE)
        yield ("run", 4 if miss.wraps else 3)
        yield ("store", INDEX_VARIABLE)
        yield ("mfspr", miss.where)
        yield ("run", 2)
        yield ("tlbwe", miss.slot, 1, miss.words[1])
        yield ("run", 3)
        yield ("tlbwe", miss.slot, 0, miss.words[0])
        yield ("run", 5)
        yield ("tlbwe", miss.slot, 2, miss.words[2])
        yield ("run", 4)
        yield ("mfspr", "SPRG1")
        yield ("mfspr", "SPRG0")
        yield ("rfi back",)

    def switch(self, old: int, new: int) -> Iterator[Step]:
        yield from self._entry(old)
        yield ("mtspr", "TSR", 0)
        yield ("mtspr", "DEC", 0)
        yield ("code", SCHEDULER_CODE)
        yield ("load", RUN_QUEUE)
        yield ("run", 200)
        yield ("store", RUN_QUEUE)
        yield ("load", thread(new))
        yield ("mtspr", "SPRG3", 0)
        yield ("mtspr", "PID", new + 1)
        yield ("run", 40)
        yield from self._exit(new)

    def event(self, name: str, process: int) -> Iterator[Step]:
        yield from self._entry(process)
        match name:
            case "io":
                yield ("code", self.driver_code)
                yield ("run", 100)
                yield ("store", DEVICE_EA)
                yield ("run", 20)
            case "timer":
                yield ("mtspr", "TSR", 0)
                yield ("mtspr", "DEC", 0)
                yield ("code", INTERRUPT_CODE)
                yield ("run", 400)
            case _:
                yield ("code", INTERRUPT_CODE)
                yield from self._service(name, process)
        yield from self._exit(process)

    def _service(self, name: str, process: int) -> Iterator[Step]:
        match name:
            case "syscall":
                yield ("run", 46)
            case "flush":
                yield ("run", 60)
                yield from sweep()
            case "page_flush":
                yield ("run", 40)
                yield ("mfspr", "MMUCR")
                yield ("run", 1)
                yield ("mfmsr",)
                yield ("wrtee",)
                yield ("mtspr", "MMUCR", process + 1)
                yield ("tlbsx",)
                yield ("wrtee",)
                yield ("run", 1)
                yield ("unless found", 3)
                yield ("run", 1)
                yield ("invalidate found",)
                yield ("isync",)
                yield ("run", 1)
            case "idle":
                yield ("run", 60)
                yield from wait()

    def _entry(self, process: int) -> Iterator[Step]:
        yield ("code", ENTRY_CODE)
        for name in ("SPRG0", "SPRG1", "SPRG4"):
            yield ("mtspr", name, 0)
        for name in ("SPRG3", "SRR0", "SRR1", "SPRG0", "SPRG1"):
            yield ("mfspr", name)
        yield ("mtmsr",)
        yield ("run", 30)
        yield ("store", thread(process))
        yield ("mfspr", "SPRG3")
        yield ("mtspr", "SRR0", 0)
        yield ("mtspr", "SRR1", 0)
        yield ("rfi", 0)
        yield ("run", 20)

    def _exit(self, process: int) -> Iterator[Step]:
        yield ("code", ENTRY_CODE)
        yield ("load", thread(process))
        yield ("mtmsr",)
        yield ("mtspr", "SRR0", 0)
        yield ("mtspr", "SRR1", 0)
        yield ("rfi", 1)

# SPDX-License-Identifier: BSD-3-Clause
"""Linux 2.6.29 as guest, as docs/model.md section 4.2 has it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.reference.handlers import (
    DEVICE_EA,
    ENTRY_CODE,
    INTERRUPT_CODE,
    RUN_QUEUE,
    SCHEDULER_CODE,
    Refill,
    Step,
    thread,
)
from tests.reference.handlers_alike import Plain, refill, sweep, wait


class Linux2629:
    """Handlers of 2.6.29."""

    def __init__(self, driver_code: int) -> None:
        self.driver_code = driver_code

    def refill(self, miss: Refill) -> Iterator[Step]:
        return refill(miss, Plain(pid=1, mmucr=1, pte=3, index=3, word1=3, word0=5, word0_kernel=5))

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

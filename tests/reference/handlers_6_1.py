# SPDX-License-Identifier: BSD-3-Clause
"""Linux 6.1 as guest, as docs/model.md section 4.3 has it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.reference.handlers import (
    DEVICE_EA,
    ENTRY_CODE,
    HANDLER_CODE,
    INTERRUPT_CODE,
    RUN_QUEUE,
    SCHEDULER_CODE,
    USER_BUFFER,
    Refill,
    Step,
    stack,
    thread,
)
from tests.reference.handlers_alike import Plain, refill, sweep, wait


class Linux61:
    """Handlers of 6.1, built with KUAP or without."""

    def __init__(self, driver_code: int, kuap: bool) -> None:
        self.driver_code = driver_code
        self.kuap = kuap

    def refill(self, miss: Refill) -> Iterator[Step]:
        pid = 3 if self.kuap else 1
        return refill(miss, Plain(pid=pid, mmucr=2, pte=2, index=4, word1=2, word0=7, word0_kernel=5))

    # --- KUAP

    def _shut(self) -> Iterator[Step]:
        if self.kuap:
            yield ("mtspr", "PID", 0)
            yield ("isync",)

    def _opened(self, process: int) -> Iterator[Step]:
        if self.kuap:
            yield ("run", 1)
            yield ("mtspr", "PID", process + 1)
            yield ("isync",)

    def _put_back(self, process: int) -> Iterator[Step]:
        if self.kuap:
            yield ("run", 1)
            yield ("mtspr", "PID", process + 1)

    # --- system calls

    def event(self, name: str, process: int) -> Iterator[Step]:
        if name == "timer":
            yield from self._tick(process)
            yield ("run", 8)
            yield ("wrtee",)
            yield from self._tick_return(process)
            return
        yield ("code", HANDLER_CODE)
        yield ("mfspr", "SPRG3")
        yield ("run", 1)
        yield ("mfspr", "SRR1")
        yield ("run", 1)
        yield ("load", thread(process))
        yield ("run", 2)
        yield ("store", stack(process))
        yield ("mfspr", "SRR0")
        yield ("run", 2)
        yield ("code", ENTRY_CODE)
        yield ("run", 42)
        yield ("store", stack(process))
        yield ("code", INTERRUPT_CODE)
        yield from self._shut()
        yield ("run", 20)
        yield ("wrtee",)
        yield ("run", 13)
        yield from self._service(name, process)
        yield ("code", INTERRUPT_CODE)
        yield ("run", 10)
        yield ("code", ENTRY_CODE)
        yield ("run", 3)
        yield ("code", INTERRUPT_CODE)
        yield ("run", 12)
        yield ("wrtee",)
        yield from self._put_back(process)
        yield ("run", 7)
        yield ("wrtee",)
        yield ("run", 7)
        yield ("code", ENTRY_CODE)
        yield ("run", 6)
        yield ("load", stack(process))
        yield ("mtspr", "SRR0", 0)
        yield ("mtspr", "SRR1", 0)
        yield ("run", 4)
        yield ("rfi", 1)

    def _service(self, name: str, process: int) -> Iterator[Step]:
        match name:
            case "io":
                yield ("code", self.driver_code)
                yield ("run", 50)
                yield from self._opened(process)
                yield ("load", USER_BUFFER)
                yield from self._shut()
                yield ("run", 50)
                yield ("store", DEVICE_EA)
                yield ("run", 20)
            case "syscall":
                yield ("run", 46)
            case "flush":
                yield ("run", 60)
                yield from sweep()
            case "page_flush":
                yield ("run", 40)
                yield ("mfspr", "MMUCR")
                yield ("mfmsr",)
                yield ("run", 1)
                yield ("wrtee",)
                yield ("mtspr", "MMUCR", process + 1)
                yield ("tlbsx",)
                yield ("run", 1)
                yield ("unless found", 3)
                yield ("run", 1)
                yield ("invalidate found",)
                yield ("isync",)
                yield ("wrtee",)
                yield ("run", 1)
            case "idle":
                yield ("run", 60)
                yield from wait()

    # --- the decrementer

    def _tick(self, process: int) -> Iterator[Step]:
        yield ("code", HANDLER_CODE)
        yield ("mtspr", "SPRG0", 0)
        yield ("mfspr", "SPRG3")
        yield ("run", 3)
        yield ("mfspr", "SRR1")
        yield ("run", 3)
        yield ("mtmsr",)
        yield ("run", 3)
        yield ("load", thread(process))
        yield ("run", 3)
        yield ("store", stack(process))
        yield ("mfspr", "SPRG0")
        yield ("run", 6)
        yield ("mfspr", "SRR0")
        yield ("run", 1)
        yield ("mfspr", "SRR1")
        yield ("run", 37)
        yield ("store", stack(process))
        yield ("mfspr", "SPRG3")
        yield ("run", 7)
        yield ("mtspr", "TSR", 0)
        yield ("run", 1)
        yield ("code", INTERRUPT_CODE)
        yield from self._shut()
        yield ("run", 142)
        yield ("mtspr", "DEC", 0)
        yield ("run", 326)
        yield ("code", ENTRY_CODE)
        yield ("run", 5)
        yield ("code", INTERRUPT_CODE)
        yield ("run", 4)
        yield ("wrtee",)

    def _tick_return(self, process: int) -> Iterator[Step]:
        """`process` is whose stack is loaded from and whose PID is put back."""
        yield from self._put_back(process)
        yield ("run", 7)
        yield ("code", ENTRY_CODE)
        yield ("run", 3)
        yield ("load", stack(process))
        yield ("mtspr", "SRR0", 0)
        yield ("mtspr", "SRR1", 0)
        yield ("run", 25)
        yield ("rfi", 1)

    def switch(self, old: int, new: int) -> Iterator[Step]:
        yield from self._tick(old)
        yield ("run", 12)
        yield ("wrtee",)
        yield ("run", 7)
        yield ("code", SCHEDULER_CODE)
        yield ("run", 26)
        yield ("load", RUN_QUEUE)
        yield ("wrtee",)
        yield ("run", 4)
        yield ("mfmsr",)
        yield ("wrtee",)
        yield ("run", 9)
        yield ("wrtee",)
        yield ("run", 99 + 250 + 40)
        yield ("store", RUN_QUEUE)
        yield ("run", 9)
        yield ("load", thread(new))
        if not self.kuap:
            yield ("mtspr", "PID", new + 1)
            yield ("isync",)
        yield ("run", 17)
        yield ("mfmsr",)
        yield ("run", 10)
        yield ("wrtee",)
        yield ("run", 8)
        yield ("code", ENTRY_CODE)
        yield ("run", 26)
        yield ("store", stack(old))
        yield ("mtspr", "SPRG3", 0)
        yield ("load", thread(new))
        yield ("load", stack(new))
        yield ("run", 26)
        yield ("code", SCHEDULER_CODE)
        yield ("run", 15)
        yield ("wrtee",)
        yield ("run", 29)
        yield ("code", INTERRUPT_CODE)
        yield ("run", 1)
        yield ("wrtee",)
        yield ("run", 6)
        yield ("wrtee",)
        yield from self._tick_return(new)

# SPDX-License-Identifier: BSD-3-Clause
"""What all tests need of the process that runs them, and what a test leaves in it."""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from simobjects.guest.eras import ERAS
from simobjects.kvm.releases import BUILT_IN, RELEASES
from tests.helpers.cost import Cost

GROWTH = 256 << 20
"""Bytes."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cost", action="store_true", help="say what each test costs in processor seconds")


def pytest_configure(config: pytest.Config) -> None:
    """Tests send Ctrl-C to commands. A shell's background job has it ignored, and so would all that it starts.

    SIGUSR1 makes every process of the tests say where it is, on the standard error that it began with.
    """
    with config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        faulthandler.register(signal.SIGUSR1, os.fdopen(os.dup(2), "w"))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of tests are found, none of which is garbage, and Python would look at all of them again each time that
    it collects. It looks at what tests make, less often than by itself; `_Machines` sees to memory."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        gc.enable()


class _Machines:
    """Parts of a machine refer to each other, so only a collection frees it. Python counts objects to know when, and a
    machine is few of them; its memory, caches of decoded code and logs are megabytes that Python does not count."""

    def __init__(self) -> None:
        self._kept = self._resident()
        self._c = ctypes.CDLL(None)

    def pytest_runtest_logfinish(self) -> None:
        """Collect when the process has grown by much since it was left with what is in use, and leave no holes."""
        if self._resident() > self._kept + GROWTH:
            gc.collect()
            if hasattr(self._c, "malloc_trim"):  # glibc keeps what is freed below something that is not
                self._c.malloc_trim(0)
            self._kept = self._resident()

    @staticmethod
    def _resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.register(_Machines())
    if session.config.getoption("cost"):
        session.config.pluginmanager.register(Cost())


@pytest.fixture(scope="module", autouse=True)
def names_of_others() -> Iterator[None]:
    """Eras and kernels that a file's tests make known are gone after it; ours stay, whenever they were imported."""
    eras, releases = set(ERAS), set(RELEASES)
    yield
    for name in ERAS.keys() - eras:
        if not ERAS[name].scripts.__module__.startswith("simobjects."):
            del ERAS[name]
    for name in RELEASES.keys() - releases:
        if RELEASES[name] not in BUILT_IN:
            del RELEASES[name]

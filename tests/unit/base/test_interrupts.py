# SPDX-License-Identifier: BSD-3-Clause
"""Ctrl-C while something runs that has results to keep."""

from __future__ import annotations

import signal

import pytest

from simobjects.base.interrupts import on_interrupt


def test_the_first_is_told_and_the_second_raises() -> None:
    told: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), on_interrupt(lambda: told.append(1)):
        signal.raise_signal(signal.SIGINT)
        assert told == [1]
        signal.raise_signal(signal.SIGINT)
    assert told == [1]
    assert signal.getsignal(signal.SIGINT) is before


def test_every_one_is_told_where_that_is_asked_for() -> None:
    told: list[int] = []
    with on_interrupt(lambda: told.append(1), again=True):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert told == [1, 1]

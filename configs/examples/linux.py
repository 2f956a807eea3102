# SPDX-License-Identifier: BSD-3-Clause
"""A real Linux: booted on the bare machine, or as guest of KVM with any scheme or of any release.

    simobjects guest build
    simobjects run configs/examples/linux.py
    simobjects run configs/examples/linux.py --set system.under=e4
    simobjects run configs/examples/linux.py --set system.under=3.14 --set system.core.workload.arguments=windows=3,11
    simobjects sweep configs/examples/linux.py --over system.under=native,e0,e3b,e4,e6

Its /init does one kind of work a window, or runs a program of yours: docs/linux-guests.md. By itself the script prints
the windows.
"""

from simobjects import LinuxGuest, Simulation
from simobjects.boards import bamboo

system = bamboo(LinuxGuest(), memory="128MiB", console="terminal")

if __name__ == "__main__":
    sim = Simulation(system)
    for event in sim.run():
        print(event)
    numbers = [value for offset, value in sim.peers[system.board.marker].log() if offset == 0x20]
    windows = [window for window in sim.stats.windows() if window.label.startswith("marker")]
    for number, window in zip(numbers, windows, strict=False):
        counts = window.counts("system.core.interrupts" if system.is_native else "system.host.exits_by_kind")
        shown = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        print(f"window {number}: {window['system.core.instructions']} instructions, {shown}")

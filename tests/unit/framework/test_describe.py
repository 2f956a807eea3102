# SPDX-License-Identifier: BSD-3-Clause
"""What a class declares, as data and in a notebook."""

from __future__ import annotations

from simobjects.framework import Simulation, describe

from .fakes import BigTank, Pump, Tank, machine


def test_parameters() -> None:
    params = {info.name: info for info in describe(Tank).params}
    assert list(params) == ["size", "scheme", "volume_limit", "rate", "label"]
    assert (params["size"].type, params["size"].default, params["size"].bounds) == ("int", "64", "from 1 to 4096")
    assert params["scheme"].choices == ("fifo", "lifo")
    assert params["scheme"].type == "'fifo' | 'lifo'"
    assert (params["rate"].type, params["rate"].default, params["rate"].bounds) == (
        "Frequency",
        "400MHz",
        "of at least 1kHz",
    )
    assert params["volume_limit"].default == "16KiB"
    assert describe(BigTank).params[0].default == "256"


def test_everything_else() -> None:
    info = describe(Pump)
    assert info.description == "A pump, which drives the machine."
    assert [(link.name, link.type, link.shape, link.optional) for link in info.children] == [
        ("valve", "Valve", "one", False),
        ("spares", "Valve", "list", False),
        ("named", "Valve", "dict", False),
        ("extra", "Valve", "one", True),
    ]
    assert [(port.name, port.role, port.protocol, port.required) for port in info.ports] == [
        ("outlet", "requestor", "Flow", True),
        ("alarm", "requestor", "Alarm", False),
    ]
    assert info.debug_kinds == ("push", "pull")
    assert {param.name: param.default for param in info.params}["gain"] == "1.25"
    stats = {stat.name: stat for stat in describe(Tank).stats}
    assert (stats["by_colour"].kind, stats["by_colour"].labels) == ("vector", ("even", "odd"))
    assert stats["milli"].unit == "litre"
    assert describe(Tank).checks == ("kept + spilled = drops", "colours = drops")


def test_notebooks_show_pictures_and_tables() -> None:
    system = machine(size=32)
    html = system._repr_html_()
    assert html is not None
    assert "<svg" in html
    assert "<td style='text-align:left'>system.tank.size</td><td style='text-align:left'>32</td>" in html
    assert system.tank._repr_svg_().startswith("<svg")
    stats = Simulation(system).stats._repr_html_()
    assert "system.tank.by_colour[odd]" in stats

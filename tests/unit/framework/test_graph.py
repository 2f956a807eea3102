# SPDX-License-Identifier: BSD-3-Clause
"""The machine as a graph and as pictures."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any, ClassVar

import networkx

from simobjects import Core440, SyntheticWorkload
from simobjects.draw import to_dot, to_mermaid, to_svg
from simobjects.draw.boxes import make_boxes
from simobjects.draw.layout import lay_out
from simobjects.draw.route import Router
from simobjects.draw.wires import wires as drawn
from simobjects.framework import (
    Ref,
    SimObject,
    Simulation,
    System,
    child,
    joined,
    outside,
    ref,
    reference_cycles,
    requestor,
    responder,
    to_graphml,
    to_json,
    unconnected,
)
from simobjects.framework.relations import relations
from simobjects.study.config_script import load

from .fakes import Alarm, BigTank, Flow, Pump, Tank, Valve, machine


def busy() -> Any:
    system = machine(size=32)
    system.pump.spares = [Valve(width=number + 1) for number in range(5)]
    system.tank2 = BigTank()
    for number, valve in enumerate([system.pump.valve, *system.pump.spares]):
        valve.tank = system.tank2 if number % 2 else system.tank
    return system


def test_nodes_and_edges() -> None:
    made = machine().graph()
    assert isinstance(made, networkx.MultiDiGraph)
    assert made.nodes["system.tank"]["type"] == "Tank"
    found = {(a, b, data["kind"], data["label"]) for a, b, data in made.edges(data=True)}
    assert found == {
        ("system", "system.pump", "child", "pump"),
        ("system", "system.tank", "child", "tank"),
        ("system.pump", "system.pump.valve", "child", "valve"),
        ("system.pump", "system.tank", "port", "outlet"),
        ("system.pump.valve", "system.tank", "reference", "tank"),
    }


def test_what_a_graph_answers() -> None:
    made = busy().graph()
    assert joined(made, "system.pump", "outlet") == [("system.tank", "inlet")]
    assert joined(made, "system.tank", "inlet") == [("system.pump", "outlet")]
    assert joined(made, "system.pump", "alarm") == []
    assert unconnected(made) == [] and outside(made) == [] and reference_cycles(made) == []
    assert unconnected(made, required=False) == [("system.pump", "alarm"), ("system.tank2", "inlet")]
    way = networkx.shortest_path(made, "system.pump.spares[0]", "system.tank2")
    assert way == ["system.pump.spares[0]", "system.tank2"]
    assert made.nodes["system.tank2"]["object"].size == 256


def test_what_does_not_belong_to_the_machine_is_outside_of_the_graph() -> None:
    system = System(pump=Pump(), valve=Valve())
    system.pump.outlet = Tank().inlet
    system.valve.tank = Tank()
    made = system.graph()
    assert outside(made) == ["<Tank>", "<Tank>'"]
    assert joined(made, "system.pump", "outlet") == [("<Tank>", "inlet")]
    assert unconnected(System(pump=Pump()).graph()) == [("system.pump", "outlet")]


class Twin(SimObject):
    """Refers to another of its kind."""

    other: Ref[Twin] = ref("the other one")


def test_cycles_of_references() -> None:
    system = System(one=Twin(), two=Twin(), three=Twin(), alone=Twin())
    system.one.other, system.two.other, system.three.other = system.two, system.one, system.one
    system.alone.other = system.alone
    assert reference_cycles(system.graph()) == [["system.alone"], ["system.one", "system.two"]]


def test_a_port_with_several_wires_lists_them_in_the_order_of_the_tree() -> None:
    system = System(tank=Tank(), b=Pump(), a=Pump())
    system.b.outlet = system.a.outlet = system.tank.inlet
    assert joined(system.graph(), "system.tank", "inlet") == [("system.a", "outlet"), ("system.b", "outlet")]


def test_the_exports_are_read_back() -> None:
    made = networkx.parse_graphml(to_graphml(busy()), force_multigraph=True)
    data = networkx.node_link_graph(json.loads(to_json(busy())), edges="edges")
    for read in (made, data):
        assert list(read) == list(busy().graph())
        assert read.nodes["system.tank"] == {"type": "Tank", "kind": "", "inside": True}
        wire = {"kind": "port", "label": "outlet", "far": "inlet"}
        assert dict(read.edges["system.pump", "system.tank", "outlet"]) == wire


class Fountain(SimObject):
    """A kind that is not ours."""

    kind: ClassVar[str] = "water"


class Geyser(Fountain):
    """Has its kind from its base."""


def test_a_kind_has_one_colour_whatever_else_is_drawn() -> None:
    def titles(system: Any) -> set[str]:
        page = ElementTree.fromstring(to_svg(system))
        paths = page.iter("{http://www.w3.org/2000/svg}rect")
        return {str(rect.get("stroke")) for rect in paths if rect.get("stroke") and rect.get("width") == "12"}

    one = titles(System(fountain=Fountain()))
    both = titles(System(geyser=Geyser(), core=Core440(workload=SyntheticWorkload())))
    assert len(one) == 1 and one < both and len(both) == 4


def test_an_incomplete_machine_can_be_drawn() -> None:
    system = System()
    system.pump = Pump()
    system.pump.outlet = Tank().inlet
    assert "outlet" not in to_svg(system)
    assert "<svg" in to_svg(Valve())


class Well(SimObject):
    """A pump with a tank inside of it, which tells the pump when it is full."""

    tank: Sink = child(None, "what it fills")
    outlet = requestor(Flow, "where drops go")
    alarms = responder(Alarm, "warnings", many=True)


class Sink(SimObject):
    """A tank that warns."""

    inlet = responder(Flow, "where drops arrive")
    alarm = requestor(Alarm, "where warnings go")


def nested_wires() -> Any:
    system = System(well=Well(tank=Sink()))
    system.well.outlet = system.well.tank.inlet
    system.well.tank.alarm = system.well.alarms
    return system


def test_a_wire_between_an_object_and_what_it_owns_is_drawn_everywhere() -> None:
    """As from a core to the vectors of its own workload."""
    wires = {(edge.source, edge.label, edge.target, edge.far) for edge in drawn(relations(nested_wires()))}
    assert wires == {
        ("system.well", "outlet", "system.well.tank", "inlet"),
        ("system.well.tank", "alarm", "system.well", "alarms"),
    }
    svg, dot, mermaid = to_svg(nested_wires()), to_dot(nested_wires()), to_mermaid(nested_wires())
    for title in ("system.well.outlet to system.well.tank.inlet", "system.well.tank.alarm to system.well.alarms"):
        assert f"<title>{title}</title>" in svg
    assert '"system.well" -> "system.well.tank" [taillabel="outlet", headlabel="inlet"];' in dot
    assert '"system.well.tank" -> "system.well" [taillabel="alarm", headlabel="alarms"];' in dot
    # The ends on the outer box are nodes of their own in it.
    assert '  n1_outlet -- "outlet → inlet" --> n2\n' in mermaid and '    n1_outlet(["outlet"])\n' in mermaid
    assert '  n2 -- "alarm → alarms" --> n1_alarms\n' in mermaid and '    n1_alarms(["alarms"])\n' in mermaid


def test_the_core_of_a_bare_machine_is_connected_to_its_program() -> None:
    system = load(Path(__file__).parents[3] / "configs/examples/bare_metal.py", {})
    assert "<title>system.core.exceptions to system.core.workload.vectors</title>" in to_svg(system)


def test_the_same_bytes_each_time_and_before_and_after_the_build() -> None:
    for draw in (to_svg, to_dot, to_mermaid, to_graphml, to_json):
        system = busy()
        before = draw(system)
        assert before == draw(busy())
        Simulation(system)
        assert draw(system) == before


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    root = Path(__file__).parents[3]
    code = (
        "from tests.unit.framework.test_graph import *; import sys\n"
        "sys.stdout.write(''.join(show(busy()) for show in (to_svg, to_dot, to_graphml, to_json)))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def test_the_svg_is_well_formed_and_names_everything() -> None:
    page = ElementTree.fromstring(to_svg(busy()))
    texts = {element.text for element in page.iter("{http://www.w3.org/2000/svg}text")}
    assert {"system", "pump", "Tank", "size = 32", "outlet", "inlet", "clock = 533MHz"} <= texts
    titles = {element.text for element in page.iter("{http://www.w3.org/2000/svg}title")}
    assert "system.pump.outlet to system.tank.inlet" in titles


def test_text_from_the_script_cannot_break_the_svg() -> None:
    system = machine(label="<&'\">")
    ElementTree.fromstring(to_svg(system))


def test_boxes_do_not_overlap_and_lie_inside_their_owners() -> None:
    wires = drawn(relations(busy()))
    root = make_boxes(busy(), wires)
    lay_out(root, wires)
    for box in root.walk():
        for inner in box.children:
            assert box.x < inner.x
            assert inner.x + inner.width < box.x + box.width
            assert box.y + box.head <= inner.y
            assert inner.y + inner.height < box.y + box.height
        for one in box.children:
            for other in box.children:
                apart = (
                    one.x + one.width < other.x
                    or other.x + other.width < one.x
                    or one.y + one.height < other.y
                    or other.y + other.height < one.y
                )
                assert one is other or apart


def test_wires_go_around_boxes() -> None:
    wires = drawn(relations(busy()))
    root = make_boxes(busy(), wires)
    lay_out(root, wires)
    router = Router(root)
    boxes = {box.path: box for box in root.walk()}
    for wire in wires:
        points = router.route(wire)
        ends = {wire.source, wire.target}
        for (x1, y1), (x2, y2) in zip(points, points[1:], strict=False):
            assert x1 == x2 or y1 == y2
            for path, box in boxes.items():
                if path in ends or box.children:
                    continue
                inside_x = max(min(x1, x2), box.x) < min(max(x1, x2), box.x + box.width)
                inside_y = max(min(y1, y2), box.y) < min(max(y1, y2), box.y + box.height)
                crosses = (inside_x and box.y < y1 < box.y + box.height) or (
                    inside_y and box.x < x1 < box.x + box.width
                )
                assert not crosses, (wire, path)


def test_dot_and_mermaid() -> None:
    dot, mermaid = to_dot(machine()), to_mermaid(machine())
    assert '"system.pump" -> "system.tank" [taillabel="outlet", headlabel="inlet"];' in dot
    assert '"system.pump.valve" -> "system.tank" [label="tank", style=dashed, color=gray40];' in dot
    assert mermaid.startswith("flowchart LR\n")
    assert 'n1 -- "outlet → inlet" --> n3' in mermaid
    assert "n2 -. tank .-> n3" in mermaid


def test_a_large_machine_is_drawn_in_a_moment() -> None:
    system = System()
    system.tanks = [Tank() for _ in range(12)]
    system.pumps = [Pump(spares=[Valve() for _ in range(3)]) for _ in range(12)]
    for pump, tank in zip(system.pumps, system.tanks, strict=True):
        pump.outlet = tank.inlet
        for valve in [pump.valve, *pump.spares]:
            valve.tank = tank
    assert to_svg(system).count("marker-end") == 12 * 5 + 2

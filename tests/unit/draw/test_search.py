# SPDX-License-Identifier: BSD-3-Clause
"""The cheapest way through a grid is as cheap as one that was found without any cleverness."""

from __future__ import annotations

import random

import pytest

from simobjects.draw.search import TURN, Cell, Grid, Search, Step

STEPS: tuple[Step, ...] = ((1, 0), (0, 1), (-1, 0), (0, -1))


def least(made: Search, start: Cell, first: Step) -> int | None:
    """What the cheapest way costs: every state is made cheaper until none can be; None when no end is reached."""
    cost: dict[tuple[Cell, Step], int] = {(start, first): 0}
    todo = [(start, first)]
    while todo:
        cell, step = todo.pop()
        paid = cost[cell, step]
        near = [(cell, made.ends[cell], paid + TURN)] if made.ends.get(cell) in STEPS else []
        near = [(at, to, all_) for at, to, all_ in near if to not in (step, (-step[0], -step[1]))]
        for move in STEPS:
            after = (cell[0] + move[0], cell[1] + move[1])
            if move == (-step[0], -step[1]) or not made.grid.holds(after) or made.blocked[made.grid.number(after)]:
                continue
            price = (made.flat if move[1] == 0 else made.steep)[made.grid.number(after)]
            near.append((after, move, paid + 1 + price + (TURN if move != step else 0)))
        for at, to, total in near:
            if total < cost.get((at, to), 1 << 30):
                cost[at, to] = total
                todo.append((at, to))
    return min((cost[end, leave] for end, leave in made.ends.items() if (end, leave) in cost), default=None)


def cost_of(made: Search, way: list[Cell], first: Step) -> int:
    """What a way costs, with the turn at its end."""
    paid, step = 0, first
    for here, there in zip(way, way[1:], strict=False):
        move = (there[0] - here[0], there[1] - here[1])
        assert move in STEPS and made.grid.holds(there) and not made.blocked[made.grid.number(there)]
        paid += 1 + (made.flat if move[1] == 0 else made.steep)[made.grid.number(there)]
        paid += TURN if move != step else 0
        step = move
    return paid + (TURN if made.ends[way[-1]] != step else 0)


@pytest.mark.parametrize("seed", range(40))
def test_no_way_is_cheaper(seed: int) -> None:
    draw = random.Random(seed)
    grid = Grid((draw.randint(2, 9), draw.randint(2, 9)))
    inner = [(x, y) for x in range(1, grid.limit[0] + 1) for y in range(1, grid.limit[1] + 1)]
    blocked = bytearray(b"\1" * grid.cells)
    for cell in inner:
        blocked[grid.number(cell)] = draw.random() < 0.25
    prices = [[draw.choice((0, 0, 2, 4, 12)) for _ in range(grid.cells)] for _ in range(2)]
    start, first = draw.choice(inner), draw.choice(STEPS)
    ends = {cell: draw.choice(STEPS) for cell in draw.sample(inner, min(3, len(inner)))}
    ends[grid.limit[0] + 3, 1] = (1, 0)  # one that lies outside
    made = Search(grid, ends, blocked, *prices)
    way = made.run(start, first)
    cheapest = least(made, start, first)
    assert (cost_of(made, way, first) if way else None) == cheapest
    assert way == made.run(start, first)

# SPDX-License-Identifier: BSD-3-Clause
"""A report in a real browser: sorted, filtered, hovered over, read with a keyboard, on a phone, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simobjects.report import Wanted, report
from tests.helpers.chromium import SECONDS, chromium, look, needs_chromium, picture, requests
from tests.helpers.reported import BOTH, PAGES, SIZES, swept

pytestmark = needs_chromium
OWN = ("data:", "blob:", "chrome:")
"""Addresses for which nobody is asked; the last are the browser's own, of the page that it starts with."""
FIGURES = ("time", "stack:kinds", "difference:kinds", "heat:misses", "even:time")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = swept(tmp_path_factory.mktemp("browser"), SIZES, PAGES, BOTH, question="Which way is better?")
    return report(out, wanted=Wanted(figures=FIGURES))


@pytest.fixture(scope="module")
def driver(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as made:
        look(made, 1100)
        made.get(file.as_uri())
        drawn(made)
        yield made


def drawn(driver: Any) -> None:
    """Wait until the figures are."""
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(driver, SECONDS).until(lambda page: page.execute_script(
        "return 'drawn' in document.documentElement.dataset"))  # fmt: skip


def rows(driver: Any) -> list[list[str]]:
    """The cells of the rows of the table of points that are shown, in their order."""
    found: list[list[str]] = driver.execute_script(
        "return [...document.querySelectorAll('#points-table tbody tr')].filter(row => !row.hidden)"
        ".map(row => [...row.cells].map(cell => cell.textContent.trim()))"
    )
    return found


def test_it_asks_nobody_for_anything_and_complains_of_nothing(driver: Any, file: Path) -> None:
    asked = requests(driver)
    assert file.as_uri() in asked
    assert [url for url in asked if url != file.as_uri() and not url.startswith(OWN)] == []
    assert driver.get_log("browser") == []


def test_every_figure_is_drawn_anew_in_place_of_its_picture(driver: Any) -> None:
    figures = driver.find_elements("css selector", "figure")
    assert len(figures) == len(FIGURES)
    for figure in figures:
        assert not figure.find_element("css selector", "img.still").is_displayed()
        for drawing in figure.find_elements("css selector", ".plot svg"):
            assert drawing.size["width"] > 250 and drawing.size["height"] > 200
            marks = drawing.find_elements("css selector", "[aria-roledescription]")
            assert len(marks) > 3


def test_heads_sort(driver: Any) -> None:
    before = rows(driver)
    heads = driver.find_elements("css selector", "#points-table th")
    place = [head.text.split("\n")[0].startswith("misses per") for head in heads].index(True)
    heads[place].find_element("css selector", "button").click()
    column = [float(row[place].replace(",", "")) for row in rows(driver)]
    assert column == sorted(column) and len(set(column)) > 2
    assert heads[place].get_attribute("aria-sort") == "ascending"
    heads[place].find_element("css selector", "button").click()
    assert [float(row[place].replace(",", "")) for row in rows(driver)] == column[::-1]
    assert heads[place].get_attribute("aria-sort") == "descending"
    assert sorted(rows(driver)) == sorted(before), "the same rows"


def test_heads_sort_by_keyboard_and_numbers_as_numbers(driver: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    search = driver.find_element("css selector", "form.filter input")
    driver.execute_script("arguments[0].focus()", search)
    focused = ""
    for _ in range(12):
        ActionChains(driver).send_keys(Keys.TAB).perform()
        focused = driver.execute_script("return document.activeElement.title || ''")
        if focused == "system.core.tlb.entries":
            break
    assert focused == "system.core.tlb.entries", "the heads are reached with the Tab key"
    outline = driver.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", "and one sees where one is"
    ActionChains(driver).send_keys(Keys.ENTER).perform()
    assert [row[0] for row in rows(driver)] == ["8"] * 4 + ["16"] * 4 + ["32"] * 4


def test_words_and_menus_filter(driver: Any) -> None:
    from selenium.webdriver.support.ui import Select

    search = driver.find_element("css selector", "form.filter input")
    search.send_keys("lookups 16")
    found = rows(driver)
    assert len(found) == 2 and all("lookups" in row and "16" in row for row in found)
    assert driver.find_element("css selector", "form.filter output").text == "2 of 12 points"
    menu = Select(driver.find_elements("css selector", "form.filter select")[1])
    menu.select_by_visible_text("60")
    assert [row[:3] for row in rows(driver)] == [["16", "60", "lookups"]]
    search.send_keys(" nothing")
    assert rows(driver) == []
    search.clear()
    search.send_keys(" ")
    menu.select_by_visible_text("all")
    assert len(rows(driver)) == 12


def test_a_mark_tells_its_numbers(driver: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    tip = driver.find_element("id", "tip")
    assert not tip.is_displayed()
    for at, names in ((0, ["TLB entries", "scheme", "time of all look-ups"]), (3, ["TLB entries", "core pages"])):
        figure = driver.find_elements("css selector", "figure")[at]
        driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", figure)
        mark = figure.find_elements(
            "css selector", "[aria-roledescription='point'], [aria-roledescription='rect mark']"
        )
        for _ in range(20):  # a page that is still laid out moves the mark away from under the pointer
            ActionChains(driver).move_to_element(figure).move_to_element(mark[0]).pause(0.05).perform()
            if tip.is_displayed():
                break
        assert tip.is_displayed()
        told = driver.execute_script("return [...document.querySelectorAll('#tip dt')].map(term => term.textContent)")
        assert told[: len(names)] == names
        values = driver.execute_script("return [...document.querySelectorAll('#tip dd')].map(term => term.textContent)")
        table = figure.find_elements("css selector", "details td")
        cells = driver.execute_script("return arguments[0].map(cell => cell.textContent.trim())", table)
        assert values[-1] in cells, "as in the table below the figure"
    ActionChains(driver).move_to_element(driver.find_element("css selector", "h1")).perform()
    assert not tip.is_displayed()


def test_series_can_be_switched_off(driver: Any) -> None:
    figure = driver.find_elements("css selector", "figure")[0]
    key = figure.find_elements("css selector", ".keys button")[0]

    def points() -> int:
        return len(figure.find_elements("css selector", "[aria-roledescription='point']"))

    before = points()
    driver.execute_script("arguments[0].focus(); arguments[0].click()", key)
    assert key.get_attribute("aria-pressed") == "false"
    assert points() == before // 2
    driver.execute_script("arguments[0].click()", key)
    assert points() == before


@pytest.mark.parametrize(
    ("name", "width", "dark"), [("light", 1100, False), ("dark", 1100, True), ("phone", 390, False)]
)
def test_it_fits_and_can_be_read(driver: Any, file: Path, tmp_path: Path, name: str, width: int, dark: bool) -> None:
    from matplotlib.image import imread

    look(driver, width, dark=dark)
    driver.get(file.as_uri())
    drawn(driver)
    wide = driver.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], "nothing sticks out"
    assert driver.execute_script("return [...document.querySelectorAll('.plot svg')].every("
                                 "each => each.getBoundingClientRect().right <= innerWidth)")  # fmt: skip
    for selector in ("body", "figcaption", "th", "nav a", ".keys button"):
        assert contrast(driver, selector) >= 4.5, selector
    shot = imread(picture(driver, tmp_path / f"{name}.png"))
    light = shot[..., :3].mean(axis=2)
    assert shot.shape[1] == width and light.std() > 0.05, "something is on it"
    assert bool(light[:, 2].mean() < 0.2) == dark, "the ground"


def contrast(driver: Any, selector: str) -> float:
    """That of the text of the first such element to what lies behind it, as WCAG reckons it."""
    colours = driver.execute_script(
        """const element = document.querySelector(arguments[0]);
        const parts = (text) => text.match(/[\\d.]+/g).map(Number);
        let behind = element;
        while (behind && parts(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
        return [parts(getComputedStyle(element).color), behind ? parts(getComputedStyle(behind).backgroundColor)
                                                               : [255, 255, 255]];""",
        selector,
    )
    bright = []
    for colour in colours:
        channels = [value / 255 for value in colour[:3]]
        linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
        bright.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return float((max(bright) + 0.05) / (min(bright) + 0.05))


def test_without_javascript_there_are_pictures_and_tables(file: Path, tmp_path: Path) -> None:
    with chromium(tmp_path, scripts=False) as plain:
        look(plain, 800)
        plain.get(file.as_uri())
        stills = plain.find_elements("css selector", "img.still")
        assert len(stills) == len(FIGURES)
        assert all(still.is_displayed() and still.size["height"] > 150 for still in stills)
        assert not plain.find_element("css selector", "form.filter").is_displayed()
        assert len(plain.find_elements("css selector", "#points-table tbody tr")) == 12

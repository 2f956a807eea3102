# SPDX-License-Identifier: BSD-3-Clause
"""A headless Chromium that a test drives, where one is installed."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

SECONDS = 40
"""What a page may take to load, and a script in it to answer."""
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip


def missing() -> str:
    """What is not here; empty when a browser can be driven."""
    if find_spec("selenium") is None:
        return "selenium is not installed: pip install -e '.[dev]'"
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        return "no browser to drive: Debian's packages chromium and chromium-driver have it"
    return ""


needs_chromium = pytest.mark.skipif(bool(missing()), reason=missing())


@contextmanager
def chromium(profile: Path, *, scripts: bool = True) -> Iterator[Any]:
    """A driver of selenium, and its processes ended afterwards. `profile` is an empty folder for the browser."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    if not scripts:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = Service(shutil.which("chromedriver"), popen_kw={"start_new_session": True})
    driver: Any = None
    try:
        driver = webdriver.Chrome(options=options, service=service)
        driver.set_page_load_timeout(SECONDS)
        driver.set_script_timeout(SECONDS)
        yield driver
    finally:
        with suppress(Exception):
            if driver is not None:
                driver.quit()
        if service.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(service.process.pid, signal.SIGKILL)  # the browser is in its group
            with suppress(Exception):
                service.process.wait(10)


def look(driver: Any, width: int, height: int = 900, dark: bool = False) -> None:
    """From now on a window of this width; below 600 it is a phone."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})


def picture(driver: Any, file: Path) -> Path:
    """The whole page as a PNG."""
    size = driver.execute_script("return [innerWidth, document.documentElement.scrollHeight]")
    clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
    shot = {"format": "png", "captureBeyondViewport": True, "clip": clip}
    file.write_bytes(base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", shot)["data"]))
    return file


def requests(driver: Any) -> list[str]:
    """The addresses that were asked for since the last call."""
    messages = (json.loads(entry["message"])["message"] for entry in driver.get_log("performance"))
    return [
        message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"
    ]

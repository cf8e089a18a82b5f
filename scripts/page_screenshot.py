"""Takes the picture of the serving page for the docs, in a headless Chromium.

    python -m examples.flights.run
    python scripts/page_screenshot.py build/flights/served build/flights/flights.parquet

Flights of November are sent, so that the page has something to show. Needs chromium and
chromedriver (Debian's packages chromium and chromium-driver).
"""

import argparse
import asyncio
import shutil
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from featurekit.client import Client
from featurekit.serve.drift import Monitor
from featurekit.serve.server.model_server import ModelServer, ServerOptions

NOVEMBER = datetime(2013, 11, 1, tzinfo=UTC), datetime(2013, 12, 1, tzinfo=UTC)


def main() -> None:
    """Starts the server, sends rows, opens the page, and saves the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("served", type=Path)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--output", type=Path, default=Path("docs/images/page.png"))
    parser.add_argument("--feature", default="distance")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    server = ModelServer(
        options.served,
        ServerOptions(port=0, grpc_port=None, name="flights"),
        make_observer=Monitor,
    )
    started = threading.Event()
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(started.set)), daemon=True
    )
    thread.start()
    started.wait()
    current = server.versions.current
    assert current is not None
    names = list(current.model.plan.columns)
    first, last = NOVEMBER
    rows = pq.read_table(
        options.rows,
        columns=names,
        filters=[("time_hour", ">=", first), ("time_hour", "<", last)],
    ).to_pylist()
    done = threading.Event()
    traffic = threading.Thread(target=send, args=(server.port, rows, done))
    traffic.start()
    try:
        take(server.port, options)
    finally:
        done.set()
        traffic.join()
        server.stop()
        thread.join()


def send(port: int, rows: list[dict[str, Any]], done: threading.Event) -> None:
    """Sends requests of 1 to 40 rows until it is told to end."""
    with Client(f"127.0.0.1:{port}", model="flights") as client:
        at = 0
        while not done.is_set():
            size = 1 + at % 40
            at = (at + size) % (len(rows) - 40)
            client.predict(rows[at : at + size])
            time.sleep(0.01)


def take(port: int, options: argparse.Namespace) -> None:
    """Opens the page, tries a row, waits for the charts, saves the picture."""
    chrome = webdriver.ChromeOptions()
    chrome.binary_location = shutil.which("chromium") or ""
    for flag in ("--headless=new", "--no-sandbox", "--window-size=1250,2000"):
        chrome.add_argument(flag)
    driver = webdriver.Chrome(
        options=chrome,
        service=webdriver.ChromeService(executable_path=shutil.which("chromedriver")),
    )
    try:
        driver.get(f"http://127.0.0.1:{port}/")
        time.sleep(options.seconds)
        driver.find_element(By.CSS_SELECTOR, "#row button").click()
        wait = WebDriverWait(driver, 20)
        wait.until(lambda d: d.find_element(By.ID, "answer").is_displayed())
        choice = Select(driver.find_element(By.ID, "feature"))
        choice.select_by_visible_text(options.feature)
        options.output.parent.mkdir(parents=True, exist_ok=True)
        driver.save_screenshot(str(options.output))
    finally:
        driver.quit()


if __name__ == "__main__":
    main()

"""The page in a real browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from jobs.trips import SPEC, trips

pytestmark = pytest.mark.tensorflow
pytest.importorskip("tensorflow")
pytest.importorskip("uvicorn")
webdriver = pytest.importorskip("selenium.webdriver")

from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.select import Select  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402
from serve.server.running import OPTIONS, running  # noqa: E402

import featurekit as fk  # noqa: E402
from featurekit.serve.drift import Monitor  # noqa: E402
from featurekit.serve.server.model_server import ModelServer  # noqa: E402

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
SECONDS = 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    rows = trips(200)
    stats = fk.analyze(SPEC, rows)
    model = fk.models.TabularTransformer(
        fk.model_inputs(SPEC, stats), dim=8, depth=1, num_heads=2
    )
    folder = tmp_path_factory.mktemp("page") / "trips"
    fk.export(model, SPEC, stats, folder / "1", rows=rows, training=rows)
    with running(folder, OPTIONS, make_observer=Monitor) as found:
        yield found


@pytest.fixture(scope="module")
def browser(server: ModelServer) -> Iterator["webdriver.Chrome"]:
    if BROWSER is None or DRIVER is None:
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in ("--headless=new", "--no-sandbox", "--window-size=1200,2400"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=DRIVER)
    driver = webdriver.Chrome(options=options, service=service)
    try:
        driver.get(f"http://127.0.0.1:{server.port}/")
        wait(driver, lambda: driver.find_elements(By.CSS_SELECTOR, "#fields input"))
        yield driver
    finally:
        driver.quit()


def wait(browser: "webdriver.Chrome", condition: object) -> None:
    WebDriverWait(browser, SECONDS).until(lambda _: condition())  # type: ignore[operator]


def text(browser: "webdriver.Chrome", css: str) -> str:
    return str(browser.find_element(By.CSS_SELECTOR, css).text)


def send(browser: "webdriver.Chrome", **values: str) -> None:
    browser.execute_script("document.querySelector('#answer').hidden = true")
    for name, value in values.items():
        field = browser.find_element(By.NAME, name)
        field.clear()
        field.send_keys(value)
    browser.find_element(By.CSS_SELECTOR, "#row button").click()
    wait(browser, lambda: browser.find_element(By.ID, "answer").is_displayed())


def test_it_shows_what_is_served(browser: "webdriver.Chrome") -> None:
    wait(browser, lambda: "version 1" in text(browser, "#state"))
    assert text(browser, "h1") == "m"
    assert "serving_default" in text(browser, "#signatures")
    assert "distance: float32 (rows)" in text(browser, "#signatures")
    assert "available" in text(browser, "#versions")


def test_a_row_is_answered_step_by_step(
    browser: "webdriver.Chrome", server: ModelServer
) -> None:
    send(browser, distance="100", carrier="UA")
    row = {
        field.get_attribute("name"): field.get_attribute("value") or None
        for field in browser.find_elements(By.CSS_SELECTOR, "#fields input")
    }
    current = server.versions.current
    assert current is not None
    for name in ("delay", "distance"):
        row[name] = None if row[name] is None else float(row[name])
    (answer,) = current.model.predict([row])["output"].tolist()
    assert f"output = [{answer[0]:.6}"[:14] in text(browser, "#outputs")
    everything = text(browser, "#steps tbody")
    assert "read_column(column='carrier'" in everything and '"UA"' in everything
    Select(browser.find_element(By.ID, "feature")).select_by_visible_text("carrier")
    assert "column='distance'" not in text(browser, "#steps tbody")


@pytest.mark.parametrize(
    ("values", "code"),
    [({"distance": "far"}, "DTYPE"), ({"distance": "[1"}, "")],
)
def test_a_refused_row_says_why(
    browser: "webdriver.Chrome", values: dict[str, str], code: str
) -> None:
    send(browser, **values)
    refusal = browser.find_element(By.ID, "outputs")
    assert refusal.get_attribute("class") == "refused"
    assert "distance" in refusal.text and code in refusal.text
    send(browser, distance="100")


def test_live_figures_and_drift(
    browser: "webdriver.Chrome", server: ModelServer
) -> None:
    import httpx

    url = f"http://127.0.0.1:{server.port}/v1/models/m:predict"
    rows = [{"distance": 5.0, "carrier": "??", "time": "2013-01-01T05:00:00Z"}] * 300
    for _ in range(10):
        httpx.post(url, json={"instances": rows}, timeout=60).raise_for_status()
    wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "#drift .drifted"))
    drifted = [
        one.text for one in browser.find_elements(By.CSS_SELECTOR, "#drift .drifted")
    ]
    assert any("distance" in one for one in drifted)
    assert "unknown 100.00 %" in text(browser, "#rates")
    assert browser.find_elements(By.CSS_SELECTOR, "#rate-chart polyline")


def test_the_browser_has_nothing_to_complain_of(browser: "webdriver.Chrome") -> None:
    complaints = [
        one
        for one in browser.get_log("browser")
        if one["level"] == "SEVERE" and "400" not in one["message"]
    ]
    assert complaints == []


def test_text_of_a_row_never_becomes_markup(browser: "webdriver.Chrome") -> None:
    send(browser, carrier="<img src=x onerror=alert(1)>")
    assert not browser.find_elements(By.CSS_SELECTOR, "#answer img")
    assert "<img" in text(browser, "#steps tbody")


def test_the_page_allows_nothing_from_elsewhere(server: ModelServer) -> None:
    import httpx

    answer = httpx.get(f"http://127.0.0.1:{server.port}/")
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert "access-control-allow-origin" not in answer.headers
    page = Path(answer.request.url.path)
    assert page == Path("/") and "http://" not in answer.text

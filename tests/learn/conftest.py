"""A site on a free port, and a browser that watches for what a page must not do: errors, and requests to other hosts."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

pytest.importorskip("dash", reason="the extra `learn` is not installed")

import waitress
from dash import Dash

from chainrule.learn.app import create_app
from chainrule.learn.workers import Workers

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-quic",
)  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A site that runs. url: its address, without a slash at the end."""

    url: str
    app: Dash
    workers: Workers


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with Workers(2, seconds=20.0) as workers:  # the cores of a test machine are shared
        app = create_app(workers)
        server = waitress.create_server(app.server, host="127.0.0.1", port=0, threads=8)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        yield Site(f"http://127.0.0.1:{server.effective_port}", app, workers)
        server.close()


def find_browser() -> str | None:
    """Return the path of a Chromium; install Debian's where we may."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "timeout": 300, "check": False}
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=environment, **quiet)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], env=environment, **quiet
        )
        found = shutil.which("chromium")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = find_browser()
    if path is None:
        pytest.skip("no Chromium is installed, and it could not be installed here")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield running
        running.close()


WATCHED = """
window.changes = 0;
new MutationObserver(found => { window.changes += found.length; })
    .observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
"""
SETTLED = r"""
([frames, patience]) => new Promise((done, fail) => {
    const end = performance.now() + patience;
    let quiet = 0, seen = window.changes;
    const isComputing = () => {
        const {stored, completed, ...waiting} = window.store.getState().callbacks;
        return Object.values(waiting).flat().length > 0 || document.querySelector('[data-dash-is-loading="true"]');
    };
    const isDrawing = () => document.querySelector("main").textContent.includes("\\(")
        || [...document.querySelectorAll(".dash-graph")].some(one => one.offsetParent && !one.querySelector(".main-svg"));
    const look = () => {
        quiet = isComputing() || isDrawing() || window.changes !== seen ? 0 : quiet + 1;
        seen = window.changes;
        if (quiet >= frames) done();
        else if (performance.now() > end) fail(new Error("the page does not come to rest"));
        else requestAnimationFrame(look);
    };
    look();
})
"""
"""Resolves when no callback waits or runs, formulas and figures are drawn, and nothing has changed in so many frames."""
FRAMES, PATIENCE = 6, 60_000


@dataclass
class Visit:
    """A page that is open. wrong: what it did that it must not do. under_way: requests without an answer."""

    page: Any
    site: Site
    is_phone: bool = False
    wrong: list[str] = field(default_factory=list)
    under_way: set[Any] = field(default_factory=set)

    def go(self, path: str) -> None:
        """Open a path of the site, and wait until everything on it has been computed and drawn."""
        self.page.goto(self.site.url + path)
        self.page.locator("h1").first.wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is being computed, loaded or drawn."""
        while True:
            self.page.evaluate(SETTLED, [FRAMES, PATIENCE])
            if not self.under_way:
                return

    def nothing_is_serious(self) -> None:
        """Check that axe finds nothing serious on the page, and that it does not scroll sideways."""
        axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
        # What is right is not asked for: it takes most of the time, and is not looked at.
        found = axe.Axe().run(self.page, options={"resultTypes": ["violations"]})
        serious = [one for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
        assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in serious] == []
        wider = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, "the page scrolls sideways"


def watch(page: Any, site: Site, is_phone: bool = False) -> Visit:
    visit = Visit(page, site, is_phone)

    def hear(message: Any) -> None:
        if message.type == "error":
            visit.wrong.append(f"console: {message.text[:300]}")

    def see(request: Any) -> None:
        visit.under_way.add(request)
        if not request.url.startswith((site.url, "data:", "blob:")):
            visit.wrong.append(f"request: {request.url[:200]}")

    page.add_init_script(WATCHED)
    page.on("console", hear)
    page.on("pageerror", lambda error: visit.wrong.append(f"error: {str(error)[:300]}"))
    page.on("request", see)
    page.on("requestfinished", lambda request: visit.under_way.discard(request))
    page.on("requestfailed", lambda request: visit.under_way.discard(request))
    return visit


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=["desktop light", "phone dark"])
def visit(request: pytest.FixtureRequest, browser: Any, site: Site) -> Iterator[Visit]:
    """A page on a desktop in light colors, and on a phone in dark ones."""
    width, scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(60_000)
    opened = watch(context.new_page(), site, width < 600)
    yield opened
    context.close()
    assert opened.wrong == []

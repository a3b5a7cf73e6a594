"""Open pages in headless Chromium through its DevTools protocol and report what a reader would see."""

import itertools
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import websocket

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 60  # seconds

INSPECT = """
(async () => {
  if (window.MathJax) {
    await MathJax.startup.promise;
    await MathJax.startup.document.lazyTypesetAll();
  }
  const pictures = [...document.images];
  pictures.forEach(picture => { picture.loading = "eager"; });
  await Promise.all(pictures.map(picture => picture.decode().catch(() => null)));
  const maths = [...document.querySelectorAll(".math")];
  const typeset = maths.filter(element => element.querySelector("mjx-container svg"));
  return JSON.stringify({
    title: document.title,
    maths: maths.length,
    untypeset: maths.filter(element => !typeset.includes(element)).map(element => element.textContent),
    faulty: [...document.querySelectorAll("mjx-merror, [data-mjx-error]")].map(element => element.textContent),
    pictures: pictures.length,
    unloaded: pictures.filter(picture => picture.naturalWidth === 0).map(picture => picture.src.slice(0, 200)),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  });
})()
"""


@dataclass(frozen=True)
class Page:
    """What one page showed.

    maths, pictures: how many there are; untypeset, faulty, unloaded: those of them that failed.
    overflow:        CSS pixels by which the page is wider than the window.
    requests:        every address that the page asked for.
    complaints:      errors on the console, uncaught exceptions, and requests that failed.
    """

    title: str
    maths: int
    untypeset: list[str]
    faulty: list[str]
    pictures: int
    unloaded: list[str]
    overflow: int
    requests: list[str]
    complaints: list[str]


def find_browser() -> str | None:
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Tab:
    """One tab, spoken to over a websocket."""

    def __init__(self, address: str):
        self._socket = websocket.create_connection(address, timeout=PATIENCE, suppress_origin=True)
        self._numbers = itertools.count(1)
        self._events = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def close(self) -> None:
        self._socket.close()

    def ask(self, method: str, **parameters) -> dict:
        """Send a command and wait for its answer; events that come before it are kept."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (message := json.loads(self._socket.recv())).get("id") != number:
            self._events.append(message)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def resize(self, width: int, height: int = 900) -> None:
        """Give the page a window of this many CSS pixels."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def _wait_for(self, event: str) -> None:
        while not any(message["method"] == event for message in self._events):
            self._events.append(json.loads(self._socket.recv()))

    def open(self, url: str) -> Page:
        """Open a page, wait until it is loaded and its maths are typeset, and report."""
        self._events = []
        self.ask("Page.navigate", url=url)
        self._wait_for("Page.loadEventFired")
        answer = self.ask("Runtime.evaluate", expression=INSPECT, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{url}: {answer['exceptionDetails']['text']}")
        seen = json.loads(answer["result"]["value"])
        return Page(**seen, requests=list(self._requests()), complaints=list(self._complaints()))

    def _requests(self) -> Iterator[str]:
        for event in self._events:
            if event["method"] == "Network.requestWillBeSent":
                yield event["params"]["request"]["url"]

    def _complaints(self) -> Iterator[str]:
        for event in self._events:
            method, details = event["method"], event["params"]
            if method == "Runtime.exceptionThrown":
                yield json.dumps(details["exceptionDetails"])
            elif method == "Runtime.consoleAPICalled" and details["type"] in ("error", "assert"):
                yield json.dumps(details["args"])
            elif method == "Log.entryAdded" and details["entry"]["level"] == "error":
                yield f"{details['entry']['text']} {details['entry'].get('url', '')}"
            elif method == "Network.loadingFailed" and not details.get("canceled"):
                yield f"loading failed: {details['errorText']}"


def _port(profile: Path, process: subprocess.Popen) -> int:
    """The port on which the browser listens, which it writes into its profile."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        file = profile / "DevToolsActivePort"
        if file.exists() and (lines := file.read_text().splitlines()):
            return int(lines[0])
        time.sleep(0.1)
    raise RuntimeError("the browser did not start")


@contextmanager
def offline_tab() -> Iterator[Tab]:
    """A tab of a fresh headless browser that finds no host but this machine."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            find_browser(),
            "--headless=new",
            "--no-sandbox",  # containers lack what the sandbox needs, and only pages made here are opened
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--remote-debugging-port=0",
            f"--user-data-dir={profile}",
            "about:blank",
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = _port(Path(profile), process)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE) as answer:
                address = next(target for target in json.load(answer) if target["type"] == "page")
            tab = Tab(address["webSocketDebuggerUrl"])
            yield tab
            tab.close()
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)

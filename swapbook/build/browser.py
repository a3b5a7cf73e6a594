"""Pages in headless Chromium, through its DevTools protocol: opened, asked, and printed."""

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import websocket

from swaputils.errors import SwaputilsError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 600  # seconds; a whole book takes a while to be printed


class BrowserError(SwaputilsError):
    """There is no browser, or it did not do what it was asked."""


def find_browser() -> str | None:
    """Where a Chromium lies, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Tab:
    """One tab, spoken to over a websocket; `events` are those since the last page was opened."""

    def __init__(self, address: str):
        self._socket = websocket.create_connection(address, timeout=PATIENCE, suppress_origin=True)
        self._numbers = itertools.count(1)
        self.events: list[dict] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def close(self) -> None:
        self._socket.close()

    def ask(self, method: str, **parameters) -> dict:
        """Send a command and wait for its answer; events that come before it are kept."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (message := json.loads(self._socket.recv())).get("id") != number:
            self.events.append(message)
        if "error" in message:
            raise BrowserError(f"{method}: {message['error']['message']}")
        return message["result"]

    def resize(self, width: int, height: int = 900) -> None:
        """Give the page a window of this many CSS pixels."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, url: str) -> None:
        """Open a page and wait until it is loaded."""
        self.events = []
        self.ask("Page.navigate", url=url)
        while not any(message["method"] == "Page.loadEventFired" for message in self.events):
            self.events.append(json.loads(self._socket.recv()))

    def evaluate(self, expression: str):
        """The value of an expression, or of what it promises, in the page."""
        answer = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def printed(self) -> bytes:
        """The page as a tagged PDF with an outline, on the paper that its style sheet names."""
        options = {"preferCSSPageSize": True, "printBackground": True}
        options |= {"generateTaggedPDF": True, "generateDocumentOutline": True}
        return base64.b64decode(self.ask("Page.printToPDF", **options)["data"])


def _port(profile: Path, process: subprocess.Popen) -> int:
    """The port on which the browser listens, which it writes into its profile."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        file = profile / "DevToolsActivePort"
        if file.exists() and (lines := file.read_text().splitlines()):
            return int(lines[0])
        time.sleep(0.1)
    raise BrowserError("the browser did not start")


@contextmanager
def offline_tab() -> Iterator[Tab]:
    """A tab of a fresh headless browser that finds no host but this machine.

    Raises:
        BrowserError: where there is no Chromium.
    """
    if find_browser() is None:
        raise BrowserError(f"no Chromium was found; it is looked for under the names {', '.join(NAMES)}")
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

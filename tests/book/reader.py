"""What a reader sees of a page in a browser without a network."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from swapbook.build.browser import Tab

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


def read(tab: Tab, url: str) -> Page:
    """Open a page, wait until it is loaded and its maths are typeset, and report."""
    tab.open(url)
    seen = json.loads(tab.evaluate(INSPECT))
    return Page(**seen, requests=list(_requests(tab)), complaints=list(_complaints(tab)))


def _requests(tab: Tab) -> Iterator[str]:
    for event in tab.events:
        if event["method"] == "Network.requestWillBeSent":
            yield event["params"]["request"]["url"]


def _complaints(tab: Tab) -> Iterator[str]:
    for event in tab.events:
        method, details = event["method"], event["params"]
        if method == "Runtime.exceptionThrown":
            yield json.dumps(details["exceptionDetails"])
        elif method == "Runtime.consoleAPICalled" and details["type"] in ("error", "assert"):
            yield json.dumps(details["args"])
        elif method == "Log.entryAdded" and details["entry"]["level"] == "error":
            yield f"{details['entry']['text']} {details['entry'].get('url', '')}"
        elif method == "Network.loadingFailed" and not details.get("canceled"):
            yield f"loading failed: {details['errorText']}"

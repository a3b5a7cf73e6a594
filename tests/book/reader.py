"""What a reader sees of a page in a browser without a network."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from swapbook.build.browser import Tab

INSPECT = r"""
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
  const article = document.querySelector("article") || document.body;
  const within = selector => [...article.querySelectorAll(selector)];
  const said = element => element.outerHTML.slice(0, 200);
  const levels = within("h1, h2, h3, h4, h5, h6").map(heading => +heading.tagName[1]);
  const ids = [...document.querySelectorAll("[id]")].map(element => element.id);
  const named = element => (element.textContent + (element.getAttribute("aria-label") || "") + element.title).trim()
    || element.querySelector("img[alt], svg[aria-label]") || (element.labels && element.labels.length);
  const parse = colour => colour.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(value => value / 255)
    .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let each = element; each; each = each.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(each).backgroundColor);
      if (a > 0.5) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const faint = element => {
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const [one, other] = [light(parse(style.color)), light(behind(element))].sort((a, b) => b - a);
    const large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    return (one + 0.05) / (other + 0.05) < (large ? 3 : 4.5);
  };
  const words = within("*").filter(element => !element.closest("svg, mjx-container") && element.checkVisibility()
    && [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()));
  return JSON.stringify({
    language: document.documentElement.lang,
    jumps: levels.filter((level, i) => i ? level > levels[i - 1] + 1 || level === 1 : level !== 1),
    unnamed: [...document.querySelectorAll("a[href], button, input, select, summary, th")]
      .filter(element => element.checkVisibility() && !named(element) && !element.placeholder).map(said),
    undescribed: within("img, svg[role=img]")
      .filter(picture => (picture.alt || picture.getAttribute("aria-label") || "").split(" ").length < 4
        && !picture.closest("mjx-container, [aria-hidden], .swaps, .flow")).map(said),
    unreachable: within("*").filter(part => part.scrollWidth > part.clientWidth && part.tabIndex < 0
      && /auto|scroll/.test(getComputedStyle(part).overflowX) && !part.querySelector("a[href], button, [tabindex='0']"))
      .map(said),
    repeated: ids.filter((id, i) => ids.indexOf(id) < i),
    faint: words.filter(faint).map(element => `${getComputedStyle(element).color} on ${behind(element)}: ${said(element)}`),
    unnumbered: within("figure[id]").filter(figure => !figure.querySelector(".caption-number")).map(said),
    narrowest: Math.min(...within("figure > img:not([style*=width])").map(picture => picture.clientWidth)),
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
    jumps:           levels of headings that skip one, or are a second title.
    unnamed:         links, controls and heads of columns without a name; undescribed: pictures without words on what is seen.
    unreachable:     what is moved sideways, and cannot be with a keyboard.
    repeated:        names of anchors that stand twice.
    faint:           text whose contrast is below 4.5, or 3 where it is large (WCAG 2.2 AA).
    unnumbered:      figures without a number; narrowest: the least width of a figure without a width of its own.
    overflow:        CSS pixels by which the page is wider than the window.
    requests:        every address that the page asked for.
    complaints:      errors on the console, uncaught exceptions, and requests that failed.
    """

    language: str
    jumps: list[int]
    unnamed: list[str]
    undescribed: list[str]
    unreachable: list[str]
    repeated: list[str]
    faint: list[str]
    unnumbered: list[str]
    narrowest: float | None
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

"""The book as one PDF: the built pages joined into one document and printed by a browser, with bookmarks, links and page numbers."""

import json
import re
import tempfile
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader

from swapbook.build.browser import offline_tab
from swapbook.build.chapters import BUILD
from swapbook.build.site import INDEX, contents
from swapbook.places import ROOT
from swaputils.files import write_files

PDF = BUILD / "swap-errors.pdf"
STYLE = ROOT / "book" / "_ext" / "printed.css"
COLUMN = 656  # CSS pixels between the margins that the style sheet sets on A4
# What is for the screen alone: anchors, controls, code that is folded away on the page, what is read by scripts, and empty cells.
UNPRINTED = (
    ".headerlink, [hidden], button, input, noscript, script, .toctree-wrapper, "
    ".cell:not(.tag_solution) > details.hide:not(:has(.cell_output)), "
    ".cell:not(.tag_solution) > details.hide > .cell_input, .cell:not(.tag_solution) > details.hide > summary"
)
UNKNOWN = "000"  # as wide as a number of a page
REFERRING = ("id", "for", "aria-labelledby", "aria-describedby", "aria-controls")
PREPARE = """
(async () => {
  await MathJax.startup.promise;
  await MathJax.startup.document.lazyTypesetAll?.();  // pages without maths do not load this part
  await Promise.all([...document.images].map(picture => { picture.loading = "eager"; return picture.decode(); }));
  document.querySelectorAll("td").forEach(cell => {  // numbers and intervals keep to one line
    if (/\\d/.test(cell.textContent) && cell.textContent.trim().length < 25) cell.style.whiteSpace = "nowrap";
  });
  document.querySelectorAll("table, mjx-container[display='true'] > svg, .cell_output svg").forEach(wide => {
    const scale = wide.parentElement.clientWidth / wide.getBoundingClientRect().width;
    if (scale < 1 && scale > 0) wide.style.zoom = scale;
  });
})()
"""
NUMBER = """
numbers => document.querySelectorAll(".printed-contents a").forEach(link => {
  link.dataset.page = numbers[decodeURIComponent(link.hash.slice(1))] ?? "";
})
"""


def _name(page: str, anchor: str = "") -> str:
    """What an anchor of a page is called in the joined document; that of the page itself without one."""
    return re.sub(r"\W", "-", page) + (f"--{anchor}" if anchor else "")


def _lead_home(page: str, article: Tag, html: Path, names: list[str]) -> None:
    """Make the names of anchors unique to the page and let links lead to them; what leads out of what is printed is set in italics."""
    for element in article.find_all(True):
        for attribute in REFERRING:
            if element.get(attribute):
                element[attribute] = " ".join(_name(page, each) for each in str(element[attribute]).split())
    for picture in article.find_all("img", src=True):
        if not urlsplit(picture["src"]).scheme:
            picture["src"] = (html / page).parent.joinpath(unquote(picture["src"])).resolve().as_uri()
    for link in article.find_all("a", href=True):
        if urlsplit(link["href"]).scheme:
            continue
        place, anchor = urldefrag(urljoin(f"/{page}.html", link["href"]))
        target = place.lstrip("/").removesuffix(".html")
        if target in names:
            link["href"] = f"#{_name(target, unquote(anchor))}"
        else:
            link.name, link.attrs = "em", {}


def _article(page: str, html: Path, names: list[str]) -> Tag:
    """The text of a built page without what is for the screen alone."""
    article = BeautifulSoup((html / f"{page}.html").read_text(), "html.parser").select_one("article.bd-article")
    for element in article.select(UNPRINTED):
        if not element.decomposed:
            element.decompose()
    for said in article.select(".tag_solution > details.hide > summary"):
        said.string = "Solution"
        said.name, said.attrs = "p", {"class": "solution"}
    for hidden in article.select("details.hide"):  # what is left of it is printed
        hidden.unwrap()
    for folded in article.find_all("details"):
        folded["open"] = ""
    for cell in article.select("div.cell"):
        if not cell.get_text(strip=True) and not cell.find(["img", "svg"]):
            cell.decompose()
    _lead_home(page, article, html, names)
    article["id"] = _name(page)
    return article


def _listed(articles: dict[str, Tag]) -> str:
    """The printed contents: a line for each page, and for each section of a chapter."""
    lines = []
    for page, article in articles.items():
        levels = ("h1", "h2") if page.startswith("notebooks/") else ("h1",)
        for heading in article.find_all(levels):
            section = heading.find_parent("section")
            kind = "page" if heading.name == "h1" else "section"
            text = f"<span>{heading.decode_contents()}</span>"
            lines.append(f'<p class="{kind}"><a href="#{section["id"]}" data-page="{UNKNOWN}">{text}</a></p>')
    return f'<nav class="printed-contents"><h1>Contents</h1>{"".join(lines)}</nav>'


def joined(html: Path, names: list[str]) -> str:
    """Pages of a built book as one HTML document that can be printed.

    Args:
        html: folder of the built pages.
        names: of the pages, in their order, as in _toc.yml; the first is the title's.
    """
    first = BeautifulSoup((html / f"{names[0]}.html").read_text(), "html.parser")
    head = [
        f'<link rel="stylesheet" href="{(html / names[0]).parent.joinpath(urlsplit(link["href"]).path).resolve().as_uri()}">'
        for link in first.select("link[rel=stylesheet]")
    ]
    head += [str(script) for script in first.find_all("script") if "window.MathJax" in script.text]
    head += [f'<script defer src="{path.as_uri()}"></script>' for path in html.glob("_static/tex-*.js")]
    articles = {name: _article(name, html, names) for name in names}
    title = first.title.text.rpartition("—")[2].strip()
    return (
        f'<!doctype html><html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8"><title>{title}</title>'
        f'{"".join(head)}<style>{STYLE.read_text()}</style></head><body><main class="bd-content">'
        f'<header class="printed-title"><p>{title}</p><p>Version {version("swaputils")}</p></header>'
        + "\n".join([_listed(articles), *map(str, articles.values())])
        + "</main></body></html>"
    )


def print_pages(html: Path, names: list[str], target: Path) -> None:
    """Print pages of a built book into one PDF; errors as of `print_document`."""
    print_document(joined(html, names), target)


def print_document(text: str, target: Path) -> None:
    """Print a document that `joined` made into a PDF, whole or not at all.

    Raises:
        BrowserError: where there is no Chromium, or the document could not be shown.
    """
    with tempfile.TemporaryDirectory() as folder, offline_tab() as tab:
        document = Path(folder) / "book.html"
        document.write_text(text)
        tab.ask("Emulation.setEmulatedMedia", media="print")
        tab.resize(COLUMN)
        tab.open(document.as_uri())
        tab.evaluate(PREPARE)
        if tab.evaluate("document.querySelector('.printed-contents') !== null"):
            tab.evaluate(f"({NUMBER})({json.dumps(page_numbers(tab.printed()))})")
        write_files({target: tab.printed()})


def page_numbers(printed: bytes) -> dict[str, int]:
    """Number of the page, from 1, on which each place lies that the links of a PDF lead to, by its name."""
    reader = PdfReader(BytesIO(printed))
    places = reader.named_destinations.items()
    return {name.removeprefix("/"): reader.get_destination_page_number(place) + 1 for name, place in places}


def print_book() -> Path:
    """Print the pages that lie in build/html but for the reference of the packages, and say where the PDF lies."""
    print_pages((BUILD / "html" / INDEX).parent, [name for name in contents() if "book/api" not in name], PDF)
    return PDF

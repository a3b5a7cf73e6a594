"""The book builds without a warning, holds together, and shows all it has to a reader without a network."""

import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup

from swapbook.build import pdf
from swapbook.build.browser import find_browser, offline_tab
from swapbook.build.chapters import chapter_paths
from swapbook.build.handout import document
from swapbook.build.pdf import print_document
from swapbook.build.reference import rooms
from swapbook.build.site import FOLDED, INDEX, contents, render
from swapbook.places import ROOT
from tests.book.reader import read
from tests.skipping import skip_unless_ci

LEGIBLE, HEAVIEST = 600, 3_000_000  # CSS pixels of a figure of a chapter, bytes of a page with its pictures
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
LOADED_LINKS = {"stylesheet", "icon", "shortcut", "preload", "prefetch", "modulepreload", "dns-prefetch", "preconnect"}


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def html(tmp_path_factory) -> Path:
    """The pages, built from the stored outputs with warnings as errors."""
    target = tmp_path_factory.mktemp("book") / "html"
    assert render({}, target)
    return (target / INDEX).parent


@pytest.fixture(scope="session")
def pages(html) -> dict[Path, BeautifulSoup]:
    """Every page of the contents and every other page that the build made, parsed."""
    return {path: BeautifulSoup(path.read_text(), "html.parser") for path in sorted(html.rglob("*.html"))}


@pytest.fixture(scope="session")
def address(html):
    """The book on a local server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(html)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def tab():
    if find_browser() is None:
        skip_unless_ci("no Chromium was found, so the pages were not opened")
    with offline_tab() as tab:
        yield tab


def is_outside(reference: str) -> bool:
    return bool(urlsplit(reference).netloc)


def test_every_page_of_the_contents_is_built(html):
    assert [name for name in contents() if not (html / f"{name}.html").is_file()] == []


def test_the_reference_has_every_module_once():
    listed = [name for modules in rooms().values() for name in modules]
    files = [path for package in ("swaputils", "swapbook") for path in (ROOT / package).rglob("*.py")]
    assert sorted(name.rpartition(".")[2] for name in listed) == sorted(
        path.stem for path in files if not path.name.startswith("__")
    )


def test_building_again_from_the_same_sources_does_nothing(html):
    assert not render({}, html.parents[1])


def test_nothing_is_loaded_from_another_host(pages):
    outside = []
    for path, page in pages.items():
        references = [element.get(LOADED[element.name], "") for element in page.find_all(list(LOADED))]
        links = [link for link in page.find_all("link", href=True) if LOADED_LINKS & set(link.get("rel", []))]
        outside += [(path.name, reference) for reference in references if is_outside(reference)]
        outside += [(path.name, link["href"]) for link in links if is_outside(link["href"])]
    assert outside == []


def test_links_and_anchors_inside_the_book_resolve(html, pages):
    anchors = {path: {element["id"] for element in page.find_all(id=True)} for path, page in pages.items()}
    broken = []
    for path, page in pages.items():
        for link in page.find_all("a", href=True):
            if is_outside(link["href"]) or urlsplit(link["href"]).scheme:
                continue
            location, fragment = urldefrag(urljoin(f"/{path.relative_to(html)}", link["href"]))
            target = html / unquote(location).lstrip("/")
            missing = not target.is_file() or (
                fragment and target in anchors and unquote(fragment) not in anchors[target]
            )
            if missing:
                broken.append((path.name, link["href"]))
    assert broken == []


@pytest.mark.parametrize("width", [1280, 390], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", contents())
def test_a_reader_without_a_network_sees_all_of_a_page(name, width, address, tab):
    tab.resize(width)
    page = read(tab, f"{address}/{name}.html")
    assert page.overflow == 0
    assert page.untypeset == []
    assert page.faulty == []
    assert page.unloaded == []
    assert [url for url in page.requests if not url.startswith((address, "data:", "blob:"))] == []
    assert page.complaints == []
    assert page.language == "en"
    assert page.jumps == [] and page.repeated == []
    assert page.unnamed == [] and page.undescribed == [] and page.unnumbered == [] and page.unreachable == []
    assert page.faint == []
    assert page.narrowest is None or page.narrowest >= LEGIBLE


@pytest.mark.parametrize("name", contents())
def test_a_page_with_its_pictures_is_light(name, html, pages):
    page = html / f"{name}.html"
    pictures = {(page.parent / unquote(picture["src"])).resolve() for picture in pages[page].select("article img[src]")}
    assert sum(path.stat().st_size for path in {page, *pictures}) <= HEAVIEST


def test_a_chapter_says_how_long_it_takes_to_read_and_from_the_third_on_folds_its_code(html, pages):
    for number, chapter in enumerate(chapter_paths(), start=1):
        page = pages[html / "notebooks" / f"{chapter.stem}.html"]
        minutes = int(page.select_one("p.reading-time").text.split()[0])
        words = sum(len(text.text.split()) for text in page.select("article p") if not text.find_parent(class_="cell"))
        assert abs(minutes - words / 200) < 0.25 * minutes + 1
        unfolded = [cell for cell in page.select("article .cell_input") if not cell.find_parent("details")]
        assert bool(unfolded) == (number not in FOLDED)


def test_the_whole_book_joined_for_printing_has_every_figure_and_no_loose_end(html, pages):
    names = [name for name in contents() if "/api/" not in name]
    joined = BeautifulSoup(pdf.joined(html, names), "html.parser")
    ids = [element["id"] for element in joined.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert {link["href"][1:] for link in joined.select("a[href^='#']")} <= set(ids)
    pictures = sum(len(pages[html / f"{name}.html"].select("article img")) for name in names)
    assert len(joined.select("article img")) == pictures > 40


def test_the_handout_has_its_figures_and_numbers_on_two_pages(html, tmp_path):
    if find_browser() is None:
        skip_unless_ci("no Chromium was found, so nothing was printed")
    page = BeautifulSoup(document(html), "html.parser")
    assert len(page.select("figure img")) == 6 and not page.select("nav")
    print_document(str(page), tmp_path / "handout.pdf")
    assert len(re.findall(rb"/Type /Page\n", (tmp_path / "handout.pdf").read_bytes())) == 2


def test_the_checks_see_a_page_that_fails(tmp_path, tab):
    (tmp_path / "page.html").write_text(
        "<!doctype html><h1 id='one'>x</h1><h3 id='one'>x</h3><a href='#one'></a><figure id='two'></figure>"
        "<div style='overflow:auto;width:9px'>unbroken</div>"
        "<p style='color:#aaa'>x</p><img src='none.png'><span class='math'>x</span><script>console.error('no')</script>"
        "<script src='https://example.org/a.js'></script>"
    )
    page = read(tab, (tmp_path / "page.html").as_uri())
    assert page.jumps == [3] and page.repeated == ["one"] and page.language == ""
    assert len(page.unnamed) == len(page.undescribed) == len(page.unnumbered) == 1
    assert len(page.unreachable) == len(page.faint) == 1
    assert page.untypeset == ["x"]
    assert len(page.unloaded) == 1
    assert "https://example.org/a.js" in page.requests
    assert any('"no"' in complaint for complaint in page.complaints)
    assert any("ERR_NAME_NOT_RESOLVED" in complaint for complaint in page.complaints)

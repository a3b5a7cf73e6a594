"""The printed book: pages joined so that links lead somewhere, and a small one printed with bookmarks, links and page numbers."""

import re

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from swapbook.build import pdf
from swapbook.build.browser import find_browser
from tests.skipping import skip_unless_ci

PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="40" height="30"/></svg>'
MATHS = (
    """<script>window.MathJax = {startup: {promise: Promise.resolve(), document: {lazyTypesetAll: () => 0}}}</script>"""
)
SHELL = (
    '<title>{title} — A small book</title>{maths}<nav><h1>aside</h1></nav><article class="bd-article">{body}</article>'
)
FIRST = """<section id="start"><h1>First<a class="headerlink" href="#start">#</a></h1><p>See <a href="second.html#wide">there</a>,
<a href="second.html">all of it</a>, <a href="../genindex.html">the index</a>, <a href="https://example.org">outside</a>.</p></section>"""
SECOND = f"""<section id="start"><h1>Second</h1><div class="cell"><details class="hide"><summary>Show</summary>
<div class="cell_input">folded = 1</div></details></div><div class="cell"><details class="hide"><summary>Show</summary>
<div class="cell_input">drawn = 3</div><div class="cell_output">picture 3</div></details></div>
<div class="cell tag_solution"><details class="hide"><summary>Show the solution</summary>
<div class="cell_input">solved = 4</div><div class="cell_output">answer 4</div></details></div><div class="cell"><div class="cell_input">seen = 2</div></div>
<section id="wide"><h2>A wide table</h2><figure><img src="../picture.svg" alt="a picture"></figure>
<table><tr>{"<td>incompressible</td>" * 30}</tr></table><button>Play</button></section></section>"""


@pytest.fixture
def html(tmp_path):
    """Two pages as a build leaves them, and a picture."""
    (tmp_path / "book").mkdir()
    (tmp_path / "picture.svg").write_text(PICTURE)
    for name, body in {"first": FIRST, "second": SECOND}.items():
        page = SHELL.format(title=name, maths=MATHS, body=body)
        (tmp_path / "book" / f"{name}.html").write_text(page)
    return tmp_path


NAMES = ["book/first", "book/second"]


def test_links_lead_to_the_joined_pages_and_nowhere_else(html):
    page = BeautifulSoup(pdf.joined(html, NAMES), "html.parser")
    names = [element["id"] for element in page.find_all(id=True)]
    assert len(set(names)) == len(names)
    links = [link["href"] for link in page.select("article a")]
    assert links == ["#book-second--wide", "#book-second", "https://example.org"]
    assert {link["href"][1:] for link in page.select("a[href^='#']")} <= set(names)
    assert page.em.text == "the index" and page.title.text == "A small book"


def test_what_is_for_the_screen_is_left_out_and_what_is_shown_there_stays(html):
    text = pdf.joined(html, NAMES)
    page = BeautifulSoup(text, "html.parser")
    assert not page.select(".headerlink, button") and "folded = 1" not in text and "aside" not in text
    assert "picture 3" in text and "drawn = 3" not in text
    solution = page.find(class_="tag_solution").get_text(" ", strip=True)
    assert solution == "Solution solved = 4 answer 4" and not page.find(class_="tag_solution").details
    assert "seen = 2" in text and page.img["src"] == (html / "picture.svg").as_uri()


def test_a_small_book_is_printed_with_bookmarks_links_and_tags(html):
    if find_browser() is None:
        skip_unless_ci("no Chromium was found, so nothing was printed")
    pdf.print_pages(html, NAMES, html / "small.pdf")
    printed = (html / "small.pdf").read_bytes()
    assert printed.startswith(b"%PDF") and len(re.findall(rb"/Type /Page\n", printed)) == 3  # contents, and each page
    for title in (b"Contents", b"First", b"Second", b"A wide table"):
        assert b"/Title (" + title + b")" in printed
    contents = PdfReader(html / "small.pdf").pages[0].extract_text().split()
    assert contents[contents.index("Contents") :] == ["Contents", "First", "2", "Second", "3"]
    targets = set(re.findall(rb"/Dest /(\S+)", printed))
    assert {b"book-second--wide", b"book-second"} <= targets
    assert b"/URI (https://example.org/)" in printed and b"/MarkInfo" in printed

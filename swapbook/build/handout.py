"""Two pages of key figures to print: one page of the book, without contents, in a style of its own."""

from pathlib import Path

from bs4 import BeautifulSoup

from swapbook.build.chapters import BUILD
from swapbook.build.pdf import joined, print_document
from swapbook.build.site import INDEX
from swapbook.places import ROOT

PAGE = "book/handout"
PDF = BUILD / "handout.pdf"
STYLE = ROOT / "book" / "_ext" / "handout.css"


def document(html: Path) -> str:
    """The handout's page of a built book as a document of its own."""
    page = BeautifulSoup(joined(html, [PAGE]), "html.parser")
    for part in page.select("header.printed-title, nav.printed-contents"):
        part.decompose()
    style = page.new_tag("style")
    style.string = STYLE.read_text()
    page.head.append(style)
    return str(page)


def print_handout() -> Path:
    """Print the handout of the pages that lie in build/html, and say where the PDF lies."""
    print_document(document((BUILD / "html" / INDEX).parent), PDF)
    return PDF

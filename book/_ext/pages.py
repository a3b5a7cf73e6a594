"""What the book asks of Sphinx beyond configuration: maths without a network, a silent console, readable docstrings."""

import re
import shutil
from importlib.resources import as_file, files
from itertools import groupby
from pathlib import Path

MATHJAX = "tex-svg-full.js"
SPECIAL = re.compile(r"([*_|\\])")
FIELD = re.compile(r"[A-Za-z_]\w*(, [A-Za-z_]\w*)*:\s")


def set_options(app, config):
    # html_theme_options in _config.yml would replace the options that Jupyter Book sets, so one is added here
    config.html_theme_options["navbar_persistent"] = []  # the side bar has a search field already
    config.html_context["default_mode"] = "auto"  # left empty, the theme complains on the console
    config.html_static_path.append(str(Path(__file__).parent / "static"))


def copy_mathjax(app, error):
    if error is None and app.builder.format == "html":
        source = files("mathjax") / "static" / "mathjax" / "es5" / MATHJAX
        with as_file(source) as path:
            shutil.copy(path, Path(app.outdir) / "_static" / MATHJAX)


def drop_thebe(app, pagename, templatename, context, doctree):
    # Jupyter Book adds thebe's scripts twice even where thebe is off, and the second copy raises an error
    context["script_files"] = [
        script
        for script in context["script_files"]
        if "thebe" not in f"{getattr(script, 'filename', script)} {getattr(script, 'attributes', '')}".lower()
    ]


def _escape(text):
    """Text as reStructuredText that shows every sign as it stands, and what is in backticks as code."""
    pieces = text.split("`")
    return "".join(f"``{piece}``" if place % 2 else SPECIAL.sub(r"\\\1", piece) for place, piece in enumerate(pieces))


def _paragraph(lines):
    """One paragraph: indented lines as they stand, `name: text` lines as entries, other lines as running text."""
    if all(line.startswith(" ") for line in lines):
        return [".. code-block:: text", "", *(f"   {line}" for line in lines)]
    if not FIELD.match(lines[0]):
        return [_escape(" ".join(line.strip() for line in lines))]
    entries = []
    for line in lines:
        if FIELD.match(line):
            name, text = line.split(":", 1)
            entries.append(f"| **{_escape(name)}**: {_escape(text.strip())}")
        else:
            entries[-1] += f" {_escape(line.strip())}"
    return entries


def show_docstring_as_written(app, what, name, obj, options, lines):
    """Docstrings are written for an editor; their signs mean themselves and not markup."""
    paragraphs = [list(group) for filled, group in groupby(lines, key=lambda line: bool(line.strip())) if filled]
    lines[:] = [line for paragraph in paragraphs for line in (*_paragraph(paragraph), "")]


def setup(app):
    app.config.mathjax_path = MATHJAX
    app.add_css_file("swapbook.css")
    app.connect("config-inited", set_options)
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", copy_mathjax)
    app.connect("autodoc-process-docstring", show_docstring_as_written)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

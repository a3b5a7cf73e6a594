"""What the book asks of Sphinx beyond configuration: maths without a network, a silent console."""

import re
import shutil
from importlib.resources import as_file, files
from pathlib import Path

MATHJAX = "tex-svg-full.js"
WHEN_SEEN = "ui/lazy"  # part of MathJax that typesets what comes into view, so that long pages open at once; printing typesets all
SPECIAL = re.compile(r"([*|\\]|(?<=\w)_(?!\w))")
BEFORE_NAPOLEON = 400


def set_options(app, config):
    # html_theme_options in _config.yml would replace the options that Jupyter Book sets, so one is added here
    config.html_theme_options["navbar_persistent"] = []  # the side bar has a search field already
    config.html_context["default_mode"] = "auto"  # left empty, the theme complains on the console
    config.html_static_path.append(str(Path(__file__).parent / "static"))
    config.mathjax3_config = (config.mathjax3_config or {}) | {"loader": {"load": [WHEN_SEEN]}}


def copy_mathjax(app, error):
    if error is None and app.builder.format == "html":
        for part in (MATHJAX, f"{WHEN_SEEN}.js"):
            target = Path(app.outdir) / "_static" / part
            target.parent.mkdir(exist_ok=True)
            with as_file(files("mathjax") / "static" / "mathjax" / "es5" / part) as path:
                shutil.copy(path, target)


def drop_thebe(app, pagename, templatename, context, doctree):
    # Jupyter Book adds thebe's scripts twice even where thebe is off, and the second copy raises an error
    context["script_files"] = [
        script
        for script in context["script_files"]
        if "thebe" not in f"{getattr(script, 'filename', script)} {getattr(script, 'attributes', '')}".lower()
    ]


def escape(app, what, name, obj, options, lines):
    """Signs in docstrings mean themselves and not markup; what stands in backticks is code."""
    for place, line in enumerate(lines):
        if not line.lstrip().startswith(">>>"):
            pieces = enumerate(line.split("`"))
            lines[place] = "".join(f"``{piece}``" if odd % 2 else SPECIAL.sub(r"\\\1", piece) for odd, piece in pieces)


def setup(app):
    app.config.mathjax_path = MATHJAX
    app.add_css_file("swapbook.css")
    app.add_js_file("turning.js")
    app.connect("config-inited", set_options)
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", copy_mathjax)
    app.connect("autodoc-process-docstring", escape, priority=BEFORE_NAPOLEON)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""What the book asks of Sphinx beyond configuration: maths without a network, a silent console, named buttons, reading times."""

import re
import shutil
from importlib.resources import as_file, files
from pathlib import Path

from docutils import nodes

MATHJAX = "tex-svg-full.js"
WHEN_SEEN = "ui/lazy"  # part of MathJax that typesets what comes into view, so that long pages open at once; printing typesets all
SPECIAL = re.compile(r"([*|\\]|(?<=\w)_(?!\w))")
BEFORE_NAPOLEON = 400
WORDS_A_MINUTE = 200
NAMED = """addEventListener("load", () => {
  const each = (selector, change) => document.querySelectorAll(selector).forEach(change);
  each("button.copybtn", button => button.setAttribute("aria-label", "Copy code"));
  each("button.search-button-field", button => button.removeAttribute("aria-label"));
  each(".theme-switch", icon => {  // the button has a name, and its icon needs none, drawn already or not
    ["title", "role", "aria-labelledby"].forEach(name => icon.removeAttribute(name));
    icon.setAttribute("aria-hidden", "true");
  });
  each(".theme-switch title", title => title.remove());
  each(".bd-sidebar-primary summary", summary =>
    summary.setAttribute("aria-label", `Pages below ${summary.closest("li").querySelector("a").textContent}`));
  each(".bd-sidebar-primary", bar => { bar.role = "complementary"; bar.ariaLabel = "Book"; });
  const wide = "figure, .pst-scrollable-table-container, div.highlight pre, div.cell_output, div.cell_output *";
  const reach = () => each(wide, part => {
    if (part.scrollWidth > part.clientWidth && /auto|scroll/.test(getComputedStyle(part).overflowX)) part.tabIndex = 0;
  });
  reach();
  each("details", folded => folded.addEventListener("toggle", reach));  // what is folded has no width
});"""
# what docutils, pandas and the theme write, and what says the same to a screen reader
SPOKEN = {
    "<th></th>": "<td></td>",
    ' aria-label="Toggle hidden content"': "",
    'role="doc-biblioentry"': 'role="listitem"',
}
PARAMETER = re.compile(
    r'<dd>(<em class="sig-param">.*)</dd>'
)  # a definition, which the list of them has without a term
PARAMETERS = re.compile(r'<dl>\n((?:<dd><em class="sig-param">.*</dd>\n)+)</dl>')


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


def speak(app, pagename, templatename, context, doctree):
    for written, spoken in SPOKEN.items():
        context["body"] = context.get("body", "").replace(written, spoken)
    context["body"] = PARAMETERS.sub(r'<span class="parameters">\1</span>', context["body"])
    context["body"] = PARAMETER.sub(r"<span>\1</span>", context["body"])


def words(doctree):
    """How many words the text has, captions included, code and outputs aside."""
    texts = doctree.findall(lambda node: isinstance(node, nodes.paragraph | nodes.caption))
    cells = {
        text
        for cell in doctree.findall(nodes.container)
        if "cell" in cell["classes"]
        for text in cell.findall(nodes.paragraph)
    }
    return sum(len(text.astext().split()) for text in texts if text not in cells)


def tell_reading_time(app, doctree, docname):
    if docname.startswith("notebooks/"):
        title = next(doctree.findall(nodes.title))
        minutes = f"{max(1, round(words(doctree) / WORDS_A_MINUTE))} minutes to read, code aside."
        title.parent.insert(title.parent.index(title) + 1, nodes.paragraph("", minutes, classes=["reading-time"]))


def escape(app, what, name, obj, options, lines):
    """Signs in docstrings mean themselves and not markup; what stands in backticks is code."""
    for place, line in enumerate(lines):
        if not line.lstrip().startswith(">>>"):
            pieces = enumerate(line.split("`"))
            lines[place] = "".join(f"``{piece}``" if odd % 2 else SPECIAL.sub(r"\\\1", piece) for odd, piece in pieces)


def setup(app):
    app.config.mathjax_path = MATHJAX
    app.add_css_file("swapbook.css")
    app.add_js_file("playing.js")
    app.add_js_file(None, body=NAMED)
    app.connect("config-inited", set_options)
    app.connect("doctree-resolved", tell_reading_time)
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("html-page-context", speak)
    app.connect("build-finished", copy_mathjax)
    app.connect("autodoc-process-docstring", escape, priority=BEFORE_NAPOLEON)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

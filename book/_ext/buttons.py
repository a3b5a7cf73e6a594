"""Buttons above a notebook's page that start it on Binder and Colab, where the book has a public repository."""

from swapbook.build.launching import colab_address, launch_options


def set_options(app, config):
    config.html_theme_options |= launch_options()


def add_colab(app, pagename, templatename, context, doctree):
    # the theme's own button would open the notebook of the repository, which cannot install the book
    button = {"type": "link", "text": "Colab", "tooltip": "Launch on Colab", "icon": "_static/images/logo_colab.png"}
    for group in context.get("header_buttons", []):
        if group.get("label") == "launch-buttons":
            group["buttons"].append(button | {"url": colab_address(pagename)})


def setup(app):
    app.connect("config-inited", set_options)
    app.connect("html-page-context", add_colab, priority=502)  # just after the theme's buttons
    return {"parallel_read_safe": True, "parallel_write_safe": True}

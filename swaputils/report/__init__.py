"""The report on a user's own data: one self-contained page, tables, and posteriors that networks can learn from."""

from swaputils.report.page import contents, page

__all__ = ["contents", "page"]

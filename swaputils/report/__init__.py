"""The report on a user's own data: one self-contained page, tables, and posteriors that networks can learn from."""

from swaputils.report.page import page
from swaputils.report.report_files import contents

__all__ = ["contents", "page"]

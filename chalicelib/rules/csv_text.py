"""CSV that a spreadsheet can open without running anything in it (RFC 4180; the formula advice of
OWASP). What does not live here: which rows and columns (rosters.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

CSV_TYPE = "text/csv; charset=utf-8"
LINK_SECONDS = 300  # how long the link to an exported file lives
BYTE_ORDER_MARK = "\ufeff"  # tells Excel that the text is UTF-8
# What makes a spreadsheet take a cell for a formula; the wide forms too, for East Asian ones.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_bytes(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The file, with its headings as first line."""
    lines = [_line(headings), *(_line(row) for row in rows)]
    return (BYTE_ORDER_MARK + "".join(lines)).encode("utf-8")


def cell(value: str) -> str:
    """One quoted cell; what could be a formula is made text by an apostrophe before it."""
    harmless = f"'{value}" if value.startswith(FORMULA_STARTS) else value
    return '"' + harmless.replace('"', '""') + '"'


def _line(values: Sequence[str]) -> str:
    return ",".join(cell(value) for value in values) + "\r\n"

"""Pages, mails and static files out of templates/.

Jinja2 is imported when the first page is rendered, never before: webhooks and posted forms answer
without it (B3). What does not live here: the words for codes and times (wording), what a page is
about (flows), headers (handlers), exports (CSV and XLSX know their own dangers).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib import wording
from chalicelib.errors import NotFound
from chalicelib.rules.forms import Answers
from chalicelib.rules.money.amounts import SYMBOLS
from chalicelib.wording import TEMPLATES, refusal_words, status_of

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True)
class RenderedMail:
    """The three parts of a mail that templates make."""

    subject: str
    text: str
    html: str


def page(name: str, /, **facts: Any) -> str:
    """templates/pages/NAME.html. Every page needs `circle_name`, `circle_email`, `base_path`.

    `visit` (None: nobody signed in) and `answers` (an empty form) need not be given. A fact that a
    template uses and nobody gave raises jinja2.UndefinedError.
    """
    optional = {"visit": None, "answers": Answers.empty(), "here": ""}
    given = {**optional, **facts, "link": _Link(facts.get("base_path"))}
    return environment().get_template(f"pages/{name}.html").render(given)


def problem(error: Exception, /, **facts: Any) -> str:
    """The page for a refusal, a trouble, or anything unexpected; `back_path` offers a way on."""
    optional = {"back_path": "", "back_label": ""}
    spoken = refusal_words(error)
    return page("problem", **{**optional, **spoken, **facts}, status=status_of(error))


def mail(name: str, /, **facts: Any) -> RenderedMail:
    """templates/emails/NAME/{subject.txt,body.txt,body.html}; links begin with `base_url`.

    Every mail needs `circle_name`, `circle_email`, `why`. ValueError: a subject of several lines.
    """
    optional = {"unsubscribe_url": "", "circle_statement": ""}
    given = {**optional, **facts, "link": _Link(facts.get("base_url"))}

    def part(file: str) -> str:
        return environment().get_template(f"emails/{name}/{file}").render(given)

    subject = part("subject.txt").strip()
    if len(subject.splitlines()) != 1:
        raise ValueError(f"the subject of {name} must be one line")
    text = re.sub(r"\n{3,}", "\n\n", part("body.txt")).strip() + "\n"
    return RenderedMail(" ".join(subject.split()), text, part("body.html"))


def document(name: str, /, **facts: Any) -> str:
    """templates/documents/NAME.txt: the wording a text that people agree to begins with."""
    return environment().get_template(f"documents/{name}.txt").render(facts).strip()


def static(name: str) -> tuple[bytes, str]:
    """A file of templates/static and its content type. NotFound for anything else."""
    if name not in _static_names():
        raise NotFound(path=name)
    return _static_bytes(name), CONTENT_TYPES[Path(name).suffix]


@cache
def static_version(name: str) -> str:
    """A short name of the content, so that browsers may keep a file until it changes."""
    return hashlib.sha256(static(name)[0]).hexdigest()[:10]


def paragraphs(text: str) -> Markup:
    """Plain text as HTML: a blank line ends a paragraph, a line end breaks the line."""
    from markupsafe import Markup

    parts = [part for part in re.split(r"\n\s*\n", text.strip()) if part]
    lines = [Markup("<br>\n").join(part.split("\n")) for part in parts]
    return Markup("\n").join(Markup("<p>{}</p>").format(one) for one in lines)


# What every template can call, by its own name, as a function or a filter.
SPOKEN: tuple[Callable[..., Any], ...] = (
    wording.label,
    wording.options,
    wording.tone,
    wording.money,
    wording.calendar_day,
    wording.local_day,
    wording.local_time,
    wording.zone_name,
    wording.moment,
    wording.both_times,
    wording.error_sentence,
    wording.errors_of,
    paragraphs,
    static_version,
)


class _Link:
    """Puts the configured base before a path of ours; anything else is a mistake in a template."""

    def __init__(self, base: str | None) -> None:
        self._base = base

    def __call__(self, path: str) -> str:
        if self._base is None:
            raise ValueError("links need base_path (pages) or base_url (mails)")
        if not path.startswith("/") or path.startswith(("//", "/\\")):
            raise ValueError(f"{path!r} is no path of ours")
        return self._base.rstrip("/") + path


@cache
def _static_names() -> frozenset[str]:
    folder = TEMPLATES / "static"
    return frozenset(one.name for one in folder.iterdir() if one.suffix in CONTENT_TYPES)


@cache
def _static_bytes(name: str) -> bytes:
    return (TEMPLATES / "static" / name).read_bytes()


@cache
def environment() -> Environment:
    """The one Jinja2 environment of this process, made when it is first asked for."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    by_name = {one.__name__: one for one in SPOKEN}
    environment.globals.update(by_name, currency_symbols=SYMBOLS)
    environment.filters.update(by_name)
    return environment

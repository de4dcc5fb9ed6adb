"""A page as a browser understands it: its forms with their fields, its ids, and what could run."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

TEXTS = ("text", "email", "url", "time", "date", "textarea")


@dataclass
class SeenField:
    """One named input. `line` is False where several lines can be typed."""

    name: str
    kind: str
    value: str = ""
    id: str = ""
    optional: bool = False

    @property
    def is_text(self) -> bool:
        return self.kind in TEXTS


@dataclass
class SeenForm:
    action: str
    fields: list[SeenField] = field(default_factory=list)

    @property
    def texts(self) -> list[SeenField]:
        """Where people type."""
        return [one for one in self.fields if one.is_text]

    @property
    def choices(self) -> dict[str, SeenField]:
        """Where people choose, by name."""
        kinds = ("radio", "checkbox", "select")
        return {one.name: one for one in reversed(self.fields) if one.kind in kinds}

    @property
    def hidden(self) -> list[SeenField]:
        """What travels along, besides the nonce."""
        return [one for one in self.fields if one.kind == "hidden" and one.name != "form"]


class Page(HTMLParser):
    """Reads a page at once; whatever is odd about it is a fact to assert on."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[SeenForm] = []
        self.ids: list[str] = []
        self.summary: list[str] = []  # where the links of the error summary lead
        self.problems = 0
        self.hrefs: list[str] = []
        self.running: list[str] = []  # scripts, handlers and addresses that could run something
        self._optional: set[str] = set()
        self._label = ""
        self._group: list[SeenField] | None = None
        self._group_optional = False
        self._in_summary = 0
        self._area: SeenField | None = None
        self.feed(text)
        for form in self.forms:
            for one in form.fields:
                one.optional = one.optional or one.id in self._optional

    def form(self, action: str) -> SeenForm:
        """The first form whose address holds this."""
        return next(one for one in self.forms if action in one.action)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = {name: value or "" for name, value in attrs}
        self._watch(tag, own)
        if "id" in own:
            self.ids.append(own["id"])
        if tag == "form":
            self.forms.append(SeenForm(own.get("action", "")))
        elif tag in ("input", "textarea", "select") and own.get("name"):
            self._field(tag, own)
        elif tag == "option" and "selected" in own:
            self.forms[-1].fields[-1].value = own.get("value", "")
        elif tag == "label":
            self._label = own.get("for", "")
        elif tag == "fieldset":
            self._group, self._group_optional = [], False
        elif tag == "div" and own.get("class") == "errors":
            self._in_summary = 1
        elif tag == "span" and own.get("class") == "optional":
            self._say_optional()
        if self._in_summary and tag == "li":
            self.problems += 1
        if tag == "a":
            self.hrefs.append(own.get("href", ""))
            if self._in_summary:
                self.summary.append(own.get("href", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "ul":
            self._in_summary = 0
        elif tag == "textarea" and self._area is not None:
            self._area.value = self._area.value.removeprefix("\n")
            self._area = None
        elif tag == "label":
            self._label = ""
        elif tag == "fieldset":
            for one in self._group or []:
                one.optional = one.optional or self._group_optional
            self._group = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value += data

    def _field(self, tag: str, own: dict[str, str]) -> None:
        kind = own.get("type", "text") if tag == "input" else tag
        one = SeenField(own["name"], kind, own.get("value", ""), own.get("id", ""))
        self.forms[-1].fields.append(one)
        if self._group is not None:
            self._group.append(one)
        if tag == "textarea":
            self._area = one

    def _say_optional(self) -> None:
        if self._label:
            self._optional.add(self._label)
        else:
            self._group_optional = True

    def _watch(self, tag: str, own: dict[str, str]) -> None:
        told = "charset" in own or own.get("name") in ("viewport", "color-scheme", "theme-color")
        if tag in ("script", "iframe", "object", "embed", "base", "meta") and not told:
            self.running.append(tag)
        self.running += [name for name in own if name.startswith("on") or name == "srcdoc"]
        addresses = [own.get(name, "") for name in ("href", "src", "action", "formaction")]
        bad = ("javascript:", "data:", "vbscript:")
        self.running += [one for one in addresses if one.strip().lower().startswith(bad)]
